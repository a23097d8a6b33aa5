# SPDX-License-Identifier: GPL-2.0
"""Rule: two platforms can exchange a guest, and only as it was sent.

Source: AMD 55766 SEV API, chapter 6 "RECEIVE_START" to "RECEIVE_FINISH".
Why it matters: what the hosts change on the way must not become guest memory.
Not covered: that a CPU runs a received VMSA (qemu-tests/sev-migrate does).
The API does not keep a host from repeating a packet within its session, and so
it works here; see the case about it.
"""
import random

from case_launch import fill
from case_report import read_report
from case_session import new_owner
from firmware import (DATA, ES_POLICY, G_LUPDATE, G_RUNNING, G_RUPDATE, INIT,
                      MIN_ASID, UNINIT, expect, expect_not)
from keys import CERT_AT, export
from machine import RAM_BYTES
from owner import CERT_BYTES, PEK, Channel, certificate
from transfer import (HEADER_AT, HEADER_BYTES, OPEN_ES, OPEN_SEV, PACKET_AT,
                      SESSION_AT, SESSION_BYTES, VMSA_AT, Packet,
                      guest_with_content, packet, pair, plain, receive,
                      receive_start, send_start, start_receiving,
                      start_sending)

NOKS = 0x2
RECEIVE_DATA, RECEIVE_VMSA = 0x051, 0x052


def state_is(fw, handle, state):
    expect("SUCCESS", fw.guest_status(handle))
    expect(state, fw.guest["state"], "guest state")


def _receiving(fw, policy=OPEN_ES, seed=70):
    """A guest from the test's own sender; answers handle and channel."""
    fw.ready()
    sender = new_owner(fw, policy, seed)
    expect("SUCCESS", receive_start(fw, certificate(sender.point),
                                    sender.session, policy))
    expect("SUCCESS", fw.activate(fw.handle, 1 if policy & 4 else MIN_ASID))
    return fw.handle, sender


def a_guest_moves_to_another_platform(fw, other):
    handle, guest, data, vmsa = pair(fw, other, 71)
    state_is(other, guest, G_RUPDATE)
    pages = [packet(fw, handle, DATA + at) for at in (0, 4096)]
    regs = packet(fw, handle, VMSA_AT, vmsa=True)
    expect("SUCCESS", fw.send_finish(handle))
    # elsewhere and in another order than at home
    expect("SUCCESS", receive(other, guest, pages[1], DATA + 0x9000))
    expect("SUCCESS", receive(other, guest, regs, DATA + 0x10000))
    expect("SUCCESS", receive(other, guest, pages[0], DATA + 0x8000))
    expect("SUCCESS", other.receive_finish(guest))
    state_is(other, guest, G_RUNNING)
    expect(OPEN_ES, other.guest["policy"], "policy")
    expect(data, plain(other, guest, DATA + 0x8000, 8192), "memory")
    expect(vmsa, plain(other, guest, DATA + 0x10000), "VMSA")
    stranger = other.guest_in(G_LUPDATE, OPEN_ES, asid=2)
    expect_not(data, plain(other, stranger, DATA + 0x8000, 8192),
               "memory under another key")
    expect([1], [g["nr-vmsas"] for g in other.machine.psp_property("guests")
                 if g["handle"] == guest], "number of VMSAs")


def a_received_guest_can_be_sent_on(fw, other):
    """Home again: SEND_UPDATE_VMSA takes exactly what VMRUN takes."""
    handle, guest, data, vmsa = pair(fw, other, 72)
    expect("SUCCESS", receive(other, guest, packet(fw, handle, DATA, 8192),
                              DATA))
    expect("SUCCESS", receive(other, guest,
                              packet(fw, handle, VMSA_AT, vmsa=True), VMSA_AT))
    expect("SUCCESS", other.receive_finish(guest))
    expect("SUCCESS", fw.send_finish(handle))
    back = start_receiving(fw, other, start_sending(other, guest, fw), asid=2)
    expect("SUCCESS", receive(fw, back, packet(other, guest, DATA, 8192),
                              DATA + 0x8000))
    expect("SUCCESS", receive(fw, back,
                              packet(other, guest, VMSA_AT, vmsa=True),
                              DATA + 0x10000))
    expect("SUCCESS", fw.receive_finish(back))
    expect(data, plain(fw, back, DATA + 0x8000, 8192), "memory")
    expect(vmsa, plain(fw, back, DATA + 0x10000), "VMSA")


