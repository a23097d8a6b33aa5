/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trusted channel between a guest's owner and the firmware: opening it at
 * LAUNCH_START and LAUNCH_SECRET through it.
 *
 * AMD 55766 SEV API, chapter 2 (Keys) and chapter 6 "LAUNCH_SECRET".
 *
 *   Z             = ECDH P-384 of the platform's PDH and the owner's key
 *   master secret = KDF(Z, "sev-master-secret", nonce)
 *   KEK, KIK      = KDF(master secret, "sev-kek"), ("sev-kik")
 *   TEK || TIK    = AES-128-CTR(KEK) of the session's wrapped keys, which
 *                   HMAC(KIK) protects; HMAC(TIK) protects the policy
 *
 * The host carries all of it and controls every byte; what it changes fails
 * one of the HMACs. Compressed secrets are not supported.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "amd_psp_crypto.h"
#include "amd_psp_guest.h"
#include "amd_psp_mailbox.h"
#include "amd_psp_session.h"

/* Context byte of the HMAC: which kind of message it protects. */
#define PSP_MAC_SECRET        0x01

#define PSP_SECRET_MAX_BYTES  (16 * KiB)
#define PSP_PACKET_COMPRESSED 0x1

static bool mac_ok(const uint8_t key[PSP_KEY_BYTES], const struct iovec *iov,
                   size_t nr_iov, const uint8_t wanted[PSP_DIGEST_BYTES])
{
    uint8_t mac[PSP_DIGEST_BYTES];

    psp_hmac(key, PSP_KEY_BYTES, iov, nr_iov, mac);
    return !memcmp(mac, wanted, sizeof(mac));
}

static uint32_t unwrap_keys(const PspKeyPair *pdh, const P384Point *owner,
                            const PspSession *session, uint32_t policy,
                            uint8_t keys[2 * PSP_KEY_BYTES])
{
    uint8_t master[PSP_KEY_BYTES], kek[PSP_KEY_BYTES], kik[PSP_KEY_BYTES];
    struct iovec wrapped = {
        .iov_base = (void *)session->wrap_tk,
        .iov_len = sizeof(session->wrap_tk),
    };
    struct iovec plain_policy = {
        .iov_base = &policy, .iov_len = sizeof(policy),
    };
    P384Point z;

    p384_multiply(&z, pdh->d, owner);
    psp_kdf(master, sizeof(master), z.x, sizeof(z.x), "sev-master-secret",
            session->nonce, sizeof(session->nonce));
    psp_kdf(kek, sizeof(kek), master, sizeof(master), "sev-kek", NULL, 0);
    psp_kdf(kik, sizeof(kik), master, sizeof(master), "sev-kik", NULL, 0);
    if (!mac_ok(kik, &wrapped, 1, session->wrap_mac)) {
        return PSP_BAD_MEASUREMENT;
    }
    memcpy(keys, session->wrap_tk, sizeof(session->wrap_tk));
    psp_aes_ctr(kek, session->wrap_iv, keys, sizeof(session->wrap_tk));
    return mac_ok(keys + PSP_KEY_BYTES, &plain_policy, 1, session->policy_mac)
           ? PSP_SUCCESS : PSP_BAD_MEASUREMENT;
}

uint32_t psp_session_open(AmdPsp *psp, const PspLaunchStart *cmd,
                          uint8_t keys[2 * PSP_KEY_BYTES])
{
    PspSession session;
    PspCert cert;
    P384Point owner;

    memset(keys, 0, 2 * PSP_KEY_BYTES);
    if (!cmd->dh_cert_paddr) {
        return PSP_SUCCESS;
    }
    if (le32_to_cpu(cmd->session_len) != sizeof(session) ||
        le32_to_cpu(cmd->dh_cert_len) != sizeof(cert)) {
        return PSP_INVALID_LENGTH;
    }
    if (!sev_host_read(psp_spa(le64_to_cpu(cmd->session_paddr)), &session,
                       sizeof(session)) ||
        !sev_host_read(psp_spa(le64_to_cpu(cmd->dh_cert_paddr)), &cert,
                       sizeof(cert))) {
        return PSP_INVALID_ADDRESS;
    }
    if (!psp_cert_get_dh_key(&cert, &owner)) {
        return PSP_INVALID_CERTIFICATE;
    }
    return unwrap_keys(&psp->identity.pdh, &owner, &session, cmd->policy, keys);
}

static uint32_t check_secret(AmdPsp *psp, const PspPacket *cmd,
                             PspGuest **guest)
{
    uint32_t len = le32_to_cpu(cmd->guest_len);
    uint32_t status = psp_guest_in_state(psp, le32_to_cpu(cmd->handle),
                                         PSP_GUEST_LSECRET, guest);

    /* Here the guest's state comes last but one. */
    if (status != PSP_SUCCESS && status != PSP_INVALID_GUEST_STATE) {
        return status;
    }
    if (!QEMU_IS_ALIGNED(le64_to_cpu(cmd->guest_paddr), 16)) {
        return PSP_INVALID_ADDRESS;
    }
    if (le32_to_cpu(cmd->hdr_len) != sizeof(PspPacketHeader) || !len ||
        !QEMU_IS_ALIGNED(len, 16) || len > PSP_SECRET_MAX_BYTES ||
        len != le32_to_cpu(cmd->trans_len)) {
        return PSP_INVALID_LENGTH;
    }
    return status ?: (*guest)->asid ? status : PSP_INACTIVE;
}

static bool secret_mac_ok(const PspGuest *guest, const PspPacket *cmd,
                          const PspPacketHeader *hdr, const uint8_t *data)
{
    uint8_t context = PSP_MAC_SECRET;
    struct iovec iov[] = {
        { &context, sizeof(context) },
        { (void *)&hdr->flags, sizeof(hdr->flags) },
        { (void *)hdr->iv, sizeof(hdr->iv) },
        { (void *)&cmd->guest_len, sizeof(cmd->guest_len) },
        { (void *)&cmd->trans_len, sizeof(cmd->trans_len) },
        { (void *)data, le32_to_cpu(cmd->trans_len) },
        { (void *)guest->measure, sizeof(guest->measure) },
    };

    return mac_ok(guest->tik, iov, ARRAY_SIZE(iov), hdr->mac);
}

uint32_t psp_cmd_launch_secret(AmdPsp *psp, void *buf)
{
    PspPacket *cmd = buf;
    uint64_t spa = psp_spa(le64_to_cpu(cmd->guest_paddr));
    uint32_t len = le32_to_cpu(cmd->guest_len);
    g_autofree uint8_t *data = NULL;
    PspPacketHeader hdr;
    PspGuest *guest;
    uint32_t status = check_secret(psp, cmd, &guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    data = g_malloc(len);
    if (!sev_host_read(psp_spa(le64_to_cpu(cmd->hdr_paddr)), &hdr,
                       sizeof(hdr)) ||
        !sev_host_read(psp_spa(le64_to_cpu(cmd->trans_paddr)), data, len)) {
        return PSP_INVALID_ADDRESS;
    }
    if (!secret_mac_ok(guest, cmd, &hdr, data)) {
        return PSP_BAD_MEASUREMENT;
    }
    if (le32_to_cpu(hdr.flags) & PSP_PACKET_COMPRESSED) {
        return PSP_UNSUPPORTED;
    }
    psp_aes_ctr(guest->tek, hdr.iv, data, len);
    return sev_host_write(spa, data, len) &&
           sev_frames_encrypt(spa, len, guest->vek)
           ? PSP_SUCCESS : PSP_INVALID_ADDRESS;
}
