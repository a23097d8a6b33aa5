/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ASIDs that guests run under: ACTIVATE, DEACTIVATE.
 *
 * AMD 55766 SEV API, chapter 6 (ACTIVATE, DEACTIVATE) and 5 (DF_FLUSH).
 *
 * An ASID from the firmware's point of view:
 *
 *            DF_FLUSH         ACTIVATE              LAUNCH_FINISH
 *   DIRTY ------------> CLEAN ---------> ALLOCATED --------------> IN_USE
 *     ^                   ^   DEACTIVATE    |                        |
 *     |                   +-----------------+                        |
 *     +---------------------DEACTIVATE-------------------------------+
 *
 * INIT, and DEACTIVATE of an ASID that was IN_USE, require a WBINVD of every
 * core, without which there is no DF_FLUSH.  (A chip counts by core complexes:
 * one that has done its part need not do it again with the others.)
 *
 * ES guests use ASIDs 1 to min-1, the others min to max (CPUID 8000_001F).
 * Only an ASID that is IN_USE is valid in the cores.
 */

#include "qemu/osdep.h"
#include "amd_psp_guest.h"
#include "amd_psp_mailbox.h"

/* What may run under an ASID, from the firmware's point of view. */
typedef enum {
    PSP_ASID_DIRTY,       /* caches may hold lines of an earlier guest */
    PSP_ASID_CLEAN,
    PSP_ASID_ALLOCATED,   /* ACTIVATEd, guest not launched yet */
    PSP_ASID_IN_USE,
} PspAsidState;

static uint8_t *asid_state(AmdPsp *psp, uint32_t asid)
{
    return &psp->asids[asid - 1];
}

void psp_asids_set_dirty(AmdPsp *psp)
{
    memset(psp->asids, PSP_ASID_DIRTY, sev_host_asids());
}

void psp_asids_flush(AmdPsp *psp)
{
    for (uint32_t i = 0; i < sev_host_asids(); i++) {
        if (psp->asids[i] == PSP_ASID_DIRTY) {
            psp->asids[i] = PSP_ASID_CLEAN;
        }
    }
}

void psp_asid_release(AmdPsp *psp, PspGuest *guest)
{
    uint8_t *asid = asid_state(psp, guest->asid);

    if (*asid == PSP_ASID_IN_USE) {
        sev_asid_unbind(guest->asid);
        *asid = PSP_ASID_DIRTY;
        sev_wbinvd_demand();
    } else {
        *asid = PSP_ASID_CLEAN;
    }
    guest->asid = 0;
}

bool psp_asid_make_valid(AmdPsp *psp, PspGuest *guest)
{
    if (!sev_asid_bind(guest->asid, guest->vek)) {
        return false;
    }
    *asid_state(psp, guest->asid) = PSP_ASID_IN_USE;
    return true;
}

static bool asid_fits_guest(const PspGuest *guest, uint32_t asid)
{
    bool es_asid = asid < sev_host_min_asid();

    return es_asid == !!(guest->policy & PSP_POLICY_ES);
}

static uint32_t check_activate(AmdPsp *psp, const PspGuest *guest,
                               uint32_t asid)
{
    if (!asid || asid > sev_host_asids()) {
        return PSP_INVALID_ASID;
    }
    if (*asid_state(psp, asid) >= PSP_ASID_ALLOCATED) {
        return PSP_ASID_OWNED;
    }
    if (guest->asid) {
        return PSP_ACTIVE;
    }
    if (guest->state == PSP_GUEST_SENT) {
        return PSP_INVALID_GUEST_STATE;
    }
    if (*asid_state(psp, asid) == PSP_ASID_DIRTY) {
        return PSP_DF_FLUSH_REQUIRED;
    }
    return asid_fits_guest(guest, asid) ? PSP_SUCCESS : PSP_INVALID_ASID;
}

uint32_t psp_cmd_activate(AmdPsp *psp, void *buf)
{
    PspActivate *cmd = buf;
    uint32_t asid = le32_to_cpu(cmd->asid);
    PspGuest *guest;
    uint32_t status = psp_guest_known(psp, le32_to_cpu(cmd->handle), &guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    status = check_activate(psp, guest, asid);
    if (status != PSP_SUCCESS) {
        return status;
    }
    guest->asid = asid;
    *asid_state(psp, asid) = PSP_ASID_ALLOCATED;
    if (psp_guest_runnable(guest) && !psp_asid_make_valid(psp, guest)) {
        psp_asid_release(psp, guest);
        return PSP_HWERROR_PLATFORM;
    }
    return PSP_SUCCESS;
}

uint32_t psp_cmd_deactivate(AmdPsp *psp, void *buf)
{
    PspGuestHandle *cmd = buf;
    PspGuest *guest;
    uint32_t status = psp_guest_active(psp, le32_to_cpu(cmd->handle), &guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    psp_asid_release(psp, guest);
    return PSP_SUCCESS;
}
