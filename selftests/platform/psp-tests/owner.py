# SPDX-License-Identifier: GPL-2.0
"""A guest's owner: reads certificates, opens a session, sends a secret.

AMD 55766 SEV API, chapter 2 (keys), appendix "Certificate Format". Written
from the specification's side of the channel, with its own arithmetic. Python
has no AES, so the few lines of it are here too.
"""
import hashlib
import hmac
import struct

import p384

CERT_BYTES, SIGNED_BYTES, SLOT_BYTES = 2084, 1044, 520
EMPTY_SLOT = struct.pack("<II", 0x1000, 0).ljust(SLOT_BYTES, b"\0")
OCA, PEK, PDH, CEK = 0x1001, 0x1002, 0x1003, 0x1004
ECDSA_SHA256, ECDH_SHA256 = 2, 3


class Certificate:
    def __init__(self, raw):
        self.raw = raw
        self.signed = raw[:SIGNED_BYTES]
        (self.version, _, _, _, self.usage, self.algo,
         self.curve) = struct.unpack_from("<IBBHIII", raw)
        self.key = tuple(int.from_bytes(raw[o:o + 72], "little")
                         for o in (20, 92))
        self.signatures = []
        for offset in (SIGNED_BYTES, SIGNED_BYTES + SLOT_BYTES):
            usage, algo = struct.unpack_from("<II", raw, offset)
            numbers = [int.from_bytes(raw[o:o + 72], "little")
                       for o in (offset + 8, offset + 80)]
            self.signatures.append((usage, algo, *numbers))

    def signed_by(self, other, slot):
        usage, algo, r, s = self.signatures[slot]
        digest = hashlib.sha256(self.signed).digest()
        return (usage == other.usage and algo == ECDSA_SHA256
                and p384.verify(other.key, digest, r, s))


def certificate(point, usage=PDH, algo=ECDH_SHA256, version=1, curve=2):
    """An unsigned certificate: the firmware wants no signature from owners."""
    body = struct.pack("<IBBHIII", version, 1, 51, 0, usage, algo, curve)
    body += b"".join(n.to_bytes(72, "little") for n in point)
    return body.ljust(CERT_BYTES, b"\0")


def signature(usage, private, message, rng, algo=ECDSA_SHA256):
    """One signature slot of a certificate, 520 bytes."""
    digest = hashlib.sha256(message).digest()
    numbers = p384.sign(private, digest, rng.randrange(1, p384.N))
    body = struct.pack("<II", usage, algo)
    body += b"".join(n.to_bytes(72, "little") for n in numbers)
    return body.ljust(SLOT_BYTES, b"\0")


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def kdf(key, label, context=b"", length=16):
    return mac(key, struct.pack("<I", 1), label, b"\0", context,
               struct.pack("<I", 8 * length))[:length]


def double(byte):
    return (byte << 1 ^ (0x11B if byte & 0x80 else 0)) & 0xFF


def make_sbox():
    """Powers of the generator 3 give inverses; then the affine map."""
    power, value = [], 1
    for _ in range(255):
        power.append(value)
        value ^= double(value)
    sbox = [0x63] * 256
    for exponent, value in enumerate(power):
        inverse = power[-exponent % 255]
        spread = inverse * 0x101010101
        sbox[value] = (spread ^ spread >> 4 ^ spread >> 5 ^ spread >> 6
                       ^ spread >> 7 ^ 0x63) & 0xFF
    return sbox


SBOX = make_sbox()


def aes_encrypt(key, block):
    """AES-128 of one block."""
    words = [key[i:i + 4] for i in range(0, 16, 4)]
    rcon = 1
    for i in range(4, 44):
        word = words[-1]
        if i % 4 == 0:
            word = bytes(SBOX[b] for b in word[1:] + word[:1])
            word = bytes([word[0] ^ rcon]) + word[1:]
            rcon = double(rcon)
        words.append(bytes(a ^ b for a, b in zip(word, words[-4])))
    state = block
    for number in range(11):
        if number:
            state = bytes(SBOX[state[(5 * i) % 16]] for i in range(16))
        if 0 < number < 10:
            mixed = bytearray()
            for c in range(0, 16, 4):
                for i in range(4):
                    a, b, d, e = (state[c + (i + j) % 4] for j in range(4))
                    mixed.append(double(a) ^ double(b) ^ b ^ d ^ e)
            state = bytes(mixed)
        round_key = b"".join(words[4 * number:4 * number + 4])
        state = bytes(a ^ b for a, b in zip(state, round_key))
    return state


