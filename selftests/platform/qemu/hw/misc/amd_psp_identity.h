/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The platform's own keys and certificates.
 */

#ifndef HW_MISC_AMD_PSP_IDENTITY_H
#define HW_MISC_AMD_PSP_IDENTITY_H

#include "amd_psp_cert.h"

typedef struct AmdPsp AmdPsp;

/* What persists of it. All zero: nothing was ever saved. */
typedef struct QEMU_PACKED PspSaved {
    uint8_t pek_nonce[PSP_NONCE_BYTES];
    uint8_t pdh_nonce[PSP_NONCE_BYTES];
    uint8_t owned;                       /* the OCA is an owner's */
    PspCert oca, pek, pdh;
} PspSaved;

typedef struct PspIdentity {
    PspSaved saved;
    PspKeyPair cek, pek, pdh;
} PspIdentity;

/*
 * Load the identity from the storage at @nv_spa (0: the chip's own), or make
 * a new one there. The storage is kept for later changes.
 */
uint32_t psp_identity_open(AmdPsp *psp, uint64_t nv_spa);

/* Save @id, then put it in the place of the present one. */
uint32_t psp_identity_replace(AmdPsp *psp, const PspIdentity *id);

/* New OCA, PEK and PDH, or only a new PDH. False: no random numbers. */
bool psp_identity_new_pek(const AmdPsp *psp, PspIdentity *id);
bool psp_identity_new_pdh(const AmdPsp *psp, PspIdentity *id);

#endif
