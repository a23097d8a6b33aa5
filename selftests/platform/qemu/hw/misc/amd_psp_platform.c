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
 * What a chip does and this does not: the trusted memory region is only
 * checked, as VMSA checksums live in the CPU model, and the host may still read
 * it.
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/units.h"
#include "amd_psp_crypto.h"
#include "amd_psp_guest.h"
#include "amd_psp_mailbox.h"
#include "amd_psp_store.h"

bool psp_is_ram(uint64_t paddr, uint64_t len)
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
    return psp_is_ram(psp_spa(paddr), len) ? PSP_SUCCESS : PSP_INVALID_ADDRESS;
}

static uint32_t check_nv(const PspInitEx *cmd, uint64_t nv, uint64_t tmr)
{
    if (!QEMU_IS_ALIGNED(nv, 4 * KiB)) {
        return PSP_INVALID_ADDRESS;
    }
    if (le32_to_cpu(cmd->nv_len) != PSP_NV_BYTES) {
        return PSP_INVALID_LENGTH;
    }
    if (!psp_is_ram(nv, PSP_NV_BYTES)) {
        return PSP_INVALID_ADDRESS;
    }
    if ((le16_to_cpu(cmd->flags) & PSP_INIT_ES) &&
        nv < tmr + PSP_TMR_BYTES && tmr < nv + PSP_NV_BYTES) {
        return PSP_INVALID_ADDRESS;
    }
    return PSP_SUCCESS;
}

static uint32_t platform_init(AmdPsp *psp, uint16_t flags, uint64_t nv)
{
    uint32_t status = psp_identity_open(psp, nv);

    if (status != PSP_SUCCESS) {
        return status;
    }
    psp->es = flags & PSP_INIT_ES;
    psp->state = PSP_INIT;
    psp_asids_set_dirty(psp);
    sev_wbinvd_demand();
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
    return status ?: platform_init(psp, flags, 0);
}

uint32_t psp_cmd_init_ex(AmdPsp *psp, void *buf)
{
    PspInitEx *cmd = buf;
    uint16_t flags = le16_to_cpu(cmd->flags);
    uint64_t tmr = le64_to_cpu(cmd->tmr_paddr);
    uint64_t nv = psp_spa(le64_to_cpu(cmd->nv_paddr));
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
    }
    return status ?: platform_init(psp, flags, nv);
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
    psp_store_erase(psp);
    return PSP_SUCCESS;
}

uint32_t psp_cmd_platform_status(AmdPsp *psp, void *buf)
{
    PspPlatformStatus *cmd = buf;

    *cmd = (PspPlatformStatus) {
        .api_major = PSP_API_MAJOR,
        .api_minor = PSP_API_MINOR,
        .build = PSP_BUILD,
        .state = psp->state,
        .platform_flags = psp->identity.saved.owned ? PSP_PLATFORM_OWNED : 0,
        .config_flags = cpu_to_le16(psp->es ? PSP_INIT_ES : 0),
        .nr_guests = cpu_to_le32(g_hash_table_size(psp->guests)),
    };
    return PSP_SUCCESS;
}

uint32_t psp_cmd_df_flush(AmdPsp *psp, void *buf)
{
    if (!sev_wbinvd_done()) {
        return PSP_WBINVD_REQUIRED;
    }
    psp_asids_flush(psp);
    return PSP_SUCCESS;
}

/* AMD signs no firmware for an emulated chip: there is no good image. */
uint32_t psp_cmd_download_firmware(AmdPsp *psp, void *buf)
{
    PspBlob *cmd = buf;
    uint64_t paddr = le64_to_cpu(cmd->paddr);

    if (psp->state != PSP_UNINIT) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    if (!QEMU_IS_ALIGNED(paddr, 32) ||
        !psp_is_ram(psp_spa(paddr), le32_to_cpu(cmd->len))) {
        return PSP_INVALID_ADDRESS;
    }
    return PSP_BAD_SIGNATURE;
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
