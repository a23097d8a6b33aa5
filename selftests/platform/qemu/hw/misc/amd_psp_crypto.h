/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cryptography of the security processor's firmware.
 */

#ifndef HW_MISC_AMD_PSP_CRYPTO_H
#define HW_MISC_AMD_PSP_CRYPTO_H

#include "amd_psp_abi.h"

bool psp_random(void *out, size_t len);

void psp_sha256(const void *data, size_t len, uint8_t digest[PSP_DIGEST_BYTES]);

/* The digest of what went into @sum so far; @sum can still be added to. */
void psp_digest_peek(const GChecksum *sum, uint8_t digest[PSP_DIGEST_BYTES]);

/* HMAC-SHA256 over all of @iov. */
void psp_hmac(const void *key, size_t key_len, const struct iovec *iov,
              size_t nr_iov, uint8_t mac[PSP_DIGEST_BYTES]);

/* Derive @len bytes for the purpose @label; @context may be empty. */
void psp_kdf(void *out, size_t len, const void *key, size_t key_len,
             const char *label, const void *context, size_t context_len);

/* AES-128 in counter mode, in place. */
void psp_aes_ctr(const uint8_t key[PSP_KEY_BYTES], const uint8_t iv[16],
                 uint8_t *data, size_t len);

#endif
