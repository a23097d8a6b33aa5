/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Launching a guest.
 *
 * AMD 55766 SEV API, chapter 6: LAUNCH_START, LAUNCH_UPDATE_DATA,
 * LAUNCH_UPDATE_VMSA, LAUNCH_MEASURE, LAUNCH_FINISH.
 *
 *              UPDATE_DATA, UPDATE_VMSA
 *                     +---+
 *            START    |   v   MEASURE            FINISH
 *   UNINIT --------> LUPDATE ---------> LSECRET --------> RUNNING
 *
 * The launch digest is SHA-256 over the plain bytes of every update in the
 * order of the commands, VMSA pages included. LAUNCH_MEASURE returns
 *
 *   HMAC-SHA256(TIK, 0x04 || API_MAJOR || API_MINOR || BUILD ||
 *                    POLICY || digest || MNONCE) || MNONCE
 *
 * Without a session the transport keys stay zero, as AMD's published firmware
 * leaves them: the measurement then detects mistakes, not attackers.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "amd_psp_crypto.h"
#include "amd_psp_guest.h"
#include "amd_psp_mailbox.h"
#include "amd_psp_packet.h"
#include "amd_psp_session.h"

uint32_t psp_cmd_launch_start(AmdPsp *psp, void *buf)
{
    PspGuestStart *cmd = buf;
    uint8_t keys[2 * PSP_KEY_BYTES] = {};
    uint32_t status = PSP_SUCCESS;

    if (psp->state == PSP_UNINIT) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    if (cmd->dh_cert_paddr) {
        status = psp_session_open(psp, cmd, keys);
    }
    return status ?: psp_guest_start(psp, cmd, PSP_GUEST_LUPDATE, keys);
}

static uint32_t check_update(AmdPsp *psp, const PspRange *cmd, bool vmsa,
                             PspGuest **guest)
{
    uint32_t len = le32_to_cpu(cmd->len);
    uint32_t status = psp_guest_updatable(psp, le32_to_cpu(cmd->handle),
                                          PSP_GUEST_LUPDATE, vmsa, guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    if (!QEMU_IS_ALIGNED(le64_to_cpu(cmd->paddr), 16)) {
        return PSP_INVALID_ADDRESS;
    }
    return !len || !QEMU_IS_ALIGNED(len, 16) ? PSP_INVALID_LENGTH : PSP_SUCCESS;
}

/* Measure and encrypt bytes that do not cross a page. */
static bool update_piece(PspGuest *guest, uint64_t spa, uint32_t len)
{
    uint8_t plain[4 * KiB];

    if (!sev_host_read(spa, plain, len) ||
        !sev_frames_encrypt(spa, len, guest->vek)) {
        return false;
    }
    g_checksum_update(guest->ld, plain, len);
    return true;
}

uint32_t psp_cmd_launch_update_data(AmdPsp *psp, void *buf)
{
    PspRange *cmd = buf;
    uint64_t spa = psp_spa(le64_to_cpu(cmd->paddr));
    uint32_t left = le32_to_cpu(cmd->len);
    PspGuest *guest;
    uint32_t status = check_update(psp, cmd, false, &guest);

    while (status == PSP_SUCCESS && left) {
        uint32_t len = MIN(left, 4 * KiB - (spa & (4 * KiB - 1)));

        if (!update_piece(guest, spa, len)) {
            status = PSP_INVALID_ADDRESS;
        }
        spa += len;
        left -= len;
    }
    return status;
}

uint32_t psp_cmd_launch_update_vmsa(AmdPsp *psp, void *buf)
{
    PspRange *cmd = buf;
    uint64_t spa = psp_spa(le64_to_cpu(cmd->paddr));
    uint8_t plain[PSP_VMSA_BYTES];
    PspGuest *guest;
    uint32_t status;

    /* The only command whose length is looked at before anything else. */
    if (le32_to_cpu(cmd->len) != PSP_VMSA_BYTES) {
        return PSP_INVALID_LENGTH;
    }
    status = check_update(psp, cmd, true, &guest);
    if (status != PSP_SUCCESS) {
        return status;
    }
    if (!QEMU_IS_ALIGNED(spa, PSP_VMSA_BYTES) ||
        !sev_host_read(spa, plain, sizeof(plain)) ||
        !sev_vmsa_encrypt(spa, guest->vek)) {
        return PSP_INVALID_ADDRESS;
    }
    g_checksum_update(guest->ld, plain, sizeof(plain));
    guest->nr_vmsas++;
    return PSP_SUCCESS;
}

static void measure(PspGuest *guest, const uint8_t mnonce[PSP_NONCE_BYTES])
{
    uint8_t version[] = {
        PSP_MAC_MEASURE, PSP_API_MAJOR, PSP_API_MINOR, PSP_BUILD
    };
    uint32_t policy = cpu_to_le32(guest->policy);
    struct iovec iov[] = {
        { version, sizeof(version) },
        { &policy, sizeof(policy) },
        { guest->digest, sizeof(guest->digest) },
        { (void *)mnonce, PSP_NONCE_BYTES },
    };

    psp_digest_peek(guest->ld, guest->digest);
    psp_hmac(guest->tik, sizeof(guest->tik), iov, ARRAY_SIZE(iov),
             guest->measure);
}

uint32_t psp_cmd_launch_measure(AmdPsp *psp, void *buf)
{
    PspRange *cmd = buf;
    bool short_len = le32_to_cpu(cmd->len) < PSP_MEASURE_BYTES;
    uint8_t answer[PSP_MEASURE_BYTES];
    uint8_t *mnonce = answer + PSP_DIGEST_BYTES;
    PspGuest *guest;
    uint32_t status = psp_guest_in_state(psp, le32_to_cpu(cmd->handle),
                                         PSP_GUEST_LUPDATE, &guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    if (short_len) {
        cmd->len = cpu_to_le32(PSP_MEASURE_BYTES);
        return PSP_INVALID_LENGTH;
    }
    if (!psp_random(mnonce, PSP_NONCE_BYTES)) {
        return PSP_HWERROR_PLATFORM;
    }
    measure(guest, mnonce);
    memcpy(answer, guest->measure, PSP_DIGEST_BYTES);
    if (!sev_host_write(psp_spa(le64_to_cpu(cmd->paddr)), answer,
                        sizeof(answer))) {
        return PSP_INVALID_ADDRESS;
    }
    guest->state = PSP_GUEST_LSECRET;
    return PSP_SUCCESS;
}

uint32_t psp_cmd_launch_finish(AmdPsp *psp, void *buf)
{
    PspGuestHandle *cmd = buf;

    return psp_guest_finish(psp, le32_to_cpu(cmd->handle), PSP_GUEST_LSECRET);
}
