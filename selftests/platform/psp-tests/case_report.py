# SPDX-License-Identifier: GPL-2.0
"""Rule: an attestation report is the launch digest, signed by the PEK.

Source: AMD 55766 SEV API, chapter 6 "ATTESTATION".
Why it matters: it proves what was launched to somebody who had no session.
Not covered: received guests (case_receive).
"""
import hashlib
import struct

from case_launch import fill
from firmware import (BLOB, DATA, ES_POLICY, G_LSECRET, G_LUPDATE, G_RUNNING,
                      expect)
from keys import export
from machine import RAM_BYTES
from owner import ECDSA_SHA256, PEK
import p384

NONCE = bytes(range(16))
REPORT_BYTES = 0xD0


def read_report(fw, handle, nonce=NONCE):
    """Answers digest and policy, after the signature was verified."""
    expect("SUCCESS", fw.attestation_report(handle, nonce))
    raw = fw.machine.read(BLOB, REPORT_BYTES)
    digest, policy, usage, algo = struct.unpack_from("<16x32sIII", raw)
    expect(nonce, raw[:16], "nonce")
    expect((PEK, ECDSA_SHA256), (usage, algo), "kind of signature")
    r, s = (int.from_bytes(raw[o:o + 72], "little") for o in (64, 136))
    signed = hashlib.sha256(raw[:52]).digest()
    expect(True, p384.verify(export(fw)[1].key, signed, r, s), "signature")
    return digest, policy


def the_report_is_the_signed_launch_digest(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE)
    data = fill(fw, DATA, 8192, 30)
    expect("SUCCESS", fw.update_data(handle, DATA, 4096))
    expect("SUCCESS", fw.update_vmsa(handle, DATA + 4096))
    expect("SUCCESS", fw.measure(handle))
    want = (hashlib.sha256(data).digest(), ES_POLICY)
    expect(want, read_report(fw, handle), "in LSECRET")
    expect("SUCCESS", fw.finish(handle))
    expect(want, read_report(fw, handle, b"n" * 16), "in RUNNING")


def a_guest_without_measurement_has_no_report(fw):
    expect("INVALID_PLATFORM_STATE", fw.attestation_report(1, NONCE))
    fw.ready()
    handle = fw.guest_in(G_LUPDATE)
    expect("INVALID_GUEST_STATE", fw.attestation_report(handle, NONCE))
    expect("INVALID_GUEST", fw.attestation_report(handle + 1, NONCE))


def a_short_buffer_is_told_the_length(fw):
    fw.ready()
    handle = fw.guest_in(G_LSECRET)
    for length in (0, REPORT_BYTES - 1):
        expect("INVALID_LENGTH",
               fw.attestation_report(handle, NONCE, BLOB, length))
        expect(REPORT_BYTES, fw.answer[4], "needed length")
    expect("INVALID_ADDRESS",
           fw.attestation_report(handle, NONCE, RAM_BYTES - 16))
    expect("SUCCESS", fw.attestation_report(handle, NONCE, BLOB, 4096))
    expect(REPORT_BYTES, fw.answer[4], "length")


def the_report_needs_no_asid(fw):
    fw.ready()
    read_report(fw, fw.guest_in(G_RUNNING, asid=0))
