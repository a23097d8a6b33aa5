/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of RAM and the view their bytes are stored under
 *
 * AMD 24593 APM Volume 2, 15.34.5 "Encrypted Memory".  sev_frame.c owns
 * the tags; the VMSA code hangs its own record on a frame.
 */
#ifndef TARGET_I386_SEV_FRAME_H
#define TARGET_I386_SEV_FRAME_H

#include "exec/hwaddr.h"
#include "exec/cpu-common.h"
#include "sev_firmware.h"
#include "sev_watch.h"

struct SevVmsa;

/* A frame of RAM: 4 KiB at @offset of @block. */
typedef struct SevFrameRef {
    RAMBlock *block;
    ram_addr_t offset;
} SevFrameRef;

/* Before any of the others. */
void sev_frames_init(void);

/* Whether any frame of @block was ever under a key or a VMSA. */
bool sev_frames_tagged(RAMBlock *block);

/* The frame that holds @spa, or @offset of @mr; false: not RAM. */
bool sev_frame_find(hwaddr spa, SevFrameRef *ref);
bool sev_frame_of_region(MemoryRegion *mr, hwaddr offset, SevFrameRef *ref);

/*
 * Convert a frame to @key's view (NULL: the host's), unless it has it; return
 * its 4096 bytes.  Called by firmware, or for an access of @by.
 */
uint8_t *sev_frame_view(const SevFrameRef *ref, SevKey *key);
uint8_t *sev_frame_view_by(const SevFrameRef *ref, SevKey *key, SevBy by);

/* The key of the view that a frame has now. */
SevKey *sev_frame_key(const SevFrameRef *ref);

/* Forget the TLB entries and the translated code of a frame, on all CPUs. */
void sev_frame_flush(const SevFrameRef *ref);

/* Give a frame content that only @key's owner sees; its view stays. */
void sev_frame_put(const SevFrameRef *ref, SevKey *key, const uint8_t *bytes);

/* The VMSA record of a frame; taking a new one leaves freeing to the caller. */
struct SevVmsa *sev_frame_vmsa(const SevFrameRef *ref);
void sev_frame_set_vmsa(const SevFrameRef *ref, struct SevVmsa *vmsa);

/* Every frame that is under a key or a VMSA. */
typedef void SevFrameCount(ram_addr_t addr, SevKey *key, struct SevVmsa *vmsa,
                           void *opaque);
void sev_frames_count(SevFrameCount *count, void *opaque);

/* sev_view.c */

/* The first key turns the machine's memory views on. */
void sev_views_enable(void);
bool sev_views_enabled(void);

/* As sev_frame_view(), for a CPU in the middle of an instruction. */
void sev_frame_view_cpu(CPUX86State *env, const SevFrameRef *ref, SevKey *key);

#endif
