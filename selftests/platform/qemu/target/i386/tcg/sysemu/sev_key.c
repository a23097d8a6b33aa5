// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory encryption keys and the ASIDs they are bound to
 *
 * AMD 24593 APM Volume 2, 15.34.4 "SEV Encryption Behavior": each guest's
 * memory is encrypted with AES under a key that only the security processor
 * and the memory controller know, tweaked by the address, so that the same
 * bytes in two places differ.  Here: AES-128 from QEMU's crypto library in
 * XEX mode, one frame as one data unit, its address in RAM as the tweak.  How
 * AMD derives its tweak is secret, so nothing can depend on it.
 *
 * A key lives as long as a guest, an ASID, a VMSA or a frame refers to it.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/thread.h"
#include "crypto/aes.h"
#include "crypto/random.h"
#include "exec/target_page.h"
#include "cpu.h"
#include "sev_key.h"
#include "sev_frame.h"

struct SevKey {
    int refs;
    uint32_t asid;
    AES_KEY encrypt;
    AES_KEY decrypt;
    AES_KEY tweak;
};

/* Index: ASID.  [0] stays NULL: the host. */
static SevKey **asid_keys;
static uint32_t asid_max;
static QemuMutex asid_lock; /* CPUs read what the security processor writes */

SevKey *sev_key_new(Error **errp)
{
    uint8_t data[16], tweak[16];
    SevKey *key;

    if (qcrypto_random_bytes(data, sizeof(data), errp) < 0 ||
        qcrypto_random_bytes(tweak, sizeof(tweak), errp) < 0) {
        return NULL;
    }
    key = g_new0(SevKey, 1);
    key->refs = 1;
    AES_set_encrypt_key(data, 128, &key->encrypt);
    AES_set_decrypt_key(data, 128, &key->decrypt);
    AES_set_encrypt_key(tweak, 128, &key->tweak);
    sev_views_enable();
    return key;
}

SevKey *sev_key_ref(SevKey *key)
{
    qatomic_inc(&key->refs);
    return key;
}

void sev_key_unref(SevKey *key)
{
    if (key && qatomic_fetch_dec(&key->refs) == 1) {
        g_free(key);
    }
}

/* 128 bits of a block or of its tweak, low half first. */
typedef struct Block {
    uint64_t half[2];
} Block;

static Block block_xor(Block a, Block b)
{
    return (Block) { { a.half[0] ^ b.half[0], a.half[1] ^ b.half[1] } };
}

/* The next block's tweak: times x in GF(2^128). */
static Block tweak_next(Block t)
{
    uint64_t carry = t.half[1] >> 63;

    return (Block) { { t.half[0] << 1 ^ carry * 0x87,
                       t.half[1] << 1 | t.half[0] >> 63 } };
}

typedef void AESFunc(const unsigned char *in, unsigned char *out,
                     const AES_KEY *key);

static void crypt_frame(const AES_KEY *tweak_key, const AES_KEY *key,
                        AESFunc *crypt, uint64_t addr, uint8_t *frame)
{
    Block block, tweak = { { cpu_to_le64(addr), 0 } };

    AES_encrypt((void *)&tweak, (void *)&tweak, tweak_key);
    for (int pos = 0; pos < TARGET_PAGE_SIZE; pos += sizeof(block)) {
        memcpy(&block, frame + pos, sizeof(block));
        block = block_xor(block, tweak);
        crypt((void *)&block, (void *)&block, key);
        block = block_xor(block, tweak);
        memcpy(frame + pos, &block, sizeof(block));
        tweak = tweak_next(tweak);
    }
}

void sev_key_encrypt(SevKey *key, uint64_t addr, uint8_t *frame)
{
    crypt_frame(&key->tweak, &key->encrypt, AES_encrypt, addr, frame);
}

void sev_key_decrypt(SevKey *key, uint64_t addr, uint8_t *frame)
{
    crypt_frame(&key->tweak, &key->decrypt, AES_decrypt, addr, frame);
}

void sev_asid_init(uint32_t nr_asids)
{
    if (!asid_keys) {
        asid_max = nr_asids;
        qemu_mutex_init(&asid_lock);
        asid_keys = g_new0(SevKey *, nr_asids + 1);
    }
}

SevKey *sev_asid_key(uint32_t asid)
{
    SevKey *key;

    if (!asid_keys || asid > asid_max) {
        return NULL;
    }
    QEMU_LOCK_GUARD(&asid_lock);
    key = asid_keys[asid];
    return key ? sev_key_ref(key) : NULL;
}

bool sev_asid_bind(uint32_t asid, SevKey *key)
{
    if (!asid_keys || !asid || asid > asid_max) {
        return false;
    }
    QEMU_LOCK_GUARD(&asid_lock);
    if (asid_keys[asid]) {
        return false;
    }
    asid_keys[asid] = sev_key_ref(key);
    qatomic_set(&key->asid, asid);
    return true;
}

void sev_asid_unbind(uint32_t asid)
{
    if (!asid_keys || asid > asid_max) {
        return;
    }
    QEMU_LOCK_GUARD(&asid_lock);
    if (asid_keys[asid]) {
        qatomic_set(&asid_keys[asid]->asid, 0);
        sev_key_unref(asid_keys[asid]);
        asid_keys[asid] = NULL;
    }
}

uint32_t sev_key_asid(const SevKey *key)
{
    return qatomic_read(&key->asid);
}
