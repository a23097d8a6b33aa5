# SPDX-License-Identifier: GPL-2.0
"""Rule: only the guest's owner opens a session, and verifies through it.

Source: AMD 55766 SEV API, chapter 2 "Keys", chapter 5 "PDH_CERT_EXPORT",
chapter 6 "LAUNCH_START" and "LAUNCH_SECRET", appendix "Certificate Format".
Why it matters: the measurement proves something only under a key that the
host does not know.
Not covered: AMD's signature of the chip's key, which an emulated chip has
not; compressed secrets.
"""
import hashlib
import random

from case_launch import fill, recompute, take_measurement
from firmware import (BLOB, DATA, ES_POLICY, G_LSECRET, G_LUPDATE, INIT,
                      MIN_ASID, NV_BYTES, SEV_POLICY, expect, expect_not)
from keys import CERT_AT, CHAIN_AT, export
from machine import RAM_BYTES
from owner import (CEK, CERT_BYTES, ECDH_SHA256, OCA, PDH, PEK, Owner,
                   certificate)
import p384
from transfer import HEADER_AT, PACKET_AT, SESSION_AT


def start(fw, owner, policy=ES_POLICY, cert=None, session=None):
    cert = cert or certificate(owner.point)
    session = session or owner.session
    fw.host_writes(CERT_AT, cert)
    fw.host_writes(SESSION_AT, session)
    return fw.launch_start(policy, dh=(CERT_AT, len(cert)),
                           session=(SESSION_AT, len(session)))


def new_owner(fw, policy=ES_POLICY, seed=1):
    return Owner(random.Random(seed), export(fw)[0].key, policy)


def the_certificates_form_a_chain(fw):
    fw.ready()
    pdh, pek, oca, cek = export(fw)
    expect([PDH, PEK, OCA, CEK], [c.usage for c in (pdh, pek, oca, cek)])
    expect(ECDH_SHA256, pdh.algo, "algorithm of the PDH")
    for cert in (pdh, pek, oca, cek):
        expect((1, 2), (cert.version, cert.curve), "version and curve")
        expect(True, p384.on_curve(cert.key), f"key {cert.usage:#x} on curve")
    expect(True, oca.signed_by(oca, 0), "OCA signs itself")
    expect(True, pek.signed_by(oca, 0), "OCA signs PEK")
    expect(True, pek.signed_by(cek, 1), "CEK signs PEK")
    expect(True, pdh.signed_by(pek, 0), "PEK signs PDH")
    expect(False, pdh.signed_by(oca, 0), "OCA does not sign PDH")


def the_keys_last_until_factory_reset(fw):
    fw.ready()
    one = [c.key for c in export(fw)]
    fw.machine.reset()
    fw.ready()
    expect(one, [c.key for c in export(fw)], "keys after a machine reset")
    expect("SUCCESS", fw.shutdown())
    expect("SUCCESS", fw.factory_reset())
    fw.ready()
    two = [c.key for c in export(fw)]
    expect(one[3], two[3], "chip's key after FACTORY_RESET")
    expect(True, set(one[:3]).isdisjoint(two[:3]), "other keys differ")


def the_keys_of_init_ex_belong_to_the_storage(fw):
    fw.host_writes(BLOB, b"\0" * NV_BYTES)
    expect("SUCCESS", fw.init_ex())
    one = export(fw)[0].key
    expect("SUCCESS", fw.shutdown())
    expect("SUCCESS", fw.init())
    expect_not(one, export(fw)[0].key, "PDH without the storage")
    expect("SUCCESS", fw.shutdown())
    expect("SUCCESS", fw.init_ex())
    expect(one, export(fw)[0].key, "PDH with the storage again")


def export_tells_both_lengths_and_wants_memory(fw):
    expect("INVALID_PLATFORM_STATE", fw.pdh_cert_export(0, 0, 0, 0))
    fw.ready()
    for pdh, chain in ((0, 0), (CERT_BYTES - 1, 3 * CERT_BYTES),
                       (CERT_BYTES, 3 * CERT_BYTES - 1)):
        expect("INVALID_LENGTH", fw.pdh_cert_export(CERT_AT, pdh, CHAIN_AT,
                                                    chain))
        expect((CERT_BYTES, 3 * CERT_BYTES), (fw.answer[1], fw.answer[4]))
    expect("INVALID_ADDRESS", fw.pdh_cert_export(
        RAM_BYTES, CERT_BYTES, CHAIN_AT, 3 * CERT_BYTES))


