// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory encryption views: each side sees only what its key can decrypt
 *
 * AMD 24593 APM Volume 2, 15.34.4 "SEV Encryption Behavior" and 15.34.5.
 * RAM is not decrypted on every access.  A tag per frame names the view its
 * bytes are stored under as plain text, and an access under another view
 * converts the frame in place:
 *
 *      host view  --- decrypt with K --->  view of K
 *                 <-- encrypt with K ----
 *
 * CPUs that run in parallel (-accel tcg,thread=multi) are stopped while one of
 * them converts, because each may be using the frame by its TLB.  Devices and
 * firmware stop nobody: a CPU that uses the frame in the other view at that
 * very moment may go on for some instructions.
 *
 * So the host finds cipher text where a guest wrote, and whatever the host
 * writes there is garbage to the guest.  Three places select a view: the TLB
 * fill (by C-bit), the walk of a guest's page tables (always private), and
 * every access by a device or by firmware (always the host's view).
 */
#include "qemu/osdep.h"
#include "qemu/thread.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/address-spaces.h"
#include "exec/ramblock.h"
#include "tcg/helper-tcg.h"
#include "sev_cpu.h"
#include "sev_key.h"
#include "sev_frame.h"
#include "sev_alarm.h"
#include "trace/trace-target_i386.h"

/* What is known of one frame; a block without records is all host view. */
typedef struct SevFrame {
    SevKey *key;
    SevVmsa *vmsa;
} SevFrame;

static bool views_enabled;
static QemuMutex views_lock; /* device threads convert frames, too */

/* The record of a frame, NULL if its block has none yet. */
static SevFrame *frame_peek(const SevFrameRef *ref)
{
    SevFrame *frames = qatomic_load_acquire(&ref->block->sev_frames);

    return frames ? &frames[ref->offset >> TARGET_PAGE_BITS] : NULL;
}

/* As frame_peek(), making the block's records first; under views_lock. */
static SevFrame *frame_get(const SevFrameRef *ref)
{
    RAMBlock *block = ref->block;

    if (!block->sev_frames) {
        SevFrame *frames = g_new0(SevFrame,
                                  block->max_length >> TARGET_PAGE_BITS);

        qatomic_store_release(&block->sev_frames, frames);
    }
    return frame_peek(ref);
}

static void frame_flush(ram_addr_t addr)
{
    CPUState *cs;

    tb_invalidate_phys_range(addr, addr + TARGET_PAGE_SIZE);
    CPU_FOREACH(cs) {
        tlb_flush(cs);
    }
}

static void frame_tag(SevFrame *frame, SevKey *key, ram_addr_t addr)
{
    SevKey *old = frame->key;

    qatomic_set(&frame->key, key ? sev_key_ref(key) : NULL);
    sev_key_unref(old);
    frame_flush(addr);
}

static void frame_convert(const SevFrameRef *ref, SevKey *key, SevBy by)
{
    ram_addr_t addr = ref->block->offset + ref->offset;
    uint8_t *bytes = ref->block->host + ref->offset;
    SevFrame *frame;

    qemu_mutex_lock(&views_lock);
    frame = frame_get(ref);
    if (frame->key != key) {
        trace_sev_view(addr, frame->key, key);
        if (!key) {
            sev_alarm(addr, frame->key, frame->vmsa, by);
        }
        if (frame->key) {
            sev_key_encrypt(frame->key, addr, bytes);
        }
        if (key) {
            sev_key_decrypt(key, addr, bytes);
        }
        frame_tag(frame, key, addr);
    }
    qemu_mutex_unlock(&views_lock);
}

/* The key of the view that a frame has now. */
static SevKey *view_of(const SevFrameRef *ref)
{
    SevFrame *frame = frame_peek(ref);

    return frame ? qatomic_read(&frame->key) : NULL;
}

static uint8_t *view_by(const SevFrameRef *ref, SevKey *key, SevBy by)
{
    if (view_of(ref) != key) {
        frame_convert(ref, key, by);
    }
    return ref->block->host + ref->offset;
}

uint8_t *sev_frame_view(const SevFrameRef *ref, SevKey *key)
{
    return view_by(ref, key, SEV_BY_FIRMWARE);
}

void sev_frames_count(SevFrameCount *count, void *opaque)
{
    RAMBlock *block;

    RCU_READ_LOCK_GUARD();
    qemu_mutex_lock(&views_lock);
    RAMBLOCK_FOREACH(block) {
        SevFrame *frames = block->sev_frames;

        for (ram_addr_t at = 0; frames && at < block->used_length;
             at += TARGET_PAGE_SIZE, frames++) {
            if (frames->key || frames->vmsa) {
                count(block->offset + at, frames->key, frames->vmsa, opaque);
            }
        }
    }
    qemu_mutex_unlock(&views_lock);
}

bool sev_views_enabled(void)
{
    return views_enabled;
}

static bool section_to_frame(MemoryRegion *mr, hwaddr offset, SevFrameRef *ref)
{
    if (!mr || !memory_region_is_ram(mr) || memory_region_is_ram_device(mr) ||
        mr->readonly) {
        return false;
    }
    ref->block = mr->ram_block;
    ref->offset = offset & TARGET_PAGE_MASK;
    return true;
}

bool sev_frame_find(hwaddr spa, SevFrameRef *ref)
{
    MemoryRegionSection section;
    bool found;

    section = memory_region_find(get_system_memory(), spa, 1);
    found = section_to_frame(section.mr, section.offset_within_region, ref);
    if (section.mr) {
        memory_region_unref(section.mr);
    }
    return found;
}

SevVmsa *sev_frame_vmsa(const SevFrameRef *ref)
{
    SevFrame *frame = frame_peek(ref);

    return frame ? frame->vmsa : NULL;
}

void sev_frame_set_vmsa(const SevFrameRef *ref, SevVmsa *vmsa)
{
    qemu_mutex_lock(&views_lock);
    frame_get(ref)->vmsa = vmsa;
    qemu_mutex_unlock(&views_lock);
}

void sev_frame_put(const SevFrameRef *ref, SevKey *key, const uint8_t *bytes)
{
    ram_addr_t addr = ref->block->offset + ref->offset;
    uint8_t hidden[TARGET_PAGE_SIZE]; /* the host may look at RAM just now */
    SevFrame *frame;

    memcpy(hidden, bytes, TARGET_PAGE_SIZE);
    qemu_mutex_lock(&views_lock);
    frame = frame_get(ref);
    if (frame->key != key) {
        sev_key_encrypt(key, addr, hidden);
        if (frame->key) {
            sev_key_decrypt(frame->key, addr, hidden);
        }
    }
    memcpy(ref->block->host + ref->offset, hidden, TARGET_PAGE_SIZE);
    qemu_mutex_unlock(&views_lock);
}

/* The CPU's own accesses */

/*
 * In the middle of an instruction, while all other CPUs stand still.  They
 * may have converted frames before: what they did to this CPU's TLB is only
 * queued, and its translated code must still be there afterwards.
 */
static void view_alone(CPUState *cs, const SevFrameRef *ref, SevKey *key,
                       SevBy by)
{
    bool locked = tcg_alone_begin(cs);

    view_by(ref, key, by);
    tcg_alone_end(cs, locked);
}

void sev_frame_view_cpu(CPUX86State *env, const SevFrameRef *ref, SevKey *key)
{
    CPUState *cs = env_cpu(env);
    SevBy by = env->hflags & HF_GUEST_MASK ? SEV_BY_GUEST : SEV_BY_CPU;

    if (!qemu_tcg_mttcg_enabled() || cpu_in_exclusive_context(cs)) {
        view_by(ref, key, by);
        return;
    }
    while (view_of(ref) != key) {
        view_alone(cs, ref, key, by);
    }
}

static void view_at(CPUX86State *env, hwaddr paddr, SevKey *key)
{
    hwaddr xlat, len = TARGET_PAGE_SIZE;
    int prot = PAGE_READ | PAGE_WRITE | PAGE_EXEC;
    MemTxAttrs attrs = cpu_get_mem_attrs(env);
    CPUState *cs = env_cpu(env);
    MemoryRegionSection *section;
    SevFrameRef ref;

    section = address_space_translate_for_iotlb(cs,
                                                cpu_asidx_from_attrs(cs, attrs),
                                                paddr & TARGET_PAGE_MASK,
                                                &xlat, &len, attrs, &prot);
    if (section_to_frame(section->mr, xlat, &ref)) {
        sev_frame_view_cpu(env, &ref, key);
    }
}

void sev_tlb_fill(CPUX86State *env, hwaddr paddr, int mmu_idx, bool private)
{
    if (unlikely(views_enabled) && mmu_idx != MMU_NESTED_IDX) {
        view_at(env, paddr, private ? env->sev->key : NULL);
    }
}

void sev_walk_access(CPUX86State *env, const SevWalk *walk, hwaddr paddr)
{
    if (unlikely(walk->cbit)) {
        view_at(env, paddr, env->sev->key);
    }
}

/* Accesses by devices */

static void device_access(RAMBlock *block, ram_addr_t offset, hwaddr len)
{
    SevFrameRef ref = { block, offset & TARGET_PAGE_MASK };

    if (!qatomic_load_acquire(&block->sev_frames)) {
        return;
    }
    for (; ref.offset < offset + len; ref.offset += TARGET_PAGE_SIZE) {
        view_by(&ref, NULL, SEV_BY_DEVICE);
    }
}

void sev_views_enable(void)
{
    if (!views_enabled) {
        qemu_mutex_init(&views_lock);
        qatomic_set(&ram_access_hook, device_access);
        views_enabled = true;
    }
}

/* Accesses by firmware */

typedef void FrameOp(const SevFrameRef *ref, unsigned start, unsigned len,
                     void *buf, SevKey *key);

static bool for_each_frame(hwaddr spa, uint64_t len, uint8_t *buf, SevKey *key,
                           FrameOp *op)
{
    SevFrameRef ref;
    unsigned start, chunk;

    for (; len; spa += chunk, buf += buf ? chunk : 0, len -= chunk) {
        start = spa & ~TARGET_PAGE_MASK;
        chunk = MIN(len, TARGET_PAGE_SIZE - start);
        if (!sev_frame_find(spa, &ref)) {
            return false;
        }
        if (op) {
            op(&ref, start, chunk, buf, key);
        }
    }
    return true;
}

/* All of a range or none of it. */
static bool do_frames(hwaddr spa, uint64_t len, void *buf, SevKey *key,
                      FrameOp *op)
{
    return spa + len >= spa && for_each_frame(spa, len, NULL, NULL, NULL) &&
           for_each_frame(spa, len, buf, key, op);
}

static void op_read(const SevFrameRef *ref, unsigned start, unsigned len,
                    void *buf, SevKey *key)
{
    memcpy(buf, sev_frame_view(ref, key) + start, len);
}

static void op_write(const SevFrameRef *ref, unsigned start, unsigned len,
                     void *buf, SevKey *key)
{
    memcpy(sev_frame_view(ref, key) + start, buf, len);
    frame_flush(ref->block->offset + ref->offset);
}

static void op_encrypt(const SevFrameRef *ref, unsigned start, unsigned len,
                       void *buf, SevKey *key)
{
    uint8_t plain[TARGET_PAGE_SIZE];

    memcpy(plain, sev_frame_view(ref, NULL) + start, len);
    memcpy(sev_frame_view(ref, key) + start, plain, len);
}

bool sev_frames_encrypt(hwaddr spa, uint64_t len, SevKey *key)
{
    return do_frames(spa, len, NULL, key, op_encrypt);
}

bool sev_guest_read(hwaddr spa, void *buf, uint64_t len, SevKey *key)
{
    return do_frames(spa, len, buf, key, op_read);
}

bool sev_guest_write(hwaddr spa, const void *buf, uint64_t len, SevKey *key)
{
    return do_frames(spa, len, (void *)buf, key, op_write);
}

bool sev_host_read(hwaddr spa, void *buf, uint64_t len)
{
    return do_frames(spa, len, buf, NULL, op_read);
}

bool sev_host_write(hwaddr spa, const void *buf, uint64_t len)
{
    return do_frames(spa, len, (void *)buf, NULL, op_write);
}
