/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cryptography of the security processor's firmware, on what every build of
 * QEMU 7.2 has without a crypto library: random numbers, HMAC-SHA256 and the
 * AES block cipher.
 *
 * AMD 55766 SEV API, chapter 2 (Keys and Cryptography).
 *
 * The launch digest grows over many commands and qcrypto_hash is one shot
 * only, so GChecksum of GLib does the running SHA-256; qcrypto_cipher's
 * built-in backend has no counter mode, so that is here too.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qapi/error.h"
#include "crypto/aes.h"
#include "crypto/hmac.h"
#include "crypto/random.h"
#include "amd_psp_crypto.h"

bool psp_random(void *out, size_t len)
{
    return qcrypto_random_bytes(out, len, NULL) == 0;
}

void psp_hmac(const void *key, size_t key_len, const struct iovec *iov,
              size_t nr_iov, uint8_t mac[PSP_DIGEST_BYTES])
{
    g_autoptr(QCryptoHmac) hmac = NULL;
    g_autofree uint8_t *result = NULL;
    size_t result_len = 0;

    /* HMAC-SHA256 is in every build of QEMU: a failure is a broken build. */
    hmac = qcrypto_hmac_new(QCRYPTO_HASH_ALG_SHA256, key, key_len,
                            &error_abort);
    qcrypto_hmac_bytesv(hmac, iov, nr_iov, &result, &result_len, &error_abort);
    assert(result_len == PSP_DIGEST_BYTES);
    memcpy(mac, result, PSP_DIGEST_BYTES);
}

void psp_digest_peek(const GChecksum *sum, uint8_t digest[PSP_DIGEST_BYTES])
{
    GChecksum *copy = g_checksum_copy(sum);
    gsize len = PSP_DIGEST_BYTES;

    g_checksum_get_digest(copy, digest, &len);
    g_checksum_free(copy);
}

void psp_sha256(const void *data, size_t len, uint8_t digest[PSP_DIGEST_BYTES])
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);

    g_checksum_update(sum, data, len);
    psp_digest_peek(sum, digest);
    g_checksum_free(sum);
}

/*
 * NIST SP 800-108, counter mode with HMAC-SHA256. Counter and length are 32
 * bits, little endian; the length counts bits.
 */
void psp_kdf(void *out, size_t len, const void *key, size_t key_len,
             const char *label, const void *context, size_t context_len)
{
    uint32_t counter_le, nr_bits_le = cpu_to_le32(8 * len);
    uint8_t zero = 0, block[PSP_DIGEST_BYTES];
    struct iovec iov[] = {
        { &counter_le, sizeof(counter_le) },
        { (void *)label, strlen(label) },
        { &zero, sizeof(zero) },
        { (void *)context, context_len },
        { &nr_bits_le, sizeof(nr_bits_le) },
    };

    for (size_t done = 0; done < len; done += sizeof(block)) {
        counter_le = cpu_to_le32(done / sizeof(block) + 1);
        psp_hmac(key, key_len, iov, ARRAY_SIZE(iov), block);
        memcpy((uint8_t *)out + done, block, MIN(sizeof(block), len - done));
    }
}

/* The whole block is the counter, big endian. */
void psp_aes_ctr(const uint8_t key[PSP_KEY_BYTES],
                 const uint8_t iv[16], uint8_t *data, size_t len)
{
    uint8_t counter[AES_BLOCK_SIZE], stream[AES_BLOCK_SIZE];
    AES_KEY aes;

    AES_set_encrypt_key(key, 8 * PSP_KEY_BYTES, &aes);
    memcpy(counter, iv, sizeof(counter));
    for (size_t i = 0; i < len; i++) {
        size_t offset = i % AES_BLOCK_SIZE;

        if (!offset) {
            AES_encrypt(counter, stream, &aes);
            for (int j = AES_BLOCK_SIZE - 1; j >= 0 && !++counter[j]; j--) {
                /* carry into the next byte */
            }
        }
        data[i] ^= stream[offset];
    }
}
