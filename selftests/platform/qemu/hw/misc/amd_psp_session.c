/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trusted channel between this firmware and a guest's owner or another
 * platform: agreeing on its keys.
 *
 * AMD 55766 SEV API, chapter 2 (Keys).
 *
 *   Z             = ECDH P-384 of the two sides' Diffie-Hellman keys
 *   master secret = KDF(Z, "sev-master-secret", nonce)
 *   KEK, KIK      = KDF(master secret, "sev-kek"), ("sev-kik")
 *   TEK || TIK    = AES-128-CTR(KEK) of the session's wrapped keys, which
 *                   HMAC(KIK) protects; HMAC(TIK) protects the policy
 *
 * Whoever opens the channel, owner or sender, chooses TEK, TIK and nonce. The
 * host carries all of it and controls every byte; what it changes fails one of
 * the HMACs.
 */

#include "qemu/osdep.h"
#include "amd_psp_crypto.h"
#include "amd_psp_session.h"

typedef struct PspWrapKeys {
    uint8_t kek[PSP_KEY_BYTES];
    uint8_t kik[PSP_KEY_BYTES];
} PspWrapKeys;

static void derive_wrap_keys(PspWrapKeys *wrap, const PspKeyPair *own,
                             const P384Point *peer,
                             const uint8_t nonce[PSP_NONCE_BYTES])
{
    uint8_t master[PSP_KEY_BYTES];
    P384Point z;

    p384_multiply(&z, own->d, peer);
    psp_kdf(master, sizeof(master), z.x, sizeof(z.x), "sev-master-secret",
            nonce, PSP_NONCE_BYTES);
    psp_kdf(wrap->kek, sizeof(wrap->kek), master, sizeof(master), "sev-kek",
            NULL, 0);
    psp_kdf(wrap->kik, sizeof(wrap->kik), master, sizeof(master), "sev-kik",
            NULL, 0);
}

static void mac(const uint8_t key[PSP_KEY_BYTES], const void *data, size_t len,
                uint8_t out[PSP_DIGEST_BYTES])
{
    struct iovec iov = { .iov_base = (void *)data, .iov_len = len };

    psp_hmac(key, PSP_KEY_BYTES, &iov, 1, out);
}

static bool mac_ok(const uint8_t key[PSP_KEY_BYTES], const void *data,
                   size_t len, const uint8_t wanted[PSP_DIGEST_BYTES])
{
    uint8_t out[PSP_DIGEST_BYTES];

    mac(key, data, len, out);
    return !memcmp(out, wanted, sizeof(out));
}

static uint32_t unwrap_keys(const PspKeyPair *own, const P384Point *peer,
                            const PspSession *session, uint32_t policy_le,
                            uint8_t keys[2 * PSP_KEY_BYTES])
{
    PspWrapKeys wrap;

    derive_wrap_keys(&wrap, own, peer, session->nonce);
    if (!mac_ok(wrap.kik, session->wrap_tk, sizeof(session->wrap_tk),
                session->wrap_mac)) {
        return PSP_BAD_MEASUREMENT;
    }
    memcpy(keys, session->wrap_tk, sizeof(session->wrap_tk));
    psp_aes_ctr(wrap.kek, session->wrap_iv, keys, sizeof(session->wrap_tk));
    return mac_ok(keys + PSP_KEY_BYTES, &policy_le, sizeof(policy_le),
                  session->policy_mac) ? PSP_SUCCESS : PSP_BAD_MEASUREMENT;
}

uint32_t psp_session_open(AmdPsp *psp, const PspGuestStart *cmd,
                          uint8_t keys[2 * PSP_KEY_BYTES])
{
    PspSession session;
    PspCert cert;
    P384Point peer;

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
    if (!psp_cert_get_dh_key(&cert, &peer)) {
        return PSP_INVALID_CERTIFICATE;
    }
    return unwrap_keys(&psp->identity.pdh, &peer, &session, cmd->policy, keys);
}

bool psp_session_create(const PspKeyPair *own, const P384Point *peer,
                        uint32_t policy, PspSession *session,
                        uint8_t keys[2 * PSP_KEY_BYTES])
{
    uint32_t policy_le = cpu_to_le32(policy);
    PspWrapKeys wrap;

    if (!psp_random(keys, 2 * PSP_KEY_BYTES) ||
        !psp_random(session->nonce, sizeof(session->nonce)) ||
        !psp_random(session->wrap_iv, sizeof(session->wrap_iv))) {
        return false;
    }
    derive_wrap_keys(&wrap, own, peer, session->nonce);
    memcpy(session->wrap_tk, keys, sizeof(session->wrap_tk));
    psp_aes_ctr(wrap.kek, session->wrap_iv, session->wrap_tk,
                sizeof(session->wrap_tk));
    mac(wrap.kik, session->wrap_tk, sizeof(session->wrap_tk),
        session->wrap_mac);
    mac(keys + PSP_KEY_BYTES, &policy_le, sizeof(policy_le),
        session->policy_mac);
    return true;
}
