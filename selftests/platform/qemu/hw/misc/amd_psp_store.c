/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Persistent storage.
 *
 * AMD 55766 SEV API, chapter 5 "INIT_EX".
 *
 * The chip's own storage lasts as long as the QEMU process. Storage in host
 * memory is UNTRUSTED and sealed with the chip's key: a record that the host
 * changed, or that another chip wrote, is erased and rejected. Storage full of
 * zeros was never written.
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/units.h"
#include "amd_psp_crypto.h"
#include "amd_psp_store.h"

typedef struct QEMU_PACKED PspRecord {
    char magic[16];
    PspSaved saved;
    uint8_t seal[PSP_DIGEST_BYTES];      /* HMAC of the above, chip's key */
} PspRecord;

QEMU_BUILD_BUG_ON(sizeof(PspRecord) > PSP_NV_BYTES);

static const char record_magic[16] = "emulated-sev-nv2";

static void make_seal(const AmdPsp *psp, const PspRecord *rec,
                      uint8_t seal[PSP_DIGEST_BYTES])
{
    struct iovec iov = {
        .iov_base = (void *)rec, .iov_len = offsetof(PspRecord, seal),
    };

    psp_hmac(psp->chip_key, sizeof(psp->chip_key), &iov, 1, seal);
}

static bool store_read(const AmdPsp *psp, uint64_t nv_spa, PspRecord *rec)
{
    if (nv_spa) {
        return sev_host_read(nv_spa, rec, sizeof(*rec));
    }
    memcpy(rec, psp->store, sizeof(*rec));
    return true;
}

static bool store_write(AmdPsp *psp, uint64_t nv_spa, const PspRecord *rec)
{
    if (nv_spa) {
        return sev_host_write(nv_spa, rec, sizeof(*rec));
    }
    memcpy(psp->store, rec, sizeof(*rec));
    return true;
}

static bool record_intact(const AmdPsp *psp, const PspRecord *rec)
{
    uint8_t seal[PSP_DIGEST_BYTES];

    make_seal(psp, rec, seal);
    return !memcmp(rec->magic, record_magic, sizeof(rec->magic)) &&
           !memcmp(rec->seal, seal, sizeof(seal));
}

uint32_t psp_store_load(AmdPsp *psp, uint64_t nv_spa, PspSaved *saved)
{
    PspRecord rec;

    if (!store_read(psp, nv_spa, &rec)) {
        return PSP_INVALID_ADDRESS;
    }
    if (!buffer_is_zero(&rec, sizeof(rec)) && !record_intact(psp, &rec)) {
        memset(&rec, 0, sizeof(rec));
        store_write(psp, nv_spa, &rec);
        return PSP_SECURE_DATA_INVALID;
    }
    *saved = rec.saved;
    return PSP_SUCCESS;
}

uint32_t psp_store_save(AmdPsp *psp, uint64_t nv_spa, const PspSaved *saved)
{
    PspRecord rec = { .saved = *saved };

    memcpy(rec.magic, record_magic, sizeof(rec.magic));
    make_seal(psp, &rec, rec.seal);
    return store_write(psp, nv_spa, &rec) ? PSP_SUCCESS : PSP_INVALID_ADDRESS;
}

void psp_store_erase(AmdPsp *psp)
{
    memset(psp->store, 0, sizeof(psp->store));
}
