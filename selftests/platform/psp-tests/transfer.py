# SPDX-License-Identifier: GPL-2.0
"""Carrying a guest from one firmware to another, as two hosts would do it.

AMD 55766 SEV API, chapter 6 "SEND_START" to "RECEIVE_FINISH". A packet is what
the wire carries: header, data, and whether it is a VMSA.
"""
import collections

from case_launch import fill
from firmware import DATA, expect
from keys import CERT_AT, CHAIN_AT, export

SESSION_AT, HEADER_AT, PACKET_AT = 0x1304000, 0x1305000, 0x1306000
PLAIN_AT = 0x1500000
SESSION_BYTES, HEADER_BYTES = 128, 52
OPEN_ES, OPEN_SEV = 0x4, 0x0            # policies without NODBG
VMSA_AT = DATA + 0x100000

Packet = collections.namedtuple("Packet", "header data vmsa")


def guest_with_content(fw, seed, policy=OPEN_ES, asid=1):
    """A running guest of two pages and a VMSA; answers handle and bytes."""
    expect("SUCCESS", fw.launch_start(policy))
    handle = fw.handle
    expect("SUCCESS", fw.activate(handle, asid))
    data = fill(fw, DATA, 8192, seed)
    vmsa = fill(fw, VMSA_AT, 4096, seed + 1)
    expect("SUCCESS", fw.update_data(handle, DATA, 8192))
    expect("SUCCESS", fw.update_vmsa(handle, VMSA_AT))
    expect("SUCCESS", fw.measure(handle))
    expect("SUCCESS", fw.finish(handle))
    return handle, data, vmsa


def plain(fw, handle, paddr, length=4096):
    """What the guest sees at paddr; its policy must allow to look."""
    expect("SUCCESS", fw.dbg_decrypt(handle, paddr, PLAIN_AT, length))
    return fw.machine.read(PLAIN_AT, length)


def certificates(fw):
    """The bytes a sender needs of its target: PDH and chain."""
    pdh, *chain = export(fw)
    return pdh.raw, b"".join(cert.raw for cert in chain)


def send_start(fw, handle, pdh, chain=b"", amd=b""):
    """SEND_START to the owner of the certificates; answers the status."""
    fw.host_writes(CERT_AT, pdh)
    fw.host_writes(CHAIN_AT, chain or bytes(1))
    fw.host_writes(PLAIN_AT, amd or bytes(1))
    fw.host_writes(SESSION_AT, bytes(SESSION_BYTES))
    return fw.send_start(handle, (CERT_AT, len(pdh)), (CHAIN_AT, len(chain)),
                         (PLAIN_AT, len(amd)), (SESSION_AT, SESSION_BYTES))


def start_sending(fw, handle, target):
    """Answers the session for the target."""
    expect("SUCCESS", send_start(fw, handle, *certificates(target)))
    return fw.machine.read(SESSION_AT, SESSION_BYTES)


def packet(fw, handle, paddr, length=4096, vmsa=False):
    """SEND_UPDATE_DATA or SEND_UPDATE_VMSA."""
    expect("SUCCESS", fw.packet(0x042 if vmsa else 0x041, handle, HEADER_AT,
                                HEADER_BYTES, paddr, length, PACKET_AT,
                                length))
    return Packet(fw.machine.read(HEADER_AT, HEADER_BYTES),
                  fw.machine.read(PACKET_AT, length), vmsa)


def receive_start(fw, pdh, session, policy, handle=0):
    fw.host_writes(CERT_AT, pdh)
    fw.host_writes(SESSION_AT, session)
    return fw.receive_start(policy, (CERT_AT, len(pdh)),
                            (SESSION_AT, len(session)), handle)


def start_receiving(fw, source, session, policy=OPEN_ES, asid=1):
    """Answers the handle of the guest to come, activated."""
    expect("SUCCESS", receive_start(fw, export(source)[0].raw, session,
                                    policy))
    handle = fw.handle
    expect("SUCCESS", fw.activate(handle, asid))
    return handle


def receive(fw, handle, pack, paddr):
    """RECEIVE_UPDATE_DATA or RECEIVE_UPDATE_VMSA; answers the status."""
    fw.host_writes(HEADER_AT, pack.header)
    fw.host_writes(PACKET_AT, pack.data)
    return fw.packet(0x052 if pack.vmsa else 0x051, handle, HEADER_AT,
                     len(pack.header), paddr, len(pack.data), PACKET_AT,
                     len(pack.data))


def pair(fw, other, seed, policy=OPEN_ES):
    """Both in the middle of a transfer: source's and target's handle, data
    and VMSA of the guest."""
    fw.ready()
    other.ready()
    handle, data, vmsa = guest_with_content(fw, seed, policy)
    session = start_sending(fw, handle, other)
    return handle, start_receiving(other, fw, session, policy), data, vmsa