def a_guest_without_es_moves_too(fw, other):
    for machine in (fw, other):
        machine.ready()
    handle = fw.guest_in(G_LUPDATE, OPEN_SEV, asid=MIN_ASID)
    data = fill(fw, DATA, 16384, 73)
    expect("SUCCESS", fw.update_data(handle, DATA, 16384))
    expect("SUCCESS", fw.measure(handle))
    expect("SUCCESS", fw.finish(handle))
    session = start_sending(fw, handle, other)
    guest = start_receiving(other, fw, session, OPEN_SEV, MIN_ASID)
    whole = packet(fw, handle, DATA, 16384)
    expect("UNSUPPORTED", receive(other, guest,
                                  Packet(whole.header, whole.data[:4096],
                                         True), DATA))
    expect("SUCCESS", receive(other, guest, whole, DATA + 16))
    expect("SUCCESS", other.receive_finish(guest))
    expect(data, plain(other, guest, DATA + 16, 16384))


def the_sender_may_be_anybody_with_the_keys(fw):
    """The sender is the test's own arithmetic."""
    handle, sender = _receiving(fw)
    data, vmsa = (random.Random(seed).randbytes(4096) for seed in (74, 75))
    expect("SUCCESS", receive(fw, handle, Packet(
        *sender.seal(Channel.DATA, data), False), DATA))
    expect("SUCCESS", receive(fw, handle, Packet(
        *sender.seal(Channel.VMSA, vmsa), True), VMSA_AT))
    expect("SUCCESS", fw.receive_finish(handle))
    expect(data, plain(fw, handle, DATA), "memory")
    expect(vmsa, plain(fw, handle, VMSA_AT), "VMSA")


def a_changed_packet_is_refused_and_changes_nothing(fw, other):
    handle, guest, data, _ = pair(fw, other, 76)
    good = packet(fw, handle, DATA)
    regs = packet(fw, handle, VMSA_AT, vmsa=True)
    expect("SUCCESS", receive(other, guest, good, DATA))
    for pack in (good, regs):
        for offset in (0, 4, 19, 20, 51):
            header = bytearray(pack.header)
            header[offset] ^= 2
            expect("BAD_MEASUREMENT", receive(other, guest, pack._replace(
                header=bytes(header)), DATA), f"header byte {offset}")
        for offset in (0, 4095):
            body = bytearray(pack.data)
            body[offset] ^= 1
            expect("BAD_MEASUREMENT", receive(other, guest, pack._replace(
                data=bytes(body)), DATA), f"data byte {offset}")
    expect("BAD_MEASUREMENT", receive(other, guest, good._replace(
        data=good.data[:-16]), DATA), "shorter")
    expect("BAD_MEASUREMENT", receive(other, guest, good._replace(vmsa=True),
                                      DATA), "data as VMSA")
    expect("BAD_MEASUREMENT", receive(other, guest, regs._replace(vmsa=False),
                                      DATA), "VMSA as data")
    state_is(other, guest, G_RUPDATE)
    expect(data[:4096], plain(other, guest, DATA), "memory")
    expect("SUCCESS", receive(other, guest, regs, VMSA_AT))


def a_packet_of_another_session_is_refused(fw, other):
    handle, guest, _, _ = pair(fw, other, 77)
    old = packet(fw, handle, DATA)
    expect("SUCCESS", fw.send_cancel(handle))
    session = start_sending(fw, handle, other)
    second = start_receiving(other, fw, session, asid=2)
    expect("BAD_MEASUREMENT", receive(other, second, old, DATA))
    expect("BAD_MEASUREMENT", receive(other, guest, packet(fw, handle, DATA),
                                      DATA))
    expect("SUCCESS", receive(other, guest, old, DATA))


def a_packet_can_be_repeated_within_its_session(fw, other):
    """The API's own weakness: a packet names neither its place nor turn."""
    handle, guest, data, _ = pair(fw, other, 78)
    pack = packet(fw, handle, DATA)
    for paddr in (DATA, DATA, DATA + 0x5000):
        expect("SUCCESS", receive(other, guest, pack, paddr))
        expect(data[:4096], plain(other, guest, paddr), "memory")


def a_compressed_packet_is_unsupported(fw):
    handle, sender = _receiving(fw)
    pack = Packet(*sender.seal(Channel.DATA, b"c" * 32, flags=1), False)
    expect("UNSUPPORTED", receive(fw, handle, pack, DATA))


