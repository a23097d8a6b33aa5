# SPDX-License-Identifier: GPL-2.0
"""Rule: no command and no register write stops the machine.

Source: AMD 55766 SEV API, chapter 4 (every command has a status code).
Why it matters: the mailbox belongs to the host operating system; its mistakes
must come back as status codes.
Not covered: more than these sequences; PSP_FUZZ_SEED and PSP_FUZZ_ROUNDS of the
environment give others.
"""
import os
import random
import struct

from firmware import (BUF_HI, BUF_LO, CMDRESP, DATA, FEATURES, G_RUNNING,
                      INTEN, INTSTS, STATUS, TMR, expect)
from keys import CERT_AT, CHAIN_AT, CHAIN_BYTES, export
from machine import BAR2_ADDR, RAM_BYTES
from owner import CERT_BYTES
from transfer import (HEADER_AT, HEADER_BYTES, PACKET_AT, SESSION_AT,
                      SESSION_BYTES, VMSA_AT)

SEED = int(os.environ.get("PSP_FUZZ_SEED", "55766"))
ROUNDS = int(os.environ.get("PSP_FUZZ_ROUNDS", "4000"))
LAYOUTS = {                 # I: a word, Q: an address, H: the handle
    0x001: "IIQI", 0x002: "", 0x003: "", 0x004: "III", 0x005: "",
    0x006: "QI", 0x007: "QIIQI", 0x008: "QIIQI", 0x009: "", 0x00A: "",
    0x00B: "QI", 0x00C: "QI", 0x00D: "IIQIIQI", 0x020: "H", 0x021: "HI",
    0x022: "H", 0x023: "HIII", 0x024: "HIQQ", 0x030: "HIQIIQI",
    0x031: "HIQI", 0x032: "HIQI", 0x033: "HIQI", 0x034: "HIQIIQIIQI",
    0x035: "H", 0x036: "HIQIIIII", 0x040: "HIQIIQIIQIIQI",
    0x041: "HIQIIQIIQI", 0x042: "HIQIIQIIQI", 0x043: "H", 0x044: "H",
    0x050: "HIQIIQI", 0x051: "HIQIIQIIQI", 0x052: "HIQIIQIIQI", 0x053: "H",
    0x060: "HIQQI", 0x061: "HIQQI",
}
WORDS = (0, 1, 2, 5, 7, 15, 16, 31, 32, 48, 0x24, 0xD0, HEADER_BYTES,
         SESSION_BYTES, CERT_BYTES, CHAIN_BYTES, 4096, 16384, 16400, 0x8000,
         0x100000, 0xFFFFFFF0, 0xFFFFFFFF)
SHUTDOWN = 0x002
FUZZ_CMD = 0x1400000
ADDRESSES = (0, 8, FUZZ_CMD, FUZZ_CMD + 4090, DATA, DATA + 16, VMSA_AT, TMR,
             CERT_AT, CHAIN_AT, HEADER_AT, PACKET_AT, SESSION_AT,
             RAM_BYTES - 4096, RAM_BYTES - 16, RAM_BYTES, 0xFE000000,
             0xFEE00000, 0xFFFFFFFFFFFFF000, 0xFFFFFFFFFFFFFFFF)


def _random_buffer(rng, layout, handle):
    """Words and addresses in the places where the command has them."""
    buf = b""
    for field in layout:
        if field == "Q":
            buf += struct.pack("<Q", rng.choice(ADDRESSES))
        elif field == "H" and rng.random() < 0.8:
            buf += struct.pack("<I", handle)
        else:
            buf += struct.pack("<I", rng.choice(WORDS))
    return buf or b"\0"


def _random_command(fw, rng):
    """The right layout with any content, or any bytes for any command."""
    command = rng.choice(tuple(LAYOUTS))
    buf = _random_buffer(rng, LAYOUTS[command], fw.handle)
    if rng.random() < 0.1:
        command, buf = rng.randrange(0x400), rng.randbytes(96)
    fw.host_writes(FUZZ_CMD, buf)
    paddr = FUZZ_CMD if rng.random() < 0.95 else rng.choice(ADDRESSES)
    return fw.run(command, paddr)


