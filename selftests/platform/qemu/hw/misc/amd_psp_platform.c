/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The platform's state machine and the commands that do not name a guest.
 *
 * AMD 55766 SEV API, chapter 5 (Platform Management).
 *
 *             INIT, INIT_EX           LAUNCH_START
 *   UNINIT ------------------> INIT ------------------> WORKING
 *      ^                        | ^                        |  |
 *      +--------SHUTDOWN--------+ +--last DECOMMISSION-----+  |
 *      +-----------------------SHUTDOWN-----------------------+
 *
 * What persists is the nonce that the platform's keys are derived from: in the
 * chip's own storage (it lasts as long as the QEMU process), or sealed in the
 * host memory that INIT_EX names.
 *
 * Two things a chip does and this does not: the trusted memory region is only
 * checked, as VMSA checksums live in the CPU model, and the host may still read
 * it; and DF_FLUSH never answers WBINVD_REQUIRED, as WBINVD cannot be observed.
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/units.h"
#include "amd_psp_crypto.h"
#include "amd_psp_guest.h"
#include "amd_psp_mailbox.h"

typedef struct QEMU_PACKED PspNvRecord {
    char magic[16];
    uint8_t nonce[PSP_NONCE_BYTES];
    uint8_t seal[PSP_DIGEST_BYTES];      /* HMAC of the above, chip's key */
} PspNvRecord;

static const char nv_magic[16] = "emulated-sev-nv";

static void nv_seal(AmdPsp *psp, const PspNvRecord *rec,
                    uint8_t seal[PSP_DIGEST_BYTES])
{
    struct iovec iov = {
        .iov_base = (void *)rec, .iov_len = offsetof(PspNvRecord, seal),
    };

    psp_hmac(psp->chip_key, sizeof(psp->chip_key), &iov, 1, seal);
}

static uint32_t nv_create(AmdPsp *psp, uint64_t paddr, PspNvRecord *rec)
{
    memcpy(rec->magic, nv_magic, sizeof(rec->magic));
    if (!psp_random(rec->nonce, sizeof(rec->nonce))) {
        return PSP_HWERROR_PLATFORM;
    }
    nv_seal(psp, rec, rec->seal);
    return sev_host_write(paddr, rec, sizeof(*rec)) ? PSP_SUCCESS
                                                    : PSP_INVALID_ADDRESS;
}

/* Erased storage is filled; a record of another chip is erased and refused. */
static uint32_t nv_load(AmdPsp *psp, uint64_t paddr, PspNvRecord *rec)
{
    uint8_t seal[PSP_DIGEST_BYTES];

    if (!sev_host_read(paddr, rec, sizeof(*rec))) {
        return PSP_INVALID_ADDRESS;
    }
    if (buffer_is_zero(rec, sizeof(*rec))) {
        return nv_create(psp, paddr, rec);
    }
    nv_seal(psp, rec, seal);
    if (memcmp(rec->magic, nv_magic, sizeof(rec->magic)) ||
        memcmp(rec->seal, seal, sizeof(seal))) {
        memset(rec, 0, sizeof(*rec));
        sev_host_write(paddr, rec, sizeof(*rec));
        return PSP_SECURE_DATA_INVALID;
    }
    return PSP_SUCCESS;
}

static bool is_host_ram(uint64_t paddr, uint64_t len)
{
    uint8_t byte;

    return paddr + len > paddr && sev_host_read(paddr, &byte, 1) &&
           sev_host_read(paddr + len - 1, &byte, 1);
}

static uint32_t check_tmr(uint16_t flags, uint64_t paddr, uint32_t len)
{
    if (!(flags & PSP_INIT_ES)) {
        return PSP_SUCCESS;
    }
    if (!QEMU_IS_ALIGNED(paddr, PSP_TMR_BYTES)) {
        return PSP_INVALID_ADDRESS;
    }
    if (len != PSP_TMR_BYTES) {
        return PSP_INVALID_LENGTH;
    }
    return is_host_ram(psp_spa(paddr), len) ? PSP_SUCCESS : PSP_INVALID_ADDRESS;
}

static uint32_t check_nv(const PspInitEx *cmd, uint64_t nv, uint64_t tmr)
{
    if (!QEMU_IS_ALIGNED(nv, 4 * KiB)) {
        return PSP_INVALID_ADDRESS;
    }
    if (le32_to_cpu(cmd->nv_len) != PSP_NV_BYTES) {
        return PSP_INVALID_LENGTH;
    }
    if (!is_host_ram(nv, PSP_NV_BYTES)) {
        return PSP_INVALID_ADDRESS;
    }
    if ((le16_to_cpu(cmd->flags) & PSP_INIT_ES) &&
        nv < tmr + PSP_TMR_BYTES && tmr < nv + PSP_NV_BYTES) {
        return PSP_INVALID_ADDRESS;
    }
    return PSP_SUCCESS;
}

