/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The elliptic curve P-384: y^2 = x^3 - 3x + b over the prime field p, with a
 * group of prime order n (FIPS 186-4, D.1.2.4).
 *
 * QEMU builds without a crypto library have no elliptic curves, so here is
 * the little that is needed. Points are projective and added with the complete
 * formula for a = -3 of Renes, Costello and Batina (2016), which has no special
 * cases: doubling and infinity included.
 */

#include "qemu/osdep.h"
#include "amd_psp_field.h"
#include "amd_psp_p384.h"

typedef struct Projective { FieldNum x, y, z; } Projective;

static const Field field_p = {
    .m = { { 0xffffffff, 0x00000000, 0x00000000, 0xffffffff,
             0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff,
             0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff } },
    .r2 = { { 0x00000001, 0xfffffffe, 0x00000000, 0x00000002,
              0x00000000, 0xfffffffe, 0x00000000, 0x00000002,
              0x00000001, 0x00000000, 0x00000000, 0x00000000 } },
    .neg_inv = 0x00000001,
};

static const Field field_n = {
    .m = { { 0xccc52973, 0xecec196a, 0x48b0a77a, 0x581a0db2,
             0xf4372ddf, 0xc7634d81, 0xffffffff, 0xffffffff,
             0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff } },
    .r2 = { { 0x19b409a9, 0x2d319b24, 0xdf1aa419, 0xff3d81e5,
              0xfcb82947, 0xbc3e483a, 0x4aab1cc5, 0xd40d4917,
              0x28266895, 0x3fb05b7a, 0x2b39bf21, 0x0c84ee01 } },
    .neg_inv = 0xe88fdc45,
};

static const uint8_t curve_b[P384_BYTES] = {
    0xb3, 0x31, 0x2f, 0xa7, 0xe2, 0x3e, 0xe7, 0xe4,
    0x98, 0x8e, 0x05, 0x6b, 0xe3, 0xf8, 0x2d, 0x19,
    0x18, 0x1d, 0x9c, 0x6e, 0xfe, 0x81, 0x41, 0x12,
    0x03, 0x14, 0x08, 0x8f, 0x50, 0x13, 0x87, 0x5a,
    0xc6, 0x56, 0x39, 0x8d, 0x8a, 0x2e, 0xd1, 0x9d,
    0x2a, 0x85, 0xc8, 0xed, 0xd3, 0xec, 0x2a, 0xef,
};

static const P384Point base_point = {
    .x = {
        0xaa, 0x87, 0xca, 0x22, 0xbe, 0x8b, 0x05, 0x37,
        0x8e, 0xb1, 0xc7, 0x1e, 0xf3, 0x20, 0xad, 0x74,
        0x6e, 0x1d, 0x3b, 0x62, 0x8b, 0xa7, 0x9b, 0x98,
        0x59, 0xf7, 0x41, 0xe0, 0x82, 0x54, 0x2a, 0x38,
        0x55, 0x02, 0xf2, 0x5d, 0xbf, 0x55, 0x29, 0x6c,
        0x3a, 0x54, 0x5e, 0x38, 0x72, 0x76, 0x0a, 0xb7,
    },
    .y = {
        0x36, 0x17, 0xde, 0x4a, 0x96, 0x26, 0x2c, 0x6f,
        0x5d, 0x9e, 0x98, 0xbf, 0x92, 0x92, 0xdc, 0x29,
        0xf8, 0xf4, 0x1d, 0xbd, 0x28, 0x9a, 0x14, 0x7c,
        0xe9, 0xda, 0x31, 0x13, 0xb5, 0xf0, 0xb8, 0xc0,
        0x0a, 0x60, 0xb1, 0xce, 0x1d, 0x7e, 0x81, 0x9d,
        0x7a, 0x43, 0x1d, 0x7c, 0x90, 0xea, 0x0e, 0x5f,
    },
};

static FieldNum triple(FieldNum a)
{
    return field_add(&field_p, field_add(&field_p, a, a), a);
}

/* (a1 + a2) * (b1 + b2) - a - b, the mixed term of two products. */
static FieldNum mixed(FieldNum a1, FieldNum a2, FieldNum b1, FieldNum b2,
                      FieldNum a, FieldNum b)
{
    const Field *f = &field_p;
    FieldNum product = field_mul(f, field_add(f, a1, a2), field_add(f, b1, b2));

    return field_sub(f, product, field_add(f, a, b));
}

static Projective point_add(const Projective *p, const Projective *q)
{
    const Field *f = &field_p;
    FieldNum b = field_enter(f, field_from_bytes(curve_b));
    FieldNum xx = field_mul(f, p->x, q->x);
    FieldNum yy = field_mul(f, p->y, q->y);
    FieldNum zz = field_mul(f, p->z, q->z);
    FieldNum xy = mixed(p->x, p->y, q->x, q->y, xx, yy);
    FieldNum yz = mixed(p->y, p->z, q->y, q->z, yy, zz);
    FieldNum xz = mixed(p->x, p->z, q->x, q->z, xx, zz);
    FieldNum u = triple(field_sub(f, xz, field_mul(f, b, zz)));
    FieldNum plus = field_add(f, yy, u);
    FieldNum minus = field_sub(f, yy, u);
    FieldNum zz3 = triple(zz);
    FieldNum v = triple(field_sub(f, field_mul(f, b, xz),
                                  field_add(f, zz3, xx)));
    FieldNum w = field_sub(f, triple(xx), zz3);

    return (Projective) {
        .x = field_sub(f, field_mul(f, xy, plus), field_mul(f, yz, v)),
        .y = field_add(f, field_mul(f, plus, minus), field_mul(f, w, v)),
        .z = field_add(f, field_mul(f, yz, minus), field_mul(f, xy, w)),
    };
}

