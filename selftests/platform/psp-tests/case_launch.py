# SPDX-License-Identifier: GPL-2.0
"""Rule: a launch is measured byte for byte, in order, and only once.

Source: AMD 55766 SEV API, chapter 6 "LAUNCH_START" to "LAUNCH_FINISH".
Why it matters: the measurement is all a guest's owner has to tell the own
guest from a changed one.
Not covered: whether the CPU reads the encrypted pages right (a guest has to
run for that: the platform's tests and the selftests do).
"""
import hashlib
import hmac
import random

from firmware import (BLOB, CBIT, DATA, ES_POLICY, G_LSECRET, G_LUPDATE,
                      G_RUNNING, SEV_POLICY, expect, expect_not)
from machine import RAM_BYTES

NO_SESSION_TIK = b"\0" * 16


def fill(fw, paddr, length, seed):
    data = random.Random(seed).randbytes(length)
    fw.host_writes(paddr, data)
    return data


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).hexdigest()


def launch_start_refuses_bad_policies(fw):
    fw.ready()
    for policy in (0x00000040, 0x00008001,          # reserved bits
                   0x00020001, 0x34010001):         # version 2.0, 1.52
        expect("POLICY_FAILURE", fw.launch_start(policy), f"{policy:#x}")
    for policy in (0x33010001, 0xFF000001):         # version 1.51, 0.255
        expect("SUCCESS", fw.launch_start(policy), f"{policy:#x}")


def launch_start_shares_a_key_only_as_the_policy_allows(fw):
    fw.ready()
    open_guest = fw.guest_in(G_LUPDATE, 0x5, asid=1)
    closed = fw.guest_in(G_LUPDATE, 0x7, asid=2)
    expect("INVALID_GUEST", fw.launch_start(0x5, handle=closed + 1))
    expect("POLICY_FAILURE", fw.launch_start(0x7, handle=closed))
    expect("POLICY_FAILURE", fw.launch_start(0x4, handle=open_guest))
    expect("SUCCESS", fw.launch_start(0x5, handle=open_guest))
    expect_not(open_guest, fw.handle, "handle")


def handles_are_never_zero_and_differ(fw):
    fw.ready()
    handles = [fw.guest_in(G_LUPDATE, asid=0) for _ in range(5)]
    expect(5, len(set(handles) - {0}), "handles")


def the_digest_is_sha256_over_all_updates_in_order(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE)
    expect(sha256(), fw.digest(handle), "digest of nothing")
    one = fill(fw, DATA, 0x5000, 1)
    two = fill(fw, DATA + 0x10000, 4096, 2)
    three = fill(fw, DATA + 0x20000, 4096, 3)
    expect("SUCCESS", fw.update_data(handle, DATA, 0x5000))
    expect(sha256(one), fw.digest(handle), "digest of data")
    expect("SUCCESS", fw.update_vmsa(handle, DATA + 0x20000))
    expect("SUCCESS", fw.update_vmsa(handle, DATA + 0x10000))
    expect(sha256(one, three, two), fw.digest(handle), "digest with VMSAs")


def the_order_of_two_vmsas_changes_the_digest(fw):
    fw.ready()
    digests = []
    for asid, order in ((1, (0, 1)), (2, (1, 0))):
        handle = fw.guest_in(G_LUPDATE, asid=asid)
        for index in order:
            paddr = DATA + asid * 0x10000 + index * 0x1000
            fill(fw, paddr, 4096, index)
            expect("SUCCESS", fw.update_vmsa(handle, paddr))
        digests.append(fw.digest(handle))
    expect_not(digests[0], digests[1], "digest")


def pieces_of_a_page_are_measured_as_given(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE)
    data = fill(fw, DATA, 0x3000, 4)
    expect("SUCCESS", fw.update_data(handle, DATA + 0xFF0, 0x1020))
    expect(sha256(data[0xFF0:0x2010]), fw.digest(handle))


def the_c_bit_in_an_address_is_ignored(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE)
    one = fill(fw, DATA, 4096, 5)
    two = fill(fw, DATA + 4096, 4096, 6)
    expect("SUCCESS", fw.update_data(handle, DATA | CBIT))
    expect("SUCCESS", fw.update_vmsa(handle, (DATA + 4096) | CBIT))
    expect(sha256(one, two), fw.digest(handle))


def an_updated_page_is_encrypted_under_the_guests_own_key(fw):
    """What the firmware reads the second time is no longer the plain text."""
    fw.ready()
    seen = set()
    for asid in (1, 2):
        handle = fw.guest_in(G_LUPDATE, asid=asid)
        plain = fill(fw, DATA, 4096, 7)
        expect("SUCCESS", fw.update_data(handle))
        expect(sha256(plain), fw.digest(handle))
        expect("SUCCESS", fw.update_data(handle))
        expect_not(sha256(plain, plain), fw.digest(handle), "digest")
        seen.add(fw.digest(handle))
    expect(2, len(seen), "cipher texts under two keys")


def update_wants_16_byte_pieces_of_memory(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE)
    before = fw.digest(handle)
    for paddr, length, want in (
            (DATA + 8, 4096, "INVALID_ADDRESS"),
            (DATA, 0, "INVALID_LENGTH"),
            (DATA, 8, "INVALID_LENGTH"),
            (DATA, 4097, "INVALID_LENGTH"),
            (RAM_BYTES, 4096, "INVALID_ADDRESS"),
            (0xFE000000, 4096, "INVALID_ADDRESS"),
            (0xFFFFFFFFFFFFFFF0, 4096, "INVALID_ADDRESS")):
        expect(want, fw.update_data(handle, paddr, length),
               f"{paddr:#x} {length:#x}")
    expect(before, fw.digest(handle), "digest")