def aes_ctr(key, iv, data):
    counter = int.from_bytes(iv, "big")
    out = bytearray()
    for offset in range(0, len(data), 16):
        block = (counter + offset // 16) % (1 << 128)
        stream = aes_encrypt(key, block.to_bytes(16, "big"))
        out += bytes(a ^ b for a, b in zip(data[offset:offset + 16], stream))
    return bytes(out)


class Authority:
    """An owner's certificate authority (OCA): signs platforms' PEKs."""

    def __init__(self, rng):
        self.rng = rng
        self.private = rng.randrange(1, p384.N)
        self.cert = self.sign(certificate(p384.multiply(self.private), OCA,
                                          ECDSA_SHA256))

    def sign(self, cert, usage=OCA):
        """The same certificate with our signature and an empty slot."""
        message = cert[:SIGNED_BYTES]
        return (message + signature(usage, self.private, message, self.rng)
                + EMPTY_SLOT)


def wrap_keys(private, peer, nonce):
    """KEK and KIK of the channel between two Diffie-Hellman keys."""
    shared = p384.multiply(private, peer)[0].to_bytes(48, "big")
    master = kdf(shared, b"sev-master-secret", nonce)
    return kdf(master, b"sev-kek"), kdf(master, b"sev-kik")


class Channel:
    """The transport keys of a session and the packets under them."""

    SECRET, DATA, VMSA = b"\x01", b"\x02", b"\x03"

    def __init__(self, tek, tik, rng):
        self.tek, self.tik, self.rng = tek, tik, rng

    def tag(self, context, flags_and_iv, data, extra=b""):
        length = struct.pack("<I", len(data))
        return mac(self.tik, context, flags_and_iv, length, length, data,
                   extra)

    def seal(self, context, plain, extra=b"", flags=0):
        """Header and data of a packet."""
        # an IV whose counter overflows its low 64 bits
        iv = self.rng.randbytes(8) + b"\xff" * 8
        data = aes_ctr(self.tek, iv, plain)
        start = struct.pack("<I", flags) + iv
        return start + self.tag(context, start, data, extra), data

    def open(self, context, header, data):
        """The plain bytes, or None if the packet was changed."""
        if header[20:] != self.tag(context, header[:20], data):
            return None
        return aes_ctr(self.tek, header[4:20], data)


def accept(private, peer, session, policy):
    """What the other side of a session does: its channel, None if changed."""
    nonce, wrapped, iv, tag, policy_tag = struct.unpack("16s32s16s32s32s",
                                                        session)
    kek, kik = wrap_keys(private, peer, nonce)
    keys = aes_ctr(kek, iv, wrapped)
    if (tag != mac(kik, wrapped)
            or policy_tag != mac(keys[16:], policy.to_bytes(4, "little"))):
        return None
    return Channel(keys[:16], keys[16:], None)


class Owner(Channel):
    """Has a key of its own and makes a session for one platform's PDH."""

    def __init__(self, rng, pdh_point, policy):
        super().__init__(rng.randbytes(16), rng.randbytes(16), rng)
        private = rng.randrange(1, p384.N)
        self.point = p384.multiply(private)
        nonce, iv = rng.randbytes(16), rng.randbytes(16)
        kek, kik = wrap_keys(private, pdh_point, nonce)
        wrapped = aes_ctr(kek, iv, self.tek + self.tik)
        self.session = (nonce + wrapped + iv + mac(kik, wrapped)
                        + mac(self.tik, policy.to_bytes(4, "little")))

    def packet(self, secret, measurement, flags=0):
        """Header and data of LAUNCH_SECRET."""
        return self.seal(self.SECRET, secret, measurement, flags)