bool p384_scalar_ok(const uint8_t scalar[P384_BYTES])
{
    FieldNum n = field_from_bytes(scalar);

    return !field_is_zero(&n) && field_is_below(&n, &field_n.m);
}

bool p384_point_ok(const P384Point *point)
{
    const Field *f = &field_p;
    FieldNum x = field_from_bytes(point->x);
    FieldNum y = field_from_bytes(point->y);
    FieldNum left, right;

    if (!field_is_below(&x, &f->m) || !field_is_below(&y, &f->m)) {
        return false;
    }
    x = field_enter(f, x);
    y = field_enter(f, y);
    left = field_mul(f, y, y);
    right = field_sub(f, field_mul(f, field_mul(f, x, x), x), triple(x));
    right = field_add(f, right, field_enter(f, field_from_bytes(curve_b)));
    left = field_sub(f, left, right);
    return field_is_zero(&left);
}

static Projective from_affine(const P384Point *point)
{
    const Field *f = &field_p;

    return (Projective) {
        .x = field_enter(f, field_from_bytes(point->x)),
        .y = field_enter(f, field_from_bytes(point->y)),
        .z = field_enter(f, field_one),
    };
}

/* @p is not the point at infinity. */
static void to_affine(P384Point *point, const Projective *p)
{
    const Field *f = &field_p;
    FieldNum inv = field_invert(f, p->z);
    FieldNum x = field_leave(f, field_mul(f, p->x, inv));
    FieldNum y = field_leave(f, field_mul(f, p->y, inv));

    field_to_bytes(point->x, &x);
    field_to_bytes(point->y, &y);
}

static Projective multiply(FieldNum k, const P384Point *point)
{
    Projective sum = { .y = field_enter(&field_p, field_one) };
    Projective p = from_affine(point);

    for (int bit = 383; bit >= 0; bit--) {
        sum = point_add(&sum, &sum);
        if (k.w[bit / 32] >> (bit % 32) & 1) {
            sum = point_add(&sum, &p);
        }
    }
    return sum;
}

void p384_multiply(P384Point *result, const uint8_t scalar[P384_BYTES],
                   const P384Point *point)
{
    Projective p = multiply(field_from_bytes(scalar), point ?: &base_point);

    to_affine(result, &p);
}

/* Bits of a hash as a residue modulo the group's order, in Montgomery form. */
static FieldNum hash_residue(const uint8_t hash[32])
{
    uint8_t padded[P384_BYTES] = {};

    memcpy(padded + P384_BYTES - 32, hash, 32);
    return field_enter(&field_n, field_from_bytes(padded));
}

bool p384_sign(const uint8_t d[P384_BYTES], const uint8_t k[P384_BYTES],
               const uint8_t hash[32], uint8_t r_out[P384_BYTES],
               uint8_t s_out[P384_BYTES])
{
    const Field *f = &field_n;
    P384Point point;
    FieldNum r, s;

    p384_multiply(&point, k, NULL);
    r = field_enter(f, field_from_bytes(point.x));
    s = field_mul(f, r, field_enter(f, field_from_bytes(d)));
    s = field_add(f, hash_residue(hash), s);
    s = field_mul(f, s, field_invert(f, field_enter(f, field_from_bytes(k))));
    r = field_leave(f, r);
    s = field_leave(f, s);
    field_to_bytes(r_out, &r);
    field_to_bytes(s_out, &s);
    return !field_is_zero(&r) && !field_is_zero(&s);
}

bool p384_verify(const P384Point *q, const uint8_t hash[32],
                 const uint8_t r_in[P384_BYTES], const uint8_t s_in[P384_BYTES])
{
    const Field *f = &field_n;
    Projective one, two, sum;
    P384Point point;
    FieldNum r, w, x;

    if (!p384_scalar_ok(r_in) || !p384_scalar_ok(s_in)) {
        return false;
    }
    r = field_enter(f, field_from_bytes(r_in));
    w = field_invert(f, field_enter(f, field_from_bytes(s_in)));
    one = multiply(field_leave(f, field_mul(f, hash_residue(hash), w)),
                   &base_point);
    two = multiply(field_leave(f, field_mul(f, r, w)), q);
    sum = point_add(&one, &two);
    if (field_is_zero(&sum.z)) {
        return false;
    }
    to_affine(&point, &sum);
    x = field_sub(f, field_enter(f, field_from_bytes(point.x)), r);
    return field_is_zero(&x);
}
