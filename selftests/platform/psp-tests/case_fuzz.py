# SPDX-License-Identifier: GPL-2.0
"""Rule: no command and no register write stops the machine.

Source: AMD 55766 SEV API, chapter 4 (every command has a status code).
Why it matters: the mailbox belongs to the host operating system; its mistakes
must come back as status codes.
Not covered: more than these fixed sequences.
"""
import random
import struct

from firmware import (BUF_HI, BUF_LO, CMDRESP, DATA, FEATURES, INTEN,
                      INTSTS, STATUS, TMR, expect)
from machine import BAR2_ADDR, RAM_BYTES

ROUNDS = 4000
COMMANDS = (0x001, 0x002, 0x003, 0x004, 0x00A, 0x00C, 0x00D, 0x020, 0x021,
            0x022, 0x023, 0x030, 0x031, 0x032, 0x033, 0x034, 0x035)
WORDS = (0, 1, 2, 5, 7, 15, 16, 31, 32, 48, 0x24, 4096, 0x8000, 0x100000,
         0xFFFFFFF0, 0xFFFFFFFF)
FUZZ_CMD = 0x1400000
ADDRESSES = (0, FUZZ_CMD, FUZZ_CMD + 4090, DATA, DATA + 16, TMR, RAM_BYTES - 16,
             RAM_BYTES, 0xFE000000, 0xFEE00000, 0xFFFFFFFFFFFFF000)


def _random_buffer(rng, handle):
    """Words and addresses in the places where commands have them."""
    buf = bytearray(64)
    for offset in range(0, 64, 4):
        struct.pack_into("<I", buf, offset, rng.choice(WORDS))
    for offset in rng.sample(range(0, 56, 8), 3):
        struct.pack_into("<Q", buf, offset, rng.choice(ADDRESSES))
    if rng.random() < 0.7:
        struct.pack_into("<I", buf, 0, handle)
    return bytes(buf)


def _random_command(fw, rng):
    fw.host_writes(FUZZ_CMD, _random_buffer(rng, fw.handle))
    paddr = FUZZ_CMD if rng.random() < 0.95 else rng.choice(ADDRESSES)
    return fw.run(rng.choice(COMMANDS), paddr)


def _next_answer(fw, rng):
    """Mostly noise, sometimes the right thing, so that noise gets deeper."""
    dice = rng.random()
    if dice < 0.05:
        fw.init()
        return fw.df_flush()
    if dice < 0.20:
        fw.launch_start(rng.choice((1, 5)))
        return fw.activate(fw.handle, rng.choice((1, 2, 3, 16, 17)))
    return _random_command(fw, rng)


def random_commands_always_get_a_known_status(fw):
    rng = random.Random(55766)
    seen = set()
    fw.ready()
    fw.handle = 0
    for number in range(ROUNDS):
        status = _next_answer(fw, rng)
        expect(True, status in STATUS.values(), f"round {number}: {status}")
        seen.add(status)
    expect(True, len(seen) >= 14, f"many different answers: {sorted(seen)}")
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