def _launched(fw, rng):
    fw.launch_start(rng.choice((0, 1, 4, 5, 0x14)))
    fw.activate(fw.handle, rng.choice((1, 2, 3, 16, 17)))
    fw.update_vmsa(fw.handle, VMSA_AT)
    if rng.random() < 0.7:
        fw.measure(fw.handle)
        fw.finish(fw.handle)


def _sent(fw, rng):
    """On the way to this very platform, all buffers in their places."""
    export(fw)
    status = fw.send_start(fw.handle, (CERT_AT, CERT_BYTES),
                           (CHAIN_AT, CHAIN_BYTES), (0, 0),
                           (SESSION_AT, SESSION_BYTES))
    if rng.random() < 0.5:
        return status
    fw.packet(0x042, fw.handle, HEADER_AT, HEADER_BYTES, VMSA_AT, 4096,
              PACKET_AT, 4096)
    status = fw.receive_start(fw.policy, (CERT_AT, CERT_BYTES),
                              (SESSION_AT, SESSION_BYTES))
    fw.activate(fw.handle, rng.choice((4, 5, 18)))
    return status


def _next_answer(fw, rng):
    """Mostly noise, sometimes the right thing, so that noise gets deeper."""
    dice = rng.random()
    if dice < 0.05:
        fw.init()
        return fw.flush()
    if dice < 0.15:
        _launched(fw, rng)
    elif dice < 0.20 and fw.platform_status() and fw.status["state"]:
        return _sent(fw, rng)
    return _random_command(fw, rng)


def _survive(fw, rng, rounds):
    """Answers which statuses were seen."""
    seen = set()
    fw.handle = 0
    for number in range(rounds):
        status = _next_answer(fw, rng)
        expect(True, status in STATUS.values(), f"round {number}: {status}")
        seen.add(status)
    return seen


def random_commands_always_get_a_known_status(fw):
    fw.ready()
    seen = _survive(fw, random.Random(SEED), ROUNDS)
    expect(True, len(seen) >= 16, f"many different answers: {sorted(seen)}")
    expect("SUCCESS", fw.platform_status())


def _boundary_buffers(fw, command):
    """All zeros, all ones, and a buffer that leaves memory."""
    for content in (b"\0" * 96, b"\xff" * 96):
        fw.machine.write(FUZZ_CMD, content)
        for paddr in (FUZZ_CMD, RAM_BYTES - 4):
            status = fw.run(command, paddr)
            known = status in STATUS.values()
            expect(True, known, f"{command:#x}: {status}")
            if command not in LAYOUTS:
                expect("INVALID_COMMAND", status, f"{command:#x}")


def every_command_id_takes_boundary_buffers(fw):
    for command in range(0x400):
        _boundary_buffers(fw, command)
    fw.machine.reset()
    fw.ready()
    fw.guest_in(G_RUNNING)
    for command in range(0x400):
        _boundary_buffers(fw, command)
        if command == SHUTDOWN:
            fw.ready()
            fw.guest_in(G_RUNNING)
    expect("SUCCESS", fw.platform_status())


def random_register_accesses_are_harmless(fw):
    rng = random.Random(24593)
    regs = (INTEN, INTSTS, BUF_LO, BUF_HI, FEATURES)
    for _ in range(ROUNDS):
        if rng.random() < 0.7:
            reg = rng.choice(regs)
        else:
            reg = rng.randrange(0, 1 << 20, 4)
        if reg != CMDRESP:
            fw.machine.write32(BAR2_ADDR + reg, rng.getrandbits(32))
        fw.machine.read32(BAR2_ADDR + reg)
    expect(1, fw.reg_read(FEATURES))
    expect("SUCCESS", fw.platform_status())
