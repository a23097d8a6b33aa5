# SPDX-License-Identifier: GPL-2.0
"""Rule: a guest leaves only where its policy lets it, and only encrypted.

Source: AMD 55766 SEV API, chapter 6 "SEND_START" to "SEND_CANCEL", chapter 2
"Guest Policy".
Why it matters: the host chooses the target and carries every byte.
Not covered: targets that AMD vouches for; a VMSA while a CPU runs it.
"""
import random

from case_launch import fill
from firmware import (BLOB, DATA, ES_POLICY, G_LSECRET, G_LUPDATE, G_RUNNING,
                      G_SENT, G_SUPDATE, MIN_ASID, expect, expect_not)
from keys import (CERT_AT, CHAIN_AT, CHAIN_BYTES, export, ready_without_owner,
                  take_ownership)
from machine import RAM_BYTES
from owner import (CERT_BYTES, PEK, SIGNED_BYTES, Authority,
                   Channel, accept, certificate)
import p384
from transfer import (HEADER_AT, HEADER_BYTES, OPEN_ES, OPEN_SEV, PACKET_AT,
                      SESSION_AT, SESSION_BYTES, VMSA_AT, certificates,
                      guest_with_content, packet, send_start, start_sending)

NOSEND, DOMAIN, SEV = 0x8, 0x10, 0x20
AMD_BYTES = 2 * (64 + 3 * 512)
SEND_DATA, SEND_VMSA = 0x041, 0x042
OTHER_VMSA_AT, COPY_AT = DATA + 0x200000, DATA + 0x300000


def state_is(fw, handle, state):
    expect("SUCCESS", fw.guest_status(handle))
    expect(state, fw.guest["state"], "guest state")


def _sending(fw, seed=50, policy=OPEN_ES):
    fw.ready()
    handle, data, vmsa = guest_with_content(fw, seed, policy)
    start_sending(fw, handle, fw)
    return handle, data, vmsa


def a_target_reads_what_was_sent(fw):
    """The target is the test's own arithmetic."""
    fw.ready()
    handle, data, vmsa = guest_with_content(fw, 50, ES_POLICY)
    private = random.Random(51).randrange(1, p384.N)
    pdh = certificate(p384.multiply(private))
    expect("SUCCESS", send_start(fw, handle, pdh))
    expect(ES_POLICY, fw.policy, "policy")
    state_is(fw, handle, G_SUPDATE)
    session = fw.machine.read(SESSION_AT, SESSION_BYTES)
    sender = export(fw)[0].key
    expect(None, accept(private, sender, session, OPEN_ES), "wrong policy")
    channel = accept(private, sender, session, ES_POLICY)
    expect(True, channel is not None, "session intact")
    for pack, context, want in (
            (packet(fw, handle, DATA), Channel.DATA, data[:4096]),
            (packet(fw, handle, DATA + 32, 48), Channel.DATA, data[32:80]),
            (packet(fw, handle, VMSA_AT, vmsa=True), Channel.VMSA, vmsa)):
        expect(bytes(4), pack.header[:4], "flags")
        expect(want, channel.open(context, pack.header, pack.data), "bytes")
        expect_not(want, pack.data, "bytes on the wire")


def every_session_and_every_packet_has_fresh_numbers(fw):
    fw.ready()
    handle, _, _ = guest_with_content(fw, 52)
    sessions, packets = set(), set()
    for _ in range(3):
        sessions.add(start_sending(fw, handle, fw))
        for _ in range(3):
            packets.add(packet(fw, handle, DATA).header[4:20])
        expect("SUCCESS", fw.send_cancel(handle))
    expect((3, 9), (len(sessions), len(packets)), "sessions and IVs")
    expect(9, len({s[i:i + 16] for s in sessions for i in (0, 16, 48)}),
           "nonces, keys and IVs")