def a_changed_session_is_refused(fw, other):
    for machine in (fw, other):
        machine.ready()
    handle, _, _ = guest_with_content(fw, 79)
    session = start_sending(fw, handle, other)
    pdh = export(fw)[0].raw
    for offset, what in ((0, "nonce"), (16, "wrapped TEK"),
                         (32, "wrapped TIK"), (48, "IV"), (64, "MAC"),
                         (96, "policy MAC")):
        changed = bytearray(session)
        changed[offset] ^= 1
        expect("BAD_MEASUREMENT", receive_start(other, pdh, bytes(changed),
                                                OPEN_ES), what)
    expect("BAD_MEASUREMENT", receive_start(other, pdh, session, ES_POLICY),
           "policy")
    expect("BAD_MEASUREMENT", receive_start(other, export(other)[0].raw,
                                            session, OPEN_ES), "sender")
    expect("BAD_MEASUREMENT", receive_start(fw, pdh, session, OPEN_ES),
           "another target")
    expect("SUCCESS", other.platform_status())
    expect((INIT, 0), (other.status["state"], other.status["nr_guests"]),
           "target")
    expect("SUCCESS", receive_start(other, pdh, session, OPEN_ES))


def receive_start_refuses_bad_policies(fw):
    fw.ready()
    for policy in (0x40, 0x8000, 0x00020000, 0x34010000):
        sender = new_owner(fw, policy)
        expect("POLICY_FAILURE", receive_start(
            fw, certificate(sender.point), sender.session, policy),
            f"{policy:#x}")
    expect("SUCCESS", fw.shutdown())
    expect("SUCCESS", fw.init(flags=0))
    sender = new_owner(fw, OPEN_ES)
    expect("UNSUPPORTED", receive_start(fw, certificate(sender.point),
                                        sender.session, OPEN_ES), "no ES")


def receive_start_shares_a_key_only_as_the_policy_allows(fw):
    fw.ready()
    one = fw.guest_in(G_LUPDATE, OPEN_ES, asid=1)
    closed = fw.guest_in(G_LUPDATE, OPEN_ES | NOKS, asid=2)
    for policy, with_guest, want in (
            (OPEN_ES, closed + 1, "INVALID_GUEST"),
            (OPEN_ES | NOKS, closed, "POLICY_FAILURE"),
            (OPEN_SEV, one, "POLICY_FAILURE"),
            (OPEN_ES, one, "SUCCESS")):
        sender = new_owner(fw, policy)
        expect(want, receive_start(fw, certificate(sender.point),
                                   sender.session, policy, with_guest))
    sharer = fw.handle
    expect("SUCCESS", fw.activate(sharer, 3))
    data = fill(fw, DATA, 4096, 80)
    expect("SUCCESS", fw.update_data(one))
    expect(data, plain(fw, sharer, DATA), "memory under the shared key")


def receive_start_checks_lengths_certificate_and_memory(fw):
    args = (OPEN_ES, (CERT_AT, CERT_BYTES), (SESSION_AT, SESSION_BYTES))
    expect("INVALID_PLATFORM_STATE", fw.receive_start(*args))
    fw.ready()
    sender = new_owner(fw, OPEN_ES)
    good = certificate(sender.point)
    for pdh, session in ((CERT_BYTES - 1, 128), (CERT_BYTES + 1, 128),
                         (CERT_BYTES, 127), (CERT_BYTES, 129), (0, 0)):
        expect("INVALID_LENGTH", fw.receive_start(
            OPEN_ES, (CERT_AT, pdh), (SESSION_AT, session)))
    expect("INVALID_LENGTH", fw.receive_start(OPEN_ES, (0, 0), (0, 0)),
           "no session is no way in")
    expect("INVALID_ADDRESS", fw.receive_start(
        OPEN_ES, (RAM_BYTES, CERT_BYTES), args[2]))
    expect("INVALID_ADDRESS", fw.receive_start(
        OPEN_ES, args[1], (RAM_BYTES - 64, SESSION_BYTES)))
    x, y = sender.point
    for cert in (certificate((x, y ^ 1)), certificate((x, y), usage=PEK)):
        expect("INVALID_CERTIFICATE", receive_start(fw, cert, sender.session,
                                                    OPEN_ES))
    expect("SUCCESS", receive_start(fw, good, sender.session, OPEN_ES))