static uint32_t platform_init(AmdPsp *psp, uint16_t flags, const uint8_t *nonce)
{
    if (!psp_identity_create(&psp->identity, psp->chip_key, nonce)) {
        return PSP_HWERROR_PLATFORM;
    }
    psp->es = flags & PSP_INIT_ES;
    psp->state = PSP_INIT;
    psp_asids_set_dirty(psp);
    return PSP_SUCCESS;
}

uint32_t psp_cmd_init(AmdPsp *psp, void *buf)
{
    PspInit *cmd = buf;
    uint16_t flags = le16_to_cpu(cmd->flags);
    uint32_t status;

    if (psp->state != PSP_UNINIT) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    if ((flags & ~PSP_INIT_ES) ||
        !buffer_is_zero(cmd->reserved, sizeof(cmd->reserved))) {
        return PSP_INVALID_CONFIG;
    }
    status = check_tmr(flags, le64_to_cpu(cmd->tmr_paddr),
                       le32_to_cpu(cmd->tmr_len));
    return status ?: platform_init(psp, flags, psp->own_nonce);
}

uint32_t psp_cmd_init_ex(AmdPsp *psp, void *buf)
{
    PspInitEx *cmd = buf;
    uint16_t flags = le16_to_cpu(cmd->flags);
    uint64_t tmr = le64_to_cpu(cmd->tmr_paddr);
    uint64_t nv = psp_spa(le64_to_cpu(cmd->nv_paddr));
    PspNvRecord rec;
    uint32_t status;

    if (psp->state != PSP_UNINIT) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    if ((flags & ~PSP_INIT_ES) || cmd->reserved1 || cmd->reserved2) {
        return PSP_INVALID_CONFIG;
    }
    if (le32_to_cpu(cmd->length) != sizeof(*cmd)) {
        return PSP_INVALID_LENGTH;
    }
    status = check_tmr(flags, tmr, le32_to_cpu(cmd->tmr_len));
    if (nv) {
        status = status ?: check_nv(cmd, nv, psp_spa(tmr));
        status = status ?: nv_load(psp, nv, &rec);
    }
    return status ?: platform_init(psp, flags, nv ? rec.nonce : psp->own_nonce);
}

uint32_t psp_cmd_shutdown(AmdPsp *psp, void *buf)
{
    psp_platform_reset(psp);
    return PSP_SUCCESS;
}

/* The next INIT from the chip's own storage makes new keys. */
uint32_t psp_cmd_factory_reset(AmdPsp *psp, void *buf)
{
    if (psp->state != PSP_UNINIT) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    return psp_random(psp->own_nonce, sizeof(psp->own_nonce))
           ? PSP_SUCCESS : PSP_HWERROR_PLATFORM;
}

uint32_t psp_cmd_platform_status(AmdPsp *psp, void *buf)
{
    PspPlatformStatus *cmd = buf;

    *cmd = (PspPlatformStatus) {
        .api_major = PSP_API_MAJOR,
        .api_minor = PSP_API_MINOR,
        .build = PSP_BUILD,
        .state = psp->state,
        .config_flags = cpu_to_le16(psp->es ? PSP_INIT_ES : 0),
        .nr_guests = cpu_to_le32(g_hash_table_size(psp->guests)),
    };
    return PSP_SUCCESS;
}

uint32_t psp_cmd_df_flush(AmdPsp *psp, void *buf)
{
    psp_asids_flush(psp);
    return PSP_SUCCESS;
}

/*
 * The id of a real chip is a point on an elliptic curve. Its users treat it as
 * an opaque name, and so the emulated one is: two hashes of the chip's key.
 */
uint32_t psp_cmd_get_id(AmdPsp *psp, void *buf)
{
    PspBlob *cmd = buf;
    uint8_t id[PSP_ID_BYTES] = {};
    bool short_len = le32_to_cpu(cmd->len) < PSP_ID_BYTES;

    cmd->len = cpu_to_le32(PSP_ID_BYTES);
    if (short_len) {
        return PSP_INVALID_LENGTH;
    }
    for (char i = 0; i < 2; i++) {
        struct iovec iov = { .iov_base = &i, .iov_len = 1 };

        psp_hmac(psp->chip_key, sizeof(psp->chip_key), &iov, 1,
                 id + i * PSP_DIGEST_BYTES);
    }
    return sev_host_write(psp_spa(le64_to_cpu(cmd->paddr)), id, sizeof(id))
           ? PSP_SUCCESS : PSP_INVALID_ADDRESS;
}

void psp_platform_reset(AmdPsp *psp)
{
    psp_guests_clear(psp);
    memset(&psp->identity, 0, sizeof(psp->identity));
    psp->state = PSP_UNINIT;
    psp->es = false;
    psp_asids_set_dirty(psp);
}
