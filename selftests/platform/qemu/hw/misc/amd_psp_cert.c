/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SEV certificates.
 *
 * AMD 55766 SEV API, chapter 2 (Keys) and appendix "Certificate Format". Who
 * signs whom:
 *
 *   OCA (self signed) --+
 *                       +--> PEK --> PDH
 *   CEK ----------------+
 *
 * Only ECDSA on P-384 with SHA-256 is known; the API also lets an owner's OCA
 * be an RSA key.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "amd_psp_crypto.h"
#include "amd_psp_cert.h"

static void reverse_copy(uint8_t *to, const uint8_t *from, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        to[i] = from[len - 1 - i];
    }
}

void psp_key_derive(PspKeyPair *key, uint32_t usage, const char *label,
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

void psp_cert_init(PspCert *cert, const PspKeyPair *key)
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

bool psp_sign(const PspKeyPair *key, const void *data, size_t len,
              uint8_t r_out[PSP_CERT_NUM_BYTES],
              uint8_t s_out[PSP_CERT_NUM_BYTES])
{
    uint8_t k[P384_BYTES], r[P384_BYTES], s[P384_BYTES];
    uint8_t hash[PSP_DIGEST_BYTES];

    psp_sha256(data, len, hash);
    do {
        if (!psp_random(k, sizeof(k))) {
            return false;
        }
    } while (!p384_scalar_ok(k) || !p384_sign(key->d, k, hash, r, s));
    memset(r_out, 0, PSP_CERT_NUM_BYTES);
    memset(s_out, 0, PSP_CERT_NUM_BYTES);
    reverse_copy(r_out, r, P384_BYTES);
    reverse_copy(s_out, s, P384_BYTES);
    return true;
}

bool psp_cert_sign(PspCert *cert, int slot, const PspKeyPair *key)
{
    PspCertSignature *sig = &cert->sigs[slot];

    sig->usage = cpu_to_le32(key->usage);
    sig->algo = cpu_to_le32(PSP_ALGO_ECDSA_SHA256);
    return psp_sign(key, cert, offsetof(PspCert, sigs), sig->r, sig->s);
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

static bool get_key(const PspCert *cert, uint32_t algo, P384Point *key)
{
    if (le32_to_cpu(cert->version) != PSP_CERT_VERSION ||
        le32_to_cpu(cert->algo) != algo ||
        le32_to_cpu(cert->curve) != PSP_CURVE_P384 ||
        !fits_48_bytes(cert->x) || !fits_48_bytes(cert->y)) {
        return false;
    }
    reverse_copy(key->x, cert->x, P384_BYTES);
    reverse_copy(key->y, cert->y, P384_BYTES);
    return p384_point_ok(key);
}

bool psp_cert_get_dh_key(const PspCert *cert, P384Point *key)
{
    return le32_to_cpu(cert->usage) == PSP_USAGE_PDH &&
           get_key(cert, PSP_ALGO_ECDH_SHA256, key);
}

static bool may_sign(uint32_t issuer, uint32_t usage)
{
    switch (usage) {
    case PSP_USAGE_OCA:
        return issuer == PSP_USAGE_OCA;
    case PSP_USAGE_PEK:
        return issuer == PSP_USAGE_OCA || issuer == PSP_USAGE_CEK;
    case PSP_USAGE_PDH:
        return issuer == PSP_USAGE_PEK;
    default:
        return false;
    }
}

static bool signature_ok(const PspCert *cert, const PspCertSignature *sig,
                         const P384Point *key)
{
    uint8_t hash[PSP_DIGEST_BYTES], r[P384_BYTES], s[P384_BYTES];

    if (!fits_48_bytes(sig->r) || !fits_48_bytes(sig->s)) {
        return false;
    }
    psp_sha256(cert, offsetof(PspCert, sigs), hash);
    reverse_copy(r, sig->r, P384_BYTES);
    reverse_copy(s, sig->s, P384_BYTES);
    return p384_verify(key, hash, r, s);
}

/* An empty slot says so twice. */
static bool slot_malformed(const PspCertSignature *sig)
{
    return !sig->algo != (le32_to_cpu(sig->usage) == PSP_USAGE_INVALID);
}

static uint32_t check_signatures(const PspCert *cert, const PspCert *issuer,
                                 const P384Point *key)
{
    uint32_t status = PSP_INVALID_CERTIFICATE;

    if (slot_malformed(&cert->sigs[0]) || slot_malformed(&cert->sigs[1])) {
        return PSP_BAD_SIGNATURE;
    }
    for (int i = 0; i < ARRAY_SIZE(cert->sigs); i++) {
        if (cert->sigs[i].usage != issuer->usage ||
            cert->sigs[i].algo != issuer->algo) {
            continue;
        }
        if (signature_ok(cert, &cert->sigs[i], key)) {
            return PSP_SUCCESS;
        }
        status = PSP_BAD_SIGNATURE;
    }
    return status;
}

uint32_t psp_cert_check(const PspCert *cert, const PspCert *issuer)
{
    uint32_t usage = le32_to_cpu(cert->usage);
    uint32_t algo = usage == PSP_USAGE_PDH ? PSP_ALGO_ECDH_SHA256
                                           : PSP_ALGO_ECDSA_SHA256;
    P384Point own_key, key;
    uint32_t status;

    if (!get_key(issuer, PSP_ALGO_ECDSA_SHA256, &key)) {
        return PSP_INVALID_CERTIFICATE;
    }
    status = check_signatures(cert, issuer, &key);
    if (status != PSP_SUCCESS) {
        return status;
    }
    return get_key(cert, algo, &own_key) &&
           may_sign(le32_to_cpu(issuer->usage), usage)
           ? PSP_SUCCESS : PSP_INVALID_CERTIFICATE;
}
