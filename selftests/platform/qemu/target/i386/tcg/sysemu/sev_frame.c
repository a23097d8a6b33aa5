// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames of RAM: the tag that names their view, and the conversion of a frame
 *
 * AMD 24593 APM Volume 2, 15.34.4 "SEV Encryption Behavior" and 15.34.5
 * "Encrypted Memory".  RAM is not decrypted on every access.  A tag per frame
 * names the view its bytes are stored under as plain text, and an access under
 * another view converts the frame in place:
 *
 *      host view  --- decrypt with K --->  view of K
 *                 <-- encrypt with K ----
 */
#include "qemu/osdep.h"
#include "qemu/thread.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/address-spaces.h"
#include "exec/ramblock.h"
#include "sev_cpu.h"
#include "sev_key.h"
#include "sev_frame.h"
#include "trace/trace-target_i386.h"

/* What is known of one frame; a block without records is all host view. */
typedef struct SevFrame {
    SevKey *key;
    SevVmsa *vmsa;
} SevFrame;

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

void sev_frame_flush(const SevFrameRef *ref)
{
    ram_addr_t addr = ref->block->offset + ref->offset;
    CPUState *cs;

    tb_invalidate_phys_range(addr, addr + TARGET_PAGE_SIZE);
    CPU_FOREACH(cs) {
        tlb_flush(cs);
    }
}

static void frame_tag(const SevFrameRef *ref, SevFrame *frame, SevKey *key)
{
    SevKey *old = frame->key;

    qatomic_set(&frame->key, key ? sev_key_ref(key) : NULL);
    sev_key_unref(old);
    sev_frame_flush(ref);
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
            sev_watch(addr, frame->key, frame->vmsa, by);
        }
        if (frame->key) {
            sev_key_encrypt(frame->key, addr, bytes);
        }
        if (key) {
            sev_key_decrypt(key, addr, bytes);
        }
        frame_tag(ref, frame, key);
    }
    qemu_mutex_unlock(&views_lock);
}

SevKey *sev_frame_key(const SevFrameRef *ref)
{
    SevFrame *frame = frame_peek(ref);

    return frame ? qatomic_read(&frame->key) : NULL;
}

uint8_t *sev_frame_view_by(const SevFrameRef *ref, SevKey *key, SevBy by)
{
    if (sev_frame_key(ref) != key) {
        frame_convert(ref, key, by);
    }
    return ref->block->host + ref->offset;
}

uint8_t *sev_frame_view(const SevFrameRef *ref, SevKey *key)
{
    return sev_frame_view_by(ref, key, SEV_BY_FIRMWARE);
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

bool sev_frames_tagged(RAMBlock *block)
{
    return qatomic_load_acquire(&block->sev_frames);
}

void sev_frames_init(void)
{
    qemu_mutex_init(&views_lock);
}

bool sev_frame_of_region(MemoryRegion *mr, hwaddr offset, SevFrameRef *ref)
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
    found = sev_frame_of_region(section.mr, section.offset_within_region, ref);
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
    uint8_t hidden[TARGET_PAGE_SIZE]; /* the host may read RAM just now */
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
