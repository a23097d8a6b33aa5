/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The platform's own keys and certificates.
 *
 * AMD 55766 SEV API, chapter 2 (Keys).
 *
 * A real CEK is signed by AMD; the emulated one is not signed, so that this
 * platform cannot be mistaken for a real one. Private keys are not stored:
 * they are derived again from the chip's key and a nonce, and it is the nonces
 * and the certificates that lie in persistent storage.
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "amd_psp.h"
#include "amd_psp_crypto.h"
#include "amd_psp_store.h"

static void derive_keys(const AmdPsp *psp, PspIdentity *id)
{
    psp_key_derive(&id->cek, PSP_USAGE_CEK, "sev-chip-endorsement-key",
                   psp->chip_key, NULL, 0);
    psp_key_derive(&id->pek, PSP_USAGE_PEK, "emulated-pek", psp->chip_key,
                   id->saved.pek_nonce, sizeof(id->saved.pek_nonce));
    psp_key_derive(&id->pdh, PSP_USAGE_PDH, "emulated-pdh", psp->chip_key,
                   id->saved.pdh_nonce, sizeof(id->saved.pdh_nonce));
}

bool psp_identity_new_pdh(const AmdPsp *psp, PspIdentity *id)
{
    if (!psp_random(id->saved.pdh_nonce, sizeof(id->saved.pdh_nonce))) {
        return false;
    }
    derive_keys(psp, id);
    psp_cert_init(&id->saved.pdh, &id->pdh);
    return psp_cert_sign(&id->saved.pdh, 0, &id->pek);
}

bool psp_identity_new_pek(const AmdPsp *psp, PspIdentity *id)
{
    PspSaved *saved = &id->saved;
    PspKeyPair oca;

    if (!psp_random(saved->pek_nonce, sizeof(saved->pek_nonce))) {
        return false;
    }
    saved->owned = false;
    derive_keys(psp, id);
    psp_key_derive(&oca, PSP_USAGE_OCA, "emulated-oca", psp->chip_key,
                   saved->pek_nonce, sizeof(saved->pek_nonce));
    psp_cert_init(&saved->oca, &oca);
    psp_cert_init(&saved->pek, &id->pek);
    return psp_cert_sign(&saved->oca, 0, &oca) &&
           psp_cert_sign(&saved->pek, 0, &oca) &&
           psp_cert_sign(&saved->pek, 1, &id->cek) &&
           psp_identity_new_pdh(psp, id);
}

uint32_t psp_identity_replace(AmdPsp *psp, const PspIdentity *id)
{
    uint32_t status = psp_store_save(psp, psp->nv_spa, &id->saved);

    if (status == PSP_SUCCESS) {
        psp->identity = *id;
    }
    return status;
}

uint32_t psp_identity_open(AmdPsp *psp, uint64_t nv_spa)
{
    PspIdentity id = {};
    uint32_t status = psp_store_load(psp, nv_spa, &id.saved);

    if (status != PSP_SUCCESS) {
        return status;
    }
    psp->nv_spa = nv_spa;
    if (!buffer_is_zero(&id.saved, sizeof(id.saved))) {
        derive_keys(psp, &id);
        psp->identity = id;
        return PSP_SUCCESS;
    }
    return psp_identity_new_pek(psp, &id) ? psp_identity_replace(psp, &id)
                                          : PSP_HWERROR_PLATFORM;
}
