/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SEV certificates.
 *
 * AMD 55766 SEV API, appendix "Certificate Format". Numbers inside a
 * certificate are little endian, 72 bytes each.
 */

#ifndef HW_MISC_AMD_PSP_CERT_H
#define HW_MISC_AMD_PSP_CERT_H

#include "amd_psp_abi.h"
#include "amd_psp_p384.h"

enum {
    PSP_USAGE_INVALID = 0x1000,
    PSP_USAGE_OCA     = 0x1001,      /* owner certificate authority */
    PSP_USAGE_PEK     = 0x1002,      /* platform endorsement key */
    PSP_USAGE_PDH     = 0x1003,      /* platform Diffie-Hellman key */
    PSP_USAGE_CEK     = 0x1004,      /* chip endorsement key */
};

enum {
    PSP_ALGO_ECDSA_SHA256 = 0x2,
    PSP_ALGO_ECDH_SHA256  = 0x3,
};

#define PSP_CERT_VERSION   1
#define PSP_CURVE_P384     2
#define PSP_CERT_NUM_BYTES 72

typedef struct QEMU_PACKED PspCertSignature {
    uint32_t usage;
    uint32_t algo;
    uint8_t r[PSP_CERT_NUM_BYTES];
    uint8_t s[PSP_CERT_NUM_BYTES];
    uint8_t zero[368];
} PspCertSignature;

typedef struct QEMU_PACKED PspCert {
    uint32_t version;
    uint8_t api_major;
    uint8_t api_minor;
    uint16_t reserved;
    uint32_t usage;
    uint32_t algo;
    uint32_t curve;
    uint8_t x[PSP_CERT_NUM_BYTES];
    uint8_t y[PSP_CERT_NUM_BYTES];
    uint8_t zero[880];
    PspCertSignature sigs[2];        /* over everything before them */
} PspCert;

typedef struct PspKeyPair {
    uint32_t usage;
    uint8_t d[P384_BYTES];
    P384Point q;
} PspKeyPair;

/* As PDH_CERT_EXPORT gives them out and SEND_START takes them. */
typedef struct QEMU_PACKED PspCertChain {
    PspCert pek, oca, cek;
} PspCertChain;

/* A key pair that belongs to the chip, @label and @nonce: always the same. */
void psp_key_derive(PspKeyPair *key, uint32_t usage, const char *label,
                    const uint8_t chip_key[PSP_DIGEST_BYTES],
                    const void *nonce, size_t nonce_len);

/* An unsigned certificate of @key. */
void psp_cert_init(PspCert *cert, const PspKeyPair *key);

/* Sign with @key; false: no random numbers. Numbers as in certificates. */
bool psp_sign(const PspKeyPair *key, const void *data, size_t len,
              uint8_t r[PSP_CERT_NUM_BYTES], uint8_t s[PSP_CERT_NUM_BYTES]);
bool psp_cert_sign(PspCert *cert, int slot, const PspKeyPair *key);

/* UNTRUSTED: a usable Diffie-Hellman key? Signatures are not looked at. */
bool psp_cert_get_dh_key(const PspCert *cert, P384Point *key);

/*
 * UNTRUSTED, both: a certificate whose kind @issuer may sign, and signed by
 * it? SUCCESS, INVALID_CERTIFICATE or BAD_SIGNATURE.
 */
uint32_t psp_cert_check(const PspCert *cert, const PspCert *issuer);

#endif