def each_guest_state_admits_exactly_its_sending_commands(fw):
    fw.ready()
    pdh, _ = certificates(fw)
    transport = (HEADER_AT, HEADER_BYTES, DATA, 4096, PACKET_AT, 4096)
    commands = {
        "SEND_START": (lambda h: send_start(fw, h, pdh), G_RUNNING),
        "SEND_UPDATE_DATA": (lambda h: fw.packet(SEND_DATA, h, *transport),
                             G_SUPDATE),
        "SEND_UPDATE_VMSA": (lambda h: fw.packet(SEND_VMSA, h, *transport),
                             G_SUPDATE),
        "SEND_FINISH": (fw.send_finish, G_SUPDATE),
        "SEND_CANCEL": (fw.send_cancel, G_SUPDATE),
        "RECEIVE_UPDATE_DATA": (lambda h: fw.packet(0x051, h, *transport), -1),
        "RECEIVE_UPDATE_VMSA": (lambda h: fw.packet(0x052, h, *transport), -1),
        "RECEIVE_FINISH": (fw.receive_finish, -1),
    }
    for state in (G_LUPDATE, G_LSECRET, G_RUNNING, G_SUPDATE, G_SENT):
        for name, (run, legal) in commands.items():
            handle = fw.guest_in(min(state, G_RUNNING), asid=0)
            if state >= G_SUPDATE:
                start_sending(fw, handle, fw)
            if state == G_SENT:
                expect("SUCCESS", fw.send_finish(handle))
            want = "INVALID_GUEST_STATE"
            if state == legal:          # updates want an ASID, too
                want = "INACTIVE" if "UPDATE" in name else "SUCCESS"
            expect(want, run(handle), f"{name} in guest state {state}")
            expect("SUCCESS", fw.decommission(handle))


def a_cancelled_guest_runs_on_and_can_be_sent_again(fw):
    handle, _, _ = _sending(fw)
    expect("SUCCESS", fw.send_cancel(handle))
    state_is(fw, handle, G_RUNNING)
    start_sending(fw, handle, fw)
    packet(fw, handle, DATA)


def a_guest_that_was_sent_never_gets_an_asid_again(fw):
    handle, _, _ = _sending(fw)
    expect("SUCCESS", fw.send_finish(handle))
    state_is(fw, handle, G_SENT)
    expect("ACTIVE", fw.activate(handle, 2))
    expect("SUCCESS", fw.deactivate(handle))
    expect("SUCCESS", fw.flush())
    expect("INVALID_GUEST_STATE", fw.activate(handle, 2))
    expect("SUCCESS", fw.decommission(handle))


def a_guest_being_sent_may_change_its_asid(fw):
    handle, _, _ = _sending(fw)
    expect("SUCCESS", fw.deactivate(handle))
    expect("INACTIVE", fw.packet(SEND_DATA, handle, HEADER_AT, HEADER_BYTES,
                                 DATA, 4096, PACKET_AT, 4096))
    expect("SUCCESS", fw.activate(handle, 2))
    packet(fw, handle, DATA)
    expect("SUCCESS", fw.deactivate(handle))
    # it ran under ASID 2, which therefore is dirty now
    expect("DF_FLUSH_REQUIRED", fw.activate(handle, 2))


def nosend_refuses_every_target(fw):
    fw.ready()
    handle = fw.guest_in(G_RUNNING, OPEN_ES | NOSEND)
    expect("POLICY_FAILURE", send_start(fw, handle, *certificates(fw)))
    state_is(fw, handle, G_RUNNING)


def nobody_proves_to_be_a_platform_of_amds(fw):
    fw.ready()
    handle = fw.guest_in(G_RUNNING, OPEN_ES | SEV)
    pdh, chain = certificates(fw)
    for amd in (0, AMD_BYTES - 1, AMD_BYTES + 1):
        expect("INVALID_LENGTH", send_start(fw, handle, pdh, chain,
                                            bytes(amd)), f"{amd} bytes")
    expect("INVALID_LENGTH", send_start(fw, handle, pdh, chain[:-1],
                                        bytes(AMD_BYTES)))
    expect("INVALID_CERTIFICATE", send_start(fw, handle, pdh, chain,
                                             bytes(AMD_BYTES)))
    state_is(fw, handle, G_RUNNING)


def a_domain_guest_goes_only_to_a_platform_of_the_same_owner(fw, other):
    authority = Authority(random.Random(53))
    for machine in (fw, other):
        ready_without_owner(machine)
    handle = fw.guest_in(G_RUNNING, OPEN_ES | DOMAIN)
    expect("POLICY_FAILURE", send_start(fw, handle, *certificates(other)),
           "strangers")
    take_ownership(other, authority)
    expect("POLICY_FAILURE", send_start(fw, handle, *certificates(other)),
           "only the target is owned")
    expect("SUCCESS", send_start(fw, handle, *certificates(fw)), "itself")
    expect("SUCCESS", fw.shutdown())
    fw.ready()
    take_ownership(fw, authority)
    handle = fw.guest_in(G_RUNNING, OPEN_ES | DOMAIN)
    expect("SUCCESS", send_start(fw, handle, *certificates(other)))