def _activated_guest(fw):
    """A guest of an owner's session in LUPDATE; answers its handle and owner."""
    fw.ready()
    owner = new_owner(fw)
    expect("SUCCESS", start(fw, owner))
    expect("SUCCESS", fw.activate(fw.handle, 1))
    return fw.handle, owner


def the_owner_verifies_the_measurement(fw):
    handle, owner = _activated_guest(fw)
    data = fill(fw, DATA, 8192, 20)
    expect("SUCCESS", fw.update_data(handle, DATA, 4096))
    expect("SUCCESS", fw.update_vmsa(handle, DATA + 4096))
    mac, mnonce = take_measurement(fw, handle)
    digest = hashlib.sha256(data).digest()
    expect(recompute(fw, owner.tik, ES_POLICY, digest, mnonce), mac)


def a_changed_session_answers_bad_measurement(fw):
    fw.ready()
    owner = new_owner(fw)
    for offset, what in ((0, "nonce"), (16, "wrapped TEK"),
                         (32, "wrapped TIK"), (48, "IV"), (64, "MAC"),
                         (96, "policy MAC")):
        session = bytearray(owner.session)
        session[offset] ^= 1
        expect("BAD_MEASUREMENT", start(fw, owner, session=bytes(session)),
               what)
    expect("BAD_MEASUREMENT", start(fw, owner, policy=SEV_POLICY), "policy")
    expect("SUCCESS", fw.platform_status())
    expect(INIT, fw.status["state"], "platform state")


def a_session_for_another_platform_answers_bad_measurement(fw):
    fw.ready()
    owner = new_owner(fw)
    expect("SUCCESS", fw.shutdown())
    expect("SUCCESS", fw.factory_reset())
    fw.ready()
    expect("BAD_MEASUREMENT", start(fw, owner))


def a_wrong_certificate_answers_invalid_certificate(fw):
    fw.ready()
    owner = new_owner(fw)
    x, y = owner.point
    tiny_x, tiny_y = p384.tiny_point()
    expect("BAD_MEASUREMENT", start(fw, owner, cert=certificate(
        (tiny_x, tiny_y))), "a good point, but not the session's")
    for cert, what in ((certificate((x, y ^ 1)), "not on the curve"),
                       (certificate((tiny_x + p384.P, tiny_y)),
                        "x past the prime"),
                       (certificate((0, 0)), "zero"),
                       (certificate((x | 1 << 400, y)), "x too long"),
                       (certificate(owner.point, usage=PEK), "usage"),
                       (certificate(owner.point, algo=2), "algorithm"),
                       (certificate(owner.point, version=2), "version"),
                       (certificate(owner.point, curve=1), "curve")):
        expect("INVALID_CERTIFICATE", start(fw, owner, cert=cert), what)


def session_and_certificate_have_exact_lengths(fw):
    fw.ready()
    owner = new_owner(fw)
    for cert, session in ((CERT_BYTES - 1, 128), (CERT_BYTES + 1, 128),
                          (CERT_BYTES, 127), (CERT_BYTES, 129), (0, 0)):
        expect("INVALID_LENGTH", fw.launch_start(
            dh=(CERT_AT, cert), session=(SESSION_AT, session)))
    expect("INVALID_ADDRESS", fw.launch_start(
        dh=(RAM_BYTES, CERT_BYTES), session=(SESSION_AT, 128)))
    expect("INVALID_ADDRESS", fw.launch_start(
        dh=(CERT_AT, CERT_BYTES), session=(RAM_BYTES - 64, 128)))
    expect("SUCCESS", start(fw, owner))


def _secret_guest(fw):
    """A guest in LSECRET; answers its handle, owner and measurement."""
    handle, owner = _activated_guest(fw)
    return handle, owner, take_measurement(fw, handle)[0]


def send_secret(fw, handle, header, data, guest_paddr=DATA):
    fw.host_writes(HEADER_AT, header)
    fw.host_writes(PACKET_AT, data)
    return fw.launch_secret(handle, HEADER_AT, len(header), guest_paddr,
                            len(data), PACKET_AT, len(data))


