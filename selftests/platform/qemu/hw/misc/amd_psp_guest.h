/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest contexts (GCTX) of the security processor's firmware.
 */

#ifndef HW_MISC_AMD_PSP_GUEST_H
#define HW_MISC_AMD_PSP_GUEST_H

#include "amd_psp.h"

/* Firmware resource limit: more contexts fail with RESOURCE_LIMIT. */
#define PSP_MAX_GUESTS 1024

typedef enum {
    PSP_GUEST_UNINIT, PSP_GUEST_LUPDATE, PSP_GUEST_LSECRET, PSP_GUEST_RUNNING,
    PSP_GUEST_SUPDATE, PSP_GUEST_RUPDATE, PSP_GUEST_SENT,
} PspGuestState;

typedef struct PspGuest {
    uint32_t handle;
    uint32_t policy;
    uint32_t asid;                       /* 0: not activated */
    uint32_t nr_vmsas;
    PspGuestState state;
    SevKey *vek;
    GChecksum *ld;                       /* launch digest so far */
    uint8_t tek[PSP_KEY_BYTES];
    uint8_t tik[PSP_KEY_BYTES];
    uint8_t measure[PSP_DIGEST_BYTES];   /* what LAUNCH_MEASURE returned */
    uint8_t digest[PSP_DIGEST_BYTES];    /* launch digest when measured */
} PspGuest;

void psp_guests_init(AmdPsp *psp);
void psp_guests_finalize(AmdPsp *psp);

/* Deactivate and forget all guests. */
void psp_guests_clear(AmdPsp *psp);

/* A fresh context, or NULL past the limit. Takes @vek over if not NULL. */
PspGuest *psp_guest_new(AmdPsp *psp, uint32_t policy, SevKey *vek);

/*
 * amd_psp_start.c, LAUNCH_START and RECEIVE_START: a fresh context in @state
 * with the transport keys TEK || TIK, after policy and key sharing were
 * checked.
 */
uint32_t psp_guest_start(AmdPsp *psp, PspGuestStart *cmd, PspGuestState state,
                         const uint8_t keys[2 * PSP_KEY_BYTES]);

/* The trusted channel is closed: its keys are gone. */
void psp_guest_forget_keys(PspGuest *guest);

PspGuest *psp_guest_find(AmdPsp *psp, uint32_t handle);

/* Platform WORKING, handle known: else the fitting status. */
uint32_t psp_guest_known(AmdPsp *psp, uint32_t handle, PspGuest **guest);

/* The same, and the guest in @state. */
uint32_t psp_guest_in_state(AmdPsp *psp, uint32_t handle, PspGuestState state,
                            PspGuest **guest);

/* Platform WORKING, handle known, and the guest has an ASID. */
uint32_t psp_guest_active(AmdPsp *psp, uint32_t handle, PspGuest **guest);

/*
 * The *_UPDATE_DATA and, with @vmsa, *_UPDATE_VMSA commands: the guest is in
 * @state, has an ASID, and encrypted registers if they are wanted.
 */
uint32_t psp_guest_updatable(AmdPsp *psp, uint32_t handle, PspGuestState state,
                             bool vmsa, PspGuest **guest);

/* May the cores run the guest when it has an ASID? */
bool psp_guest_runnable(const PspGuest *guest);

/*
 * LAUNCH_FINISH and RECEIVE_FINISH: from @state to RUNNING.  The ASID, if any,
 * becomes valid in the cores, and the transport keys are gone.
 */
uint32_t psp_guest_finish(AmdPsp *psp, uint32_t handle, PspGuestState state);

/* The members of the "guests" property. */
void psp_guests_visit(AmdPsp *psp, Visitor *v, Error **errp);

/* amd_psp_asid.c: INIT makes all ASIDs dirty, DF_FLUSH the dirty ones clean. */
void psp_asids_set_dirty(AmdPsp *psp);
void psp_asids_flush(AmdPsp *psp);

/* @guest has an ASID: take it away; let the cores run it. */
void psp_asid_release(AmdPsp *psp, PspGuest *guest);
bool psp_asid_make_valid(AmdPsp *psp, PspGuest *guest);

#endif