def a_changed_domain_chain_is_refused(fw):
    fw.ready()
    pdh, chain = certificates(fw)
    stranger = Authority(random.Random(54))
    pek, oca = chain[:CERT_BYTES], chain[CERT_BYTES:2 * CERT_BYTES]
    cek = chain[2 * CERT_BYTES:]
    handle = fw.guest_in(G_RUNNING, OPEN_ES | DOMAIN)

    def spoil(cert, offset):
        return cert[:offset] + bytes([cert[offset] ^ 1]) + cert[offset + 1:]

    r_of = SIGNED_BYTES + 8
    for name, args, want in (
            ("PDH's key", (spoil(pdh, 20), chain), "BAD_SIGNATURE"),
            ("PDH's signature", (spoil(pdh, r_of), chain), "BAD_SIGNATURE"),
            ("PDH unsigned", (certificate(export(fw)[0].key), chain),
             "BAD_SIGNATURE"),
            ("PDH of no PEK", (pdh[:SIGNED_BYTES] + stranger.cert[
                SIGNED_BYTES:], chain), "INVALID_CERTIFICATE"),
            ("PEK's signature", (pdh, spoil(pek, r_of) + oca + cek),
             "BAD_SIGNATURE"),
            ("OCA's signature", (pdh, pek + spoil(oca, r_of) + cek),
             "BAD_SIGNATURE"),
            ("another OCA", (pdh, pek + stranger.cert + cek),
             "BAD_SIGNATURE"),
            ("another PEK", (pdh, stranger.sign(pek) + stranger.cert + cek),
             "POLICY_FAILURE"),
            ("OCA with more bytes", (pdh, pek + spoil(oca, CERT_BYTES - 1)
                                     + cek), "POLICY_FAILURE"),
            ("short chain", (pdh, chain[:-1]), "INVALID_LENGTH"),
            ("short PDH", (pdh[:-1], chain), "INVALID_LENGTH")):
        expect(want, send_start(fw, handle, *args), name)
        state_is(fw, handle, G_RUNNING)
    expect("SUCCESS", send_start(fw, handle, pdh, chain))


def any_target_has_a_usable_key(fw):
    fw.ready()
    handle = fw.guest_in(G_RUNNING, OPEN_ES)
    x, y = p384.multiply(7)
    for cert in (certificate((x, y ^ 1)), certificate((0, 0)),
                 certificate((x, y), usage=PEK), certificate((x, y), algo=2),
                 certificate((x, y), version=2)):
        expect("INVALID_CERTIFICATE", send_start(fw, handle, cert))
    expect("INVALID_LENGTH", send_start(fw, handle, certificate((x, y)) + b"0"))
    state_is(fw, handle, G_RUNNING)


def send_start_tells_the_sessions_length(fw):
    """kvm_amd asks with nothing but the handle."""
    expect("INVALID_PLATFORM_STATE", fw.send_start(1))
    fw.ready()
    handle = fw.guest_in(G_RUNNING, OPEN_ES)
    expect("INVALID_GUEST", fw.send_start(handle + 1))
    for length in (0, SESSION_BYTES - 1, SESSION_BYTES + 1):
        expect("INVALID_LENGTH",
               fw.send_start(handle, session=(SESSION_AT, length)))
        expect(SESSION_BYTES, fw.session_len, "needed length")
    state_is(fw, handle, G_RUNNING)


def send_start_wants_memory(fw):
    fw.ready()
    handle = fw.guest_in(G_RUNNING, OPEN_ES | DOMAIN)
    good = {"pdh": (CERT_AT, CERT_BYTES), "chain": (CHAIN_AT, CHAIN_BYTES),
            "session": (SESSION_AT, SESSION_BYTES)}
    export(fw)
    for change in ({"pdh": (RAM_BYTES, CERT_BYTES)},
                   {"chain": (RAM_BYTES - 4096, CHAIN_BYTES)},
                   {"session": (RAM_BYTES - 64, SESSION_BYTES)}):
        expect("INVALID_ADDRESS", fw.send_start(handle, **{**good, **change}),
               str(change))
        state_is(fw, handle, G_RUNNING)
    expect("SUCCESS", fw.send_start(handle, **good))