def an_update_that_leaves_memory_answers_invalid_address(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE)
    expect("INVALID_ADDRESS",
           fw.update_data(handle, RAM_BYTES - 0x2000, 0xFFFFFFF0))


def a_vmsa_is_one_whole_page(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE)
    for length in (0, 4080, 4112, 8192, 0xFFFFFFFF):
        expect("INVALID_LENGTH", fw.update_vmsa(handle, DATA, length))
    expect("INVALID_ADDRESS", fw.update_vmsa(handle, DATA + 16))
    expect("INVALID_ADDRESS", fw.update_vmsa(handle, RAM_BYTES))


def a_guest_without_es_has_no_vmsa(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE, SEV_POLICY, asid=16)
    expect("UNSUPPORTED", fw.update_vmsa(handle))
    expect("SUCCESS", fw.update_data(handle))


def an_update_needs_an_active_guest(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE, asid=0)
    expect("INACTIVE", fw.update_data(handle))
    expect("INACTIVE", fw.update_vmsa(handle))


def each_guest_state_admits_exactly_its_commands(fw):
    fw.ready()
    commands = {
        "UPDATE_DATA": (lambda h: fw.update_data(h), G_LUPDATE),
        "UPDATE_VMSA": (lambda h: fw.update_vmsa(h), G_LUPDATE),
        "MEASURE": (lambda h: fw.measure(h), G_LUPDATE),
        "FINISH": (lambda h: fw.finish(h), G_LSECRET),
    }
    asid = 0
    for state in (G_LUPDATE, G_LSECRET, G_RUNNING):
        for name, (run, legal) in commands.items():
            asid += 1
            handle = fw.guest_in(state, asid=asid)
            want = "SUCCESS" if state == legal else "INVALID_GUEST_STATE"
            expect(want, run(handle), f"{name} in guest state {state}")


def measure_with_a_short_buffer_tells_the_length_and_changes_nothing(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE)
    for length in (0, 32, 47):
        expect("INVALID_LENGTH", fw.measure(handle, 0, length))
        expect(48, fw.answer[3], "needed length")
    expect("INVALID_ADDRESS", fw.measure(handle, RAM_BYTES - 16))
    expect("SUCCESS", fw.guest_status(handle))
    expect(G_LUPDATE, fw.guest["state"])
    expect("SUCCESS", fw.measure(handle))


def take_measurement(fw, handle):
    fw.host_writes(BLOB, b"\0" * 64)
    expect("SUCCESS", fw.measure(handle, BLOB, 64))
    blob = fw.machine.read(BLOB, 64)
    expect(b"\0" * 16, blob[48:], "bytes after the measurement")
    return blob[:32], blob[32:48]


def recompute(fw, tik, policy, digest, mnonce):
    expect("SUCCESS", fw.platform_status())
    message = bytes([0x04, fw.status["api_major"], fw.status["api_minor"],
                     fw.status["build"]])
    message += policy.to_bytes(4, "little") + digest + mnonce
    return hmac.new(tik, message, hashlib.sha256).digest()


def the_measurement_is_the_specified_hmac(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE)
    data = fill(fw, DATA, 8192, 8)
    expect("SUCCESS", fw.update_data(handle, DATA, 4096))
    expect("SUCCESS", fw.update_vmsa(handle, DATA + 4096))
    mac, mnonce = take_measurement(fw, handle)
    digest = hashlib.sha256(data).digest()
    expect(recompute(fw, NO_SESSION_TIK, ES_POLICY, digest, mnonce), mac)


def one_changed_bit_changes_the_measurement(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE)
    data = bytearray(fill(fw, DATA, 4096, 9))
    expect("SUCCESS", fw.update_data(handle))
    mac, mnonce = take_measurement(fw, handle)
    data[4095] ^= 1
    digest = hashlib.sha256(data).digest()
    expect_not(recompute(fw, NO_SESSION_TIK, ES_POLICY, digest, mnonce), mac)


def every_measurement_has_a_fresh_nonce(fw):
    fw.ready()
    nonces = set()
    for asid in range(1, 6):
        handle = fw.guest_in(G_LUPDATE, asid=asid)
        nonces.add(take_measurement(fw, handle)[1])
    expect(5, len(nonces), "different nonces")


def the_guests_property_lists_what_the_firmware_knows(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE, asid=5)
    data = fill(fw, DATA, 4096, 10)
    expect("SUCCESS", fw.update_vmsa(handle))
    expect([{"handle": handle, "policy": ES_POLICY, "asid": 5, "nr-vmsas": 1,
             "state": "launch-update", "launch-digest": sha256(data)}],
           fw.machine.psp_property("guests"))
    expect("SUCCESS", fw.measure(handle))
    expect("SUCCESS", fw.finish(handle))
    expect("running", fw.machine.psp_property("guests")[0]["state"])


def an_answer_into_a_page_of_a_guest_is_plain_for_the_host(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE)
    data = fill(fw, DATA, 4096, 11)
    expect("SUCCESS", fw.update_data(handle))
    expect("SUCCESS", fw.measure(handle, DATA + 16))
    blob = fw.machine.read(DATA + 16, 48)
    digest = hashlib.sha256(data).digest()
    expect(recompute(fw, NO_SESSION_TIK, ES_POLICY, digest, blob[32:]),
           blob[:32])
