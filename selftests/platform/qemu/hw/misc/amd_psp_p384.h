/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The elliptic curve P-384 (FIPS 186-4, D.1.2.4), as far as the security
 * processor's firmware needs it. Numbers are 48 bytes, most significant first.
 *
 * Not hardened against timing: an emulated machine has no secrets from its
 * host.
 */

#ifndef HW_MISC_AMD_PSP_P384_H
#define HW_MISC_AMD_PSP_P384_H

#define P384_BYTES 48

typedef struct P384Point {
    uint8_t x[P384_BYTES];
    uint8_t y[P384_BYTES];
} P384Point;

/* Is 0 < @scalar < the group's order? */
bool p384_scalar_ok(const uint8_t scalar[P384_BYTES]);

/* Are both coordinates in range and the point on the curve? */
bool p384_point_ok(const P384Point *point);

/*
 * @result = @scalar * @point; @point NULL is the base point. Both must be ok;
 * the result then is never the point at infinity.
 */
void p384_multiply(P384Point *result, const uint8_t scalar[P384_BYTES],
                   const P384Point *point);

/*
 * ECDSA with private key @d and per-message secret @k, both ok scalars, on a
 * 32-byte hash. False: this @k does not do, take another.
 */
bool p384_sign(const uint8_t d[P384_BYTES], const uint8_t k[P384_BYTES],
               const uint8_t hash[32], uint8_t r[P384_BYTES],
               uint8_t s[P384_BYTES]);

/* Is (@r, @s) a signature of the hash by the owner of the ok point @q? */
bool p384_verify(const P384Point *q, const uint8_t hash[32],
                 const uint8_t r[P384_BYTES], const uint8_t s[P384_BYTES]);

#endif