def updates_tell_the_lengths_they_need(fw):
    args = (HEADER_AT, 0, 0, 0, 0, 0)
    expect("INVALID_PLATFORM_STATE", fw.packet(SEND_DATA, 1, *args))
    handle, _, _ = _sending(fw)
    for command in (SEND_DATA, SEND_VMSA):
        for length in (0, HEADER_BYTES - 1):
            expect("INVALID_LENGTH", fw.packet(command, handle, HEADER_AT,
                                               length, DATA, 4096, 0, 0))
            expect((HEADER_BYTES, 0), fw.lengths, "needed header")
        for length in (0, 4095):
            expect("INVALID_LENGTH", fw.packet(
                command, handle, HEADER_AT, HEADER_BYTES, DATA, 4096,
                PACKET_AT, length))
            expect((HEADER_BYTES, 4096), fw.lengths, "needed packet")
    expect("INVALID_GUEST", fw.packet(SEND_DATA, handle + 1, HEADER_AT,
                                      HEADER_BYTES, DATA, 4096, PACKET_AT,
                                      4096))


def updates_want_pieces_of_memory(fw):
    handle, data, _ = _sending(fw)
    good = {"hdr": HEADER_AT, "hdr_len": 4096, "guest": DATA,
            "guest_len": 4096, "trans": PACKET_AT, "trans_len": 0x8000}
    for change, want in (({"guest_len": 0}, "INVALID_LENGTH"),
                         ({"guest_len": 24}, "INVALID_LENGTH"),
                         ({"guest_len": 16400}, "INVALID_LENGTH"),
                         ({"guest": DATA + 8}, "INVALID_ADDRESS"),
                         ({"guest": RAM_BYTES}, "INVALID_ADDRESS"),
                         ({"guest": RAM_BYTES - 16}, "INVALID_ADDRESS"),
                         ({"hdr": RAM_BYTES - 16}, "INVALID_ADDRESS"),
                         ({"trans": RAM_BYTES - 16}, "INVALID_ADDRESS"),
                         ({}, "SUCCESS"),
                         ({"guest_len": 16384}, "SUCCESS")):
        expect(want, fw.packet(SEND_DATA, handle, **{**good, **change}),
               str(change))


def only_a_vmsa_of_this_guest_is_sent_as_one(fw):
    handle, _, _ = _sending(fw)
    other = fw.guest_in(G_LUPDATE, OPEN_ES, asid=2)
    fill(fw, OTHER_VMSA_AT, 4096, 60)
    expect("SUCCESS", fw.update_vmsa(other, OTHER_VMSA_AT))
    good = {"hdr": HEADER_AT, "hdr_len": HEADER_BYTES, "guest": VMSA_AT,
            "guest_len": 4096, "trans": PACKET_AT, "trans_len": 8192}
    expect("SUCCESS", fw.copy(handle, VMSA_AT, COPY_AT))
    for change, want in (({"guest": DATA}, "INVALID_PARAM"),
                         ({"guest": VMSA_AT + 16}, "INVALID_PARAM"),
                         ({"guest": OTHER_VMSA_AT}, "INVALID_PARAM"),
                         ({"guest": COPY_AT}, "INVALID_PARAM"),
                         ({"guest": RAM_BYTES}, "INVALID_PARAM"),
                         ({"guest_len": 2048}, "INVALID_LENGTH"),
                         ({"guest_len": 8192}, "INVALID_LENGTH"),
                         ({}, "SUCCESS")):
        expect(want, fw.packet(SEND_VMSA, handle, **{**good, **change}),
               str(change))
    fw.host_writes(VMSA_AT + 64, b"host")
    expect("INVALID_PARAM", fw.packet(SEND_VMSA, handle, **good), "spoiled")


def a_guest_without_es_has_no_vmsa_to_send(fw):
    fw.ready()
    handle = fw.guest_in(G_RUNNING, OPEN_SEV, asid=MIN_ASID)
    start_sending(fw, handle, fw)
    args = (HEADER_AT, HEADER_BYTES, DATA, 4096, PACKET_AT, 4096)
    expect("UNSUPPORTED", fw.packet(SEND_VMSA, handle, *args))
    expect("SUCCESS", fw.packet(SEND_DATA, handle, *args))


def sending_leaves_the_guests_bytes_alone(fw):
    handle, data, vmsa = _sending(fw)
    for _ in range(3):
        packet(fw, handle, DATA, 8192)
        packet(fw, handle, VMSA_AT, vmsa=True)
    for paddr, want in ((DATA, data), (VMSA_AT, vmsa)):
        expect("SUCCESS", fw.dbg_decrypt(handle, paddr, BLOB, len(want)))
        expect(want, fw.machine.read(BLOB, len(want)), f"{paddr:#x}")
