/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Residues modulo a 384-bit prime, in Montgomery form.
 *
 * QEMU builds without a crypto library have no arithmetic on large numbers, so
 * here is the little that an elliptic curve needs. Every function takes
 * residues below the modulus and returns one, unless it says otherwise.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "amd_psp_field.h"

const FieldNum field_one = { { 1 } };

FieldNum field_from_bytes(const uint8_t bytes[FIELD_BYTES])
{
    FieldNum n;

    for (int i = 0; i < FIELD_WORDS; i++) {
        n.w[i] = ldl_be_p(bytes + FIELD_BYTES - 4 * (i + 1));
    }
    return n;
}

void field_to_bytes(uint8_t bytes[FIELD_BYTES], const FieldNum *n)
{
    for (int i = 0; i < FIELD_WORDS; i++) {
        stl_be_p(bytes + FIELD_BYTES - 4 * (i + 1), n->w[i]);
    }
}

bool field_is_zero(const FieldNum *a)
{
    uint32_t any = 0;

    for (int i = 0; i < FIELD_WORDS; i++) {
        any |= a->w[i];
    }
    return !any;
}

static uint32_t add_words(FieldNum *sum, const FieldNum *a, const FieldNum *b)
{
    uint64_t carry = 0;

    for (int i = 0; i < FIELD_WORDS; i++) {
        carry += (uint64_t)a->w[i] + b->w[i];
        sum->w[i] = carry;
        carry >>= 32;
    }
    return carry;
}

static uint32_t sub_words(FieldNum *difference, const FieldNum *a,
                          const FieldNum *b)
{
    uint64_t borrow = 0;

    for (int i = 0; i < FIELD_WORDS; i++) {
        uint64_t d = (uint64_t)a->w[i] - b->w[i] - borrow;

        difference->w[i] = d;
        borrow = d >> 63;
    }
    return borrow;
}

bool field_is_below(const FieldNum *a, const FieldNum *b)
{
    FieldNum ignored;

    return sub_words(&ignored, a, b);
}

FieldNum field_add(const Field *f, FieldNum a, FieldNum b)
{
    FieldNum sum, reduced;
    uint32_t carry = add_words(&sum, &a, &b);
    uint32_t borrow = sub_words(&reduced, &sum, &f->m);

    return carry >= borrow ? reduced : sum;
}

FieldNum field_sub(const Field *f, FieldNum a, FieldNum b)
{
    FieldNum difference;

    if (sub_words(&difference, &a, &b)) {
        add_words(&difference, &difference, &f->m);
    }
    return difference;
}

/* Montgomery product a * b / 2^384; one of the two is below m. */
FieldNum field_mul(const Field *f, FieldNum a, FieldNum b)
{
    uint32_t t[FIELD_WORDS + 2] = {};
    FieldNum result, reduced;

    for (int i = 0; i < FIELD_WORDS; i++) {
        uint64_t carry = 0;
        uint32_t q;

        for (int j = 0; j < FIELD_WORDS; j++) {
            carry += (uint64_t)a.w[i] * b.w[j] + t[j];
            t[j] = carry;
            carry >>= 32;
        }
        carry += t[FIELD_WORDS];
        t[FIELD_WORDS] = carry;
        t[FIELD_WORDS + 1] = carry >> 32;

        q = t[0] * f->neg_inv;
        carry = ((uint64_t)q * f->m.w[0] + t[0]) >> 32;
        for (int j = 1; j < FIELD_WORDS; j++) {
            carry += (uint64_t)q * f->m.w[j] + t[j];
            t[j - 1] = carry;
            carry >>= 32;
        }
        carry += t[FIELD_WORDS];
        t[FIELD_WORDS - 1] = carry;
        t[FIELD_WORDS] = t[FIELD_WORDS + 1] + (carry >> 32);
    }
    memcpy(result.w, t, sizeof(result.w));
    return t[FIELD_WORDS] >= sub_words(&reduced, &result, &f->m) ? reduced
                                                                 : result;
}

FieldNum field_enter(const Field *f, FieldNum a)
{
    return field_mul(f, f->r2, a);
}

FieldNum field_leave(const Field *f, FieldNum a)
{
    return field_mul(f, a, field_one);
}

/* As a^(m-2), for m is prime. */
FieldNum field_invert(const Field *f, FieldNum a)
{
    FieldNum two = { { 2 } }, exponent, result = field_enter(f, field_one);

    sub_words(&exponent, &f->m, &two);
    for (int bit = 383; bit >= 0; bit--) {
        result = field_mul(f, result, result);
        if (exponent.w[bit / 32] >> (bit % 32) & 1) {
            result = field_mul(f, result, a);
        }
    }
    return result;
}
