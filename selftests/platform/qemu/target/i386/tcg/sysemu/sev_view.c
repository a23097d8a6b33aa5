// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory encryption views: which view each access selects
 *
 * AMD 24593 APM Volume 2, 15.34.4 "SEV Encryption Behavior" and 15.34.5.
 * Three places select a view: the TLB fill (by C-bit), the walk of a guest's
 * page tables (always private), and every access by a device or by firmware
 * (always the host's view).  So the host finds cipher text where a guest
 * wrote, and whatever the host writes there is garbage to the guest.
 *
 * CPUs that run in parallel (-accel tcg,thread=multi) are stopped while one of
 * them converts, because each may be using the frame by its TLB.  Devices and
 * firmware stop no CPU: a CPU that uses the frame in the other view at that
 * very moment may continue for some instructions.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/address-spaces.h"
#include "exec/ramblock.h"
#include "tcg/helper-tcg.h"
#include "sev_cpu.h"
#include "sev_frame.h"
#include "sev_watch.h"

static bool views_enabled;

bool sev_views_enabled(void)
{
    return views_enabled;
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

    sev_frame_view_by(ref, key, by);
    tcg_alone_end(cs, locked);
}

void sev_frame_view_cpu(CPUX86State *env, const SevFrameRef *ref, SevKey *key)
{
    CPUState *cs = env_cpu(env);
    SevBy by = env->hflags & HF_GUEST_MASK ? SEV_BY_GUEST : SEV_BY_CPU;

    if (!qemu_tcg_mttcg_enabled() || cpu_in_exclusive_context(cs)) {
        sev_frame_view_by(ref, key, by);
        return;
    }
    while (sev_frame_key(ref) != key) {
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
    if (sev_frame_of_region(section->mr, xlat, &ref)) {
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

    if (!sev_frames_tagged(block)) {
        return;
    }
    for (; ref.offset < offset + len; ref.offset += TARGET_PAGE_SIZE) {
        sev_frame_view_by(&ref, NULL, SEV_BY_DEVICE);
    }
}

void sev_views_enable(void)
{
    if (!views_enabled) {
        sev_frames_init();
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
    sev_frame_flush(ref);
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
