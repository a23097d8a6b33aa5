# SPDX-License-Identifier: GPL-2.0
"""Rule: the host reads and writes a guest's bytes only by the guest's leave.

Source: AMD 55766 SEV API, chapter 6 "DBG_DECRYPT", "DBG_ENCRYPT", "COPY",
chapter 2 "Guest Policy".
Why it matters: NODBG is what makes a guest's memory private to the guest.
Not covered: COPY of ranges that overlap.
"""
from case_launch import fill
from firmware import (BLOB, DATA, ES_POLICY, G_LUPDATE, G_RUNNING, G_SUPDATE,
                      expect, expect_not)
from machine import RAM_BYTES
from transfer import (OPEN_ES, PLAIN_AT, VMSA_AT, guest_with_content, packet,
                      plain, start_sending)


def a_debugged_guest_can_be_read(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE, OPEN_ES)
    data = fill(fw, DATA, 8192, 40)
    expect("SUCCESS", fw.update_data(handle, DATA, 8192))
    expect(data, plain(fw, handle, DATA, 8192))
    expect(data[16:48], plain(fw, handle, DATA + 16, 32), "piece")
    expect(data[4080:4112], plain(fw, handle, DATA + 4080, 32), "two pages")


def another_guests_key_reads_garbage(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE, OPEN_ES, asid=1)
    other = fw.guest_in(G_LUPDATE, OPEN_ES, asid=2)
    data = fill(fw, DATA, 4096, 41)
    expect("SUCCESS", fw.update_data(handle))
    expect_not(data, plain(fw, other, DATA), "under the other key")
    expect(data, plain(fw, handle, DATA), "under the own key")


def a_debugged_guest_can_be_written(fw):
    fw.ready()
    handle = fw.guest_in(G_RUNNING, OPEN_ES)
    data = fill(fw, PLAIN_AT, 4096, 42)
    expect("SUCCESS", fw.dbg_encrypt(handle, PLAIN_AT, DATA + 0x800, 4096))
    fill(fw, PLAIN_AT, 4096, 43)
    expect(data, plain(fw, handle, DATA + 0x800))


def nodbg_refuses_both_ways(fw):
    fw.ready()
    handle = fw.guest_in(G_RUNNING, ES_POLICY)
    fw.host_writes(PLAIN_AT, b"p" * 4096)
    for command in (fw.dbg_decrypt, fw.dbg_encrypt):
        expect("POLICY_FAILURE", command(handle, DATA, PLAIN_AT, 4096))
    expect(b"p" * 4096, fw.machine.read(PLAIN_AT, 4096), "destination")


def debugging_checks_addresses_then_length_then_guest(fw):
    expect("INVALID_PLATFORM_STATE", fw.dbg_decrypt(1, DATA, PLAIN_AT, 4096))
    fw.ready()
    handle = fw.guest_in(G_RUNNING, OPEN_ES)
    for command in (fw.dbg_decrypt, fw.dbg_encrypt):
        for args, want in (((handle, DATA + 8, PLAIN_AT, 5), "INVALID_ADDRESS"),
                           ((handle, DATA, PLAIN_AT + 8, 5), "INVALID_ADDRESS"),
                           ((99, DATA, PLAIN_AT, 5), "INVALID_LENGTH"),
                           ((handle, DATA, PLAIN_AT, 0), "INVALID_LENGTH"),
                           ((99, DATA, PLAIN_AT, 16), "INVALID_GUEST"),
                           ((handle, RAM_BYTES, PLAIN_AT, 16),
                            "INVALID_ADDRESS"),
                           ((handle, DATA, RAM_BYTES - 16, 32),
                            "INVALID_ADDRESS"),
                           ((handle, DATA, PLAIN_AT, 0xFFFFFFF0),
                            "INVALID_ADDRESS")):
            expect(want, command(*args), str(args))
    expect("SUCCESS", fw.deactivate(handle))
    expect("INACTIVE", fw.dbg_decrypt(handle, DATA, PLAIN_AT, 4096))


def a_vmsa_that_was_debugged_into_is_no_vmsa_any_more(fw):
    """SEND_UPDATE_VMSA takes exactly what VMRUN takes."""
    fw.ready()
    handle, _, vmsa = guest_with_content(fw, 44)
    start_sending(fw, handle, fw)
    packet(fw, handle, VMSA_AT, vmsa=True)
    expect(vmsa, plain(fw, handle, VMSA_AT), "VMSA")
    fw.host_writes(PLAIN_AT, b"x" * 16)
    expect("SUCCESS", fw.dbg_encrypt(handle, PLAIN_AT, VMSA_AT + 16, 16))
    expect("INVALID_PARAM", fw.packet(0x042, handle, BLOB, 52, VMSA_AT, 4096,
                                      PLAIN_AT, 4096))
    expect("SUCCESS", fw.guest_status(handle))
    expect(G_SUPDATE, fw.guest["state"])


def copy_moves_private_pages(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE, OPEN_ES)
    data = fill(fw, DATA, 8192, 45)
    expect("SUCCESS", fw.update_data(handle, DATA, 8192))
    expect("SUCCESS", fw.copy(handle, DATA, DATA + 0x10000, 8192))
    expect(data, plain(fw, handle, DATA + 0x10000, 8192))
    expect("SUCCESS", fw.copy(handle, DATA, DATA, 4096))
    expect(data, plain(fw, handle, DATA, 8192), "source")


def copy_wants_whole_pages_of_memory_and_an_asid(fw):
    expect("INVALID_PLATFORM_STATE", fw.copy(1, DATA, PLAIN_AT))
    fw.ready()
    handle = fw.guest_in(G_RUNNING, ES_POLICY)
    idle = fw.guest_in(G_RUNNING, ES_POLICY, asid=0)
    for args, want in (((99, DATA, PLAIN_AT, 4096), "INVALID_GUEST"),
                       ((idle, DATA, PLAIN_AT, 4096), "INACTIVE"),
                       ((handle, DATA, PLAIN_AT, 0), "INVALID_LENGTH"),
                       ((handle, DATA, PLAIN_AT, 16), "INVALID_LENGTH"),
                       ((handle, DATA + 16, PLAIN_AT, 4096),
                        "INVALID_ADDRESS"),
                       ((handle, DATA, PLAIN_AT + 16, 4096),
                        "INVALID_ADDRESS"),
                       ((handle, RAM_BYTES, PLAIN_AT, 4096),
                        "INVALID_ADDRESS"),
                       ((handle, DATA, RAM_BYTES - 4096, 8192),
                        "INVALID_ADDRESS"),
                       ((handle, DATA, PLAIN_AT, 4096), "SUCCESS")):
        expect(want, fw.copy(*args), str(args))
