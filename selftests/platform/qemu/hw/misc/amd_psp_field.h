/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Residues modulo a 384-bit prime, in Montgomery form: a is kept as
 * a * 2^384 modulo m, in 12 words of 32 bits, least significant first.
 */

#ifndef HW_MISC_AMD_PSP_FIELD_H
#define HW_MISC_AMD_PSP_FIELD_H

#define FIELD_BYTES 48
#define FIELD_WORDS 12

typedef struct FieldNum { uint32_t w[FIELD_WORDS]; } FieldNum;

typedef struct Field {
    FieldNum m;           /* the modulus */
    FieldNum r2;          /* 2^768 modulo m */
    uint32_t neg_inv;     /* -1/m modulo 2^32 */
} Field;

extern const FieldNum field_one;          /* plain 1 */

/* Plain numbers, most significant byte first. */
FieldNum field_from_bytes(const uint8_t bytes[FIELD_BYTES]);
void field_to_bytes(uint8_t bytes[FIELD_BYTES], const FieldNum *n);
bool field_is_zero(const FieldNum *a);
bool field_is_below(const FieldNum *a, const FieldNum *b);

/* Into Montgomery form, reducing @a; and back. */
FieldNum field_enter(const Field *f, FieldNum a);
FieldNum field_leave(const Field *f, FieldNum a);

FieldNum field_add(const Field *f, FieldNum a, FieldNum b);
FieldNum field_sub(const Field *f, FieldNum a, FieldNum b);
FieldNum field_mul(const Field *f, FieldNum a, FieldNum b);

/* 1/a; @a is not zero. */
FieldNum field_invert(const Field *f, FieldNum a);

#endif
