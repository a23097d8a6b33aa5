# SPDX-License-Identifier: GPL-2.0
"""The elliptic curve P-384 (FIPS 186-4, D.1.2.4), by the textbook.

Affine coordinates and Python's integers: slow, and nothing in common with the
device's own arithmetic.
"""
P = 2**384 - 2**128 - 2**96 + 2**32 - 1
N = int("ffffffffffffffffffffffffffffffffffffffffffffffff"
        "c7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)
B = int("b3312fa7e23ee7e4988e056be3f82d19181d9c6efe814112"
        "0314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef", 16)
G = (int("aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b98"
         "59f741e082542a385502f25dbf55296c3a545e3872760ab7", 16),
     int("3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147c"
         "e9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f", 16))


def on_curve(point):
    x, y = point
    return (y * y - x * x * x + 3 * x - B) % P == 0


def tiny_point():
    """A point whose x is so small that x + P still has 384 bits."""
    x = 0
    while True:
        x += 1
        square = (x * x * x - 3 * x + B) % P
        y = pow(square, (P + 1) // 4, P)    # P = 3 modulo 4
        if y * y % P == square:
            return x, y


def add(one, two):
    if one is None or two is None:
        return one or two
    if one[0] == two[0]:
        if (one[1] + two[1]) % P == 0:
            return None
        slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], -1, P)
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, P)
    x = (slope * slope - one[0] - two[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def multiply(scalar, point=G):
    result = None
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def sign(private, message_hash, nonce):
    """ECDSA; answers r and s."""
    z = int.from_bytes(message_hash, "big")
    r = multiply(nonce)[0] % N
    return r, pow(nonce, -1, N) * (z + r * private) % N


def verify(public, message_hash, r, s):
    """ECDSA."""
    if not (0 < r < N and 0 < s < N):
        return False
    z = int.from_bytes(message_hash, "big")
    inverse = pow(s, -1, N)
    point = add(multiply(z * inverse % N),
                multiply(r * inverse % N, public))
    return point is not None and point[0] % N == r