def a_guest_being_received_admits_exactly_its_commands(fw):
    transport = (HEADER_AT, HEADER_BYTES, DATA, 4096, PACKET_AT, 4096)
    handle, sender = _receiving(fw)
    for name, run in (("LAUNCH_UPDATE_DATA", lambda: fw.update_data(handle)),
                      ("LAUNCH_UPDATE_VMSA", lambda: fw.update_vmsa(handle)),
                      ("LAUNCH_MEASURE", lambda: fw.measure(handle)),
                      ("LAUNCH_SECRET", lambda: fw.launch_secret(
                          handle, *transport)),
                      ("LAUNCH_FINISH", lambda: fw.finish(handle)),
                      ("ATTESTATION", lambda: fw.attestation_report(
                          handle, bytes(16))),
                      ("SEND_START", lambda: send_start(
                          fw, handle, certificate(sender.point))),
                      ("SEND_UPDATE_DATA", lambda: fw.packet(
                          0x041, handle, *transport)),
                      ("SEND_FINISH", lambda: fw.send_finish(handle)),
                      ("SEND_CANCEL", lambda: fw.send_cancel(handle))):
        expect("INVALID_GUEST_STATE", run(), name)
    pack = Packet(*sender.seal(Channel.DATA, b"d" * 16), False)
    expect("SUCCESS", fw.receive_finish(handle))
    expect("INVALID_GUEST_STATE", receive(fw, handle, pack, DATA), "too late")
    expect("INVALID_GUEST_STATE", fw.receive_finish(handle), "twice")


def updates_want_an_asid_and_pieces_of_memory(fw):
    handle, sender = _receiving(fw)
    header, data = sender.seal(Channel.DATA, b"d" * 4096)
    fw.host_writes(HEADER_AT, header)
    fw.host_writes(PACKET_AT, data)
    good = {"hdr": HEADER_AT, "hdr_len": HEADER_BYTES, "guest": DATA,
            "guest_len": 4096, "trans": PACKET_AT, "trans_len": 4096}
    cases = (({"hdr_len": HEADER_BYTES - 1}, "INVALID_LENGTH"),
             ({"guest_len": 0, "trans_len": 0}, "INVALID_LENGTH"),
             ({"guest_len": 24, "trans_len": 24}, "INVALID_LENGTH"),
             ({"guest_len": 16400, "trans_len": 16400}, "INVALID_LENGTH"),
             ({"trans_len": 8192}, "INVALID_LENGTH"),
             ({"guest": DATA + 8}, "INVALID_ADDRESS"),
             ({"guest": RAM_BYTES}, "INVALID_ADDRESS"),
             ({"hdr": RAM_BYTES - 16}, "INVALID_ADDRESS"),
             ({"trans": RAM_BYTES - 16}, "INVALID_ADDRESS"))
    for change, want in cases:
        expect(want, fw.packet(RECEIVE_DATA, handle, **{**good, **change}),
               str(change))
    expect("INVALID_GUEST", fw.packet(RECEIVE_DATA, handle + 1, **good))
    expect("SUCCESS", fw.packet(RECEIVE_DATA, handle, **good))
    expect("SUCCESS", fw.deactivate(handle))
    expect("INACTIVE", fw.packet(RECEIVE_DATA, handle, **good))


def a_vmsa_is_one_whole_page(fw):
    handle, sender = _receiving(fw)
    for length, paddr, want in ((2048, VMSA_AT, "INVALID_LENGTH"),
                                (8192, VMSA_AT, "INVALID_LENGTH"),
                                (4096, VMSA_AT + 16, "INVALID_ADDRESS"),
                                (4096, RAM_BYTES, "INVALID_ADDRESS"),
                                (4096, VMSA_AT, "SUCCESS")):
        pack = Packet(*sender.seal(Channel.VMSA, bytes(length)), True)
        expect(want, receive(fw, handle, pack, paddr),
               f"{length} bytes at {paddr:#x}")


def a_received_guest_was_not_measured_here(fw):
    handle, _ = _receiving(fw)
    expect("SUCCESS", fw.receive_finish(handle))
    expect((bytes(32), OPEN_ES), read_report(fw, handle))


def an_asid_becomes_valid_when_the_guest_is_complete(fw):
    """Given up before that, it is still clean."""
    handle, _ = _receiving(fw)
    expect("SUCCESS", fw.deactivate(handle))
    expect("SUCCESS", fw.activate(handle, 1))
    expect("SUCCESS", fw.receive_finish(handle))
    expect("SUCCESS", fw.deactivate(handle))
    expect("DF_FLUSH_REQUIRED", fw.activate(handle, 1))


def shutdown_ends_every_transfer(fw, other):
    handle, guest, _, _ = pair(fw, other, 81)
    for machine in (fw, other):
        expect("SUCCESS", machine.shutdown())
        expect("SUCCESS", machine.platform_status())
        expect(UNINIT, machine.status["state"])
        machine.ready()
        machine.guest_in(G_LUPDATE, asid=2)
    expect("INVALID_GUEST", fw.send_finish(handle))
    expect("INVALID_GUEST", other.receive_finish(guest))
