/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SEV certificates and the platform's own keys.
 *
 * AMD 55766 SEV API, chapter 2 (Keys) and appendix "Certificate Format". Who
 * signs whom:
 *
 *   OCA (self signed) --+
 *                       +--> PEK --> PDH
 *   CEK ----------------+
 *
 * A real CEK is signed by AMD; the emulated one is signed by nobody, so that
 * nobody can take this platform for a real one. Private keys are not stored:
 * they are derived again from the chip's key and a nonce, which is what lies
 * in persistent storage.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "amd_psp_crypto.h"
#include "amd_psp_mailbox.h"

static void reverse_copy(uint8_t *to, const uint8_t *from, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        to[i] = from[len - 1 - i];
    }
}

static void key_derive(PspKeyPair *key, uint32_t usage, const char *label,
                       const uint8_t chip_key[PSP_DIGEST_BYTES],
                       const void *nonce, size_t nonce_len)
{
    uint8_t seed[PSP_DIGEST_BYTES];

    memcpy(seed, chip_key, sizeof(seed));
    do {
        psp_kdf(key->d, sizeof(key->d), seed, sizeof(seed), label, nonce,
                nonce_len);
        seed[0]++;
    } while (!p384_scalar_ok(key->d));
    p384_multiply(&key->q, key->d, NULL);
    key->usage = usage;
}

static void cert_init(PspCert *cert, const PspKeyPair *key)
{
    uint32_t algo = key->usage == PSP_USAGE_PDH ? PSP_ALGO_ECDH_SHA256
                                                : PSP_ALGO_ECDSA_SHA256;

    *cert = (PspCert) {
        .version = cpu_to_le32(PSP_CERT_VERSION),
        .api_major = PSP_API_MAJOR,
        .api_minor = PSP_API_MINOR,
        .usage = cpu_to_le32(key->usage),
        .algo = cpu_to_le32(algo),
        .curve = cpu_to_le32(PSP_CURVE_P384),
        .sigs[0].usage = cpu_to_le32(PSP_USAGE_INVALID),
        .sigs[1].usage = cpu_to_le32(PSP_USAGE_INVALID),
    };
    reverse_copy(cert->x, key->q.x, P384_BYTES);
    reverse_copy(cert->y, key->q.y, P384_BYTES);
}

static bool cert_sign(PspCert *cert, int slot, const PspKeyPair *key)
{
    PspCertSignature *sig = &cert->sigs[slot];
    uint8_t k[P384_BYTES], r[P384_BYTES], s[P384_BYTES];
    uint8_t hash[PSP_DIGEST_BYTES];

    psp_sha256(cert, offsetof(PspCert, sigs), hash);
    do {
        if (!psp_random(k, sizeof(k))) {
            return false;
        }
    } while (!p384_scalar_ok(k) || !p384_sign(key->d, k, hash, r, s));
    sig->usage = cpu_to_le32(key->usage);
    sig->algo = cpu_to_le32(PSP_ALGO_ECDSA_SHA256);
    reverse_copy(sig->r, r, P384_BYTES);
    reverse_copy(sig->s, s, P384_BYTES);
    return true;
}

bool psp_identity_create(PspIdentity *id,
                         const uint8_t chip_key[PSP_DIGEST_BYTES],
                         const uint8_t nonce[PSP_NONCE_BYTES])
{
    PspKeyPair cek, oca, pek;

    key_derive(&cek, PSP_USAGE_CEK, "sev-chip-endorsement-key", chip_key,
               NULL, 0);
    key_derive(&oca, PSP_USAGE_OCA, "emulated-oca", chip_key, nonce,
               PSP_NONCE_BYTES);
    key_derive(&pek, PSP_USAGE_PEK, "emulated-pek", chip_key, nonce,
               PSP_NONCE_BYTES);
    key_derive(&id->pdh, PSP_USAGE_PDH, "emulated-pdh", chip_key, nonce,
               PSP_NONCE_BYTES);
    cert_init(&id->chain.cek, &cek);
    cert_init(&id->chain.oca, &oca);
    cert_init(&id->chain.pek, &pek);
    cert_init(&id->pdh_cert, &id->pdh);
    return cert_sign(&id->chain.oca, 0, &oca) &&
           cert_sign(&id->chain.pek, 0, &oca) &&
           cert_sign(&id->chain.pek, 1, &cek) &&
           cert_sign(&id->pdh_cert, 0, &pek);
}

static bool fits_48_bytes(const uint8_t num[PSP_CERT_NUM_BYTES])
{
    for (int i = P384_BYTES; i < PSP_CERT_NUM_BYTES; i++) {
        if (num[i]) {
            return false;
        }
    }
    return true;
}

bool psp_cert_get_dh_key(const PspCert *cert, P384Point *key)
{
    if (le32_to_cpu(cert->version) != PSP_CERT_VERSION ||
        le32_to_cpu(cert->usage) != PSP_USAGE_PDH ||
        le32_to_cpu(cert->algo) != PSP_ALGO_ECDH_SHA256 ||
        le32_to_cpu(cert->curve) != PSP_CURVE_P384 ||
        !fits_48_bytes(cert->x) || !fits_48_bytes(cert->y)) {
        return false;
    }
    reverse_copy(key->x, cert->x, P384_BYTES);
    reverse_copy(key->y, cert->y, P384_BYTES);
    return p384_point_ok(key);
}

uint32_t psp_cmd_pdh_cert_export(AmdPsp *psp, void *buf)
{
    PspPdhCertExport *cmd = buf;
    const PspIdentity *id = &psp->identity;
    bool short_len = le32_to_cpu(cmd->pdh_len) < sizeof(id->pdh_cert) ||
                     le32_to_cpu(cmd->chain_len) < sizeof(id->chain);

    if (psp->state == PSP_UNINIT) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    cmd->pdh_len = cpu_to_le32(sizeof(id->pdh_cert));
    cmd->chain_len = cpu_to_le32(sizeof(id->chain));
    if (short_len) {
        return PSP_INVALID_LENGTH;
    }
    return sev_host_write(psp_spa(le64_to_cpu(cmd->pdh_paddr)),
                          &id->pdh_cert, sizeof(id->pdh_cert)) &&
           sev_host_write(psp_spa(le64_to_cpu(cmd->chain_paddr)),
                          &id->chain, sizeof(id->chain))
           ? PSP_SUCCESS : PSP_INVALID_ADDRESS;
}
