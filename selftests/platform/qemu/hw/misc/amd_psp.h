/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulated AMD security processor: the state that its files share.
 *
 * amd_psp.c           PCI function, registers, interrupt, QOM properties
 * amd_psp_mailbox.c   which commands exist, and their buffers
 * amd_psp_fault.c     faults that a test ordered
 * amd_psp_platform.c  platform states UNINIT, INIT, WORKING
 * amd_psp_store.c     what persists
 * amd_psp_identity.c  the platform's own keys and certificates
 * amd_psp_pek.c       the commands on them
 * amd_psp_guest.c     guest contexts
 * amd_psp_start.c     how one begins
 * amd_psp_asid.c      the ASIDs they run under
 * amd_psp_launch.c    the LAUNCH_* commands
 * amd_psp_report.c    ATTESTATION_REPORT
 * amd_psp_send.c      the SEND_* commands
 * amd_psp_receive.c   the RECEIVE_* commands
 * amd_psp_pages.c     COPY, DBG_DECRYPT, DBG_ENCRYPT
 * amd_psp_session.c   the trusted channel to an owner or another platform
 * amd_psp_packet.c    what goes through it
 * amd_psp_secret.c    LAUNCH_SECRET
 * amd_psp_cert.c      certificates
 * amd_psp_p384.c      the elliptic curve, on amd_psp_field.c
 * amd_psp_crypto.c    random numbers, HMAC, key derivation, transport cipher
 *
 * Status codes are uint32_t PSP_* of amd_psp_abi.h. Everything runs under the
 * big QEMU lock.
 */

#ifndef HW_MISC_AMD_PSP_H
#define HW_MISC_AMD_PSP_H

#include "hw/pci/pci.h"
#include "qom/object.h"
#include "amd_psp_abi.h"
#include "amd_psp_fault.h"
#include "amd_psp_identity.h"
#include "target/i386/tcg/sysemu/sev_firmware.h"

#define TYPE_AMD_PSP "amd-psp"
OBJECT_DECLARE_SIMPLE_TYPE(AmdPsp, AMD_PSP)

typedef enum { PSP_UNINIT, PSP_INIT, PSP_WORKING } PspPlatformState;

struct AmdPsp {
    PCIDevice parent_obj;
    MemoryRegion bar;

    /* registers */
    uint32_t cmdresp, buf_lo, buf_hi, int_enable, int_status;
    uint32_t answer;                     /* what cmdresp will be */
    QEMUTimer *late;                     /* pending: it is not so yet */
    PspFault fault;

    /* firmware */
    PspPlatformState state;
    bool es;                             /* INIT asked for SEV-ES */
    uint32_t last_handle;
    GHashTable *guests;                  /* handle -> PspGuest */
    uint8_t *asids;                      /* of ASID n at [n - 1] */
    uint8_t chip_key[PSP_DIGEST_BYTES];
    uint8_t store[PSP_NV_BYTES];         /* the chip's own storage */
    uint64_t nv_spa;                     /* storage in use; 0: the chip's own */
    PspIdentity identity;                /* all zero if UNINIT */
};

/* amd_psp_platform.c: all guests are gone, all ASIDs invalid, state UNINIT. */
void psp_platform_reset(AmdPsp *psp);

/* Are both ends of the range RAM? Empty ranges are not. */
bool psp_is_ram(uint64_t spa, uint64_t len);

/* Addresses may carry the C-bit; the emulated host has one view either way. */
static inline uint64_t psp_spa(uint64_t paddr)
{
    return paddr & ~(1ULL << sev_host_cbitpos());
}

#endif