def a_secret_reaches_the_guests_memory(fw):
    """What the host sees afterwards is the secret's cipher text.

    An update of the same bytes at the same place under the same key (shared
    with another guest) must give the same; a third guest's digest shows it.
    """
    handle, owner, measurement = _secret_guest(fw)
    secret = bytes(range(256)) * 2
    expect("SUCCESS", fw.launch_start(ES_POLICY, handle=handle))
    sharer = fw.handle
    expect("SUCCESS", fw.activate(sharer, 2))
    seen = []
    for asid in (MIN_ASID, MIN_ASID + 1):
        fill(fw, DATA, 4096, 21)
        if not seen:
            packet = owner.packet(secret, measurement)
            expect("SUCCESS", send_secret(fw, handle, *packet, DATA + 64))
        else:
            fw.host_writes(DATA + 64, secret)
            expect("SUCCESS", fw.update_data(sharer, DATA + 64, len(secret)))
        probe = fw.guest_in(G_LUPDATE, SEV_POLICY, asid)
        expect("SUCCESS", fw.update_data(probe, DATA + 64, len(secret)))
        seen.append(fw.digest(probe))
    expect(seen[0], seen[1], "cipher text")
    expect_not(hashlib.sha256(secret).hexdigest(), seen[0], "cipher text")


def a_changed_packet_answers_bad_measurement(fw):
    handle, owner, measurement = _secret_guest(fw)
    header, data = owner.packet(b"s" * 32, measurement)
    for offset in (0, 4, 20, 51):
        changed = bytearray(header)
        changed[offset] ^= 2
        expect("BAD_MEASUREMENT",
               send_secret(fw, handle, bytes(changed), data), f"at {offset}")
    expect("BAD_MEASUREMENT", send_secret(fw, handle, header, data[::-1]))
    wrong = owner.packet(b"s" * 32, measurement[::-1])
    expect("BAD_MEASUREMENT", send_secret(fw, handle, *wrong))
    expect("SUCCESS", send_secret(fw, handle, header, data))


def a_compressed_secret_is_unsupported(fw):
    handle, owner, measurement = _secret_guest(fw)
    packet = owner.packet(b"s" * 32, measurement, flags=1)
    expect("UNSUPPORTED", send_secret(fw, handle, *packet))


def a_secret_has_a_legal_length_place_and_time(fw):
    handle, owner, measurement = _secret_guest(fw)
    header, data = owner.packet(b"s" * 32, measurement)
    fw.host_writes(HEADER_AT, header)
    fw.host_writes(PACKET_AT, data)
    good = {"hdr": HEADER_AT, "hdr_len": 52, "guest": DATA, "guest_len": 32,
            "trans": PACKET_AT, "trans_len": 32}
    for change, want in (({"hdr_len": 51}, "INVALID_LENGTH"),
                         ({"guest_len": 0, "trans_len": 0}, "INVALID_LENGTH"),
                         ({"guest_len": 24, "trans_len": 24},
                          "INVALID_LENGTH"),
                         ({"guest_len": 48}, "INVALID_LENGTH"),
                         ({"guest_len": 16400, "trans_len": 16400},
                          "INVALID_LENGTH"),
                         ({"guest": DATA + 8}, "INVALID_ADDRESS"),
                         ({"guest": RAM_BYTES}, "INVALID_ADDRESS"),
                         ({"hdr": RAM_BYTES}, "INVALID_ADDRESS"),
                         ({"trans": RAM_BYTES - 16}, "INVALID_ADDRESS")):
        expect(want, fw.launch_secret(handle, **{**good, **change}),
               str(change))
    expect("INVALID_GUEST", fw.launch_secret(handle + 1, **good))
    early = fw.guest_in(G_LUPDATE, asid=2)
    expect("INVALID_GUEST_STATE", fw.launch_secret(early, **good))
    idle = fw.guest_in(G_LSECRET, asid=0)
    expect("INACTIVE", fw.launch_secret(idle, **good))
    expect("SUCCESS", fw.launch_secret(handle, **good))
    expect("SUCCESS", fw.finish(handle))
    expect("INVALID_GUEST_STATE", fw.launch_secret(handle, **good))
