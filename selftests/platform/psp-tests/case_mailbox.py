# SPDX-License-Identifier: GPL-2.0
"""Rule: the mailbox registers answer every command, and nothing else happens.

Source: AMD 55766 SEV API, chapter 4 "Mailbox Register Set"; Linux
drivers/crypto/ccp (register offsets of PCI function 1022:14CA).
Why it matters: the stock ccp driver loads only when these hold.
Not covered: INTx and MSI-X, which the device does not have.
"""
from firmware import (BUF_HI, BUF_LO, CMDRESP, FEATURES, INTEN, INTSTS,
                      CMD, CBIT, expect)
from machine import RAM_BYTES

MSI_ADDR, MSI_DATA = 0x1200000, 0xABCD


def the_feature_register_offers_sev_and_nothing_else(fw):
    expect(1, fw.reg_read(FEATURES))


def the_function_is_a_crypto_controller_with_a_1_mib_bar_2(fw):
    expect(0x1080, fw.machine.config_read(0x08) >> 16, "class")
    fw.machine.config_write(0x18, 0xFFFFFFFF)
    size = fw.machine.config_read(0x18)
    fw.machine.setup_pci()
    expect(0xFFF00000, size, "BAR 2")


def the_buffer_address_registers_keep_what_is_written(fw):
    fw.reg_write(BUF_LO, 0x12345678)
    fw.reg_write(BUF_HI, 0x9ABC)
    expect(0x12345678, fw.reg_read(BUF_LO))
    expect(0x9ABC, fw.reg_read(BUF_HI))


def an_unknown_command_answers_invalid_command(fw):
    for command in (0x000, 0x010, 0x01F, 0x026, 0x03F, 0x07F, 0x081, 0x3FF):
        expect("INVALID_COMMAND", fw.run(command, CMD), f"{command:#x}")


def a_command_of_snp_answers_invalid_command(fw):
    for command in (0x081, 0x083, 0x090, 0x093, 0x0A0, 0x0B0, 0x0C7, 0x0CA):
        expect("INVALID_COMMAND", fw.run(command, CMD), f"{command:#x}")


def a_command_buffer_outside_memory_answers_invalid_address(fw):
    for paddr in (RAM_BYTES + 0x80000000, RAM_BYTES - 4, 0xFFFFFFFFFFFFF000,
                  0xFE000000):
        for command in (0x001, 0x004, 0x023, 0x030):
            expect("INVALID_ADDRESS", fw.run(command, paddr),
                   f"{command:#x} {paddr:#x}")


def the_c_bit_in_a_command_buffer_address_is_ignored(fw):
    fw.machine.write(CMD, b"\xff" * 12)
    expect("SUCCESS", fw.run(0x004, CMD | CBIT))
    expect(1, fw.machine.read(CMD, 1)[0], "API major")


def a_refused_command_leaves_its_buffer_alone(fw):
    fw.machine.write(CMD, b"\x5a" * 64)
    expect("INVALID_PLATFORM_STATE", fw.run(0x030, CMD))
    expect(b"\x5a" * 64, fw.machine.read(CMD, 64))


def _setup_msi(fw):
    cap = fw.machine.config_read(0x34) & 0xFF
    while cap and fw.machine.config_read(cap) & 0xFF != 0x05:
        cap = fw.machine.config_read(cap) >> 8 & 0xFF
    expect(True, cap != 0, "MSI capability present")
    fw.machine.write32(MSI_ADDR, 0)
    fw.machine.config_write(cap + 4, MSI_ADDR)
    fw.machine.config_write(cap + 8, 0)
    fw.machine.config_write(cap + 12, MSI_DATA)
    fw.machine.config_write(cap, fw.machine.config_read(cap) | 1 << 16)


def completion_sends_an_msi_when_asked_and_enabled(fw):
    _setup_msi(fw)
    fw.reg_write(INTEN, 0xFFFFFFFF)
    expect("SUCCESS", fw.run(0x004, CMD, flags=1))
    expect(MSI_DATA, fw.machine.read32(MSI_ADDR), "message")
    expect(2, fw.reg_read(INTSTS), "interrupt status")
    fw.reg_write(INTSTS, 0xFFFFFFFF)
    expect(0, fw.reg_read(INTSTS), "interrupt status after clearing")


def completion_sends_no_msi_when_not_enabled(fw):
    _setup_msi(fw)
    fw.reg_write(INTEN, 0)
    expect("SUCCESS", fw.run(0x004, CMD, flags=1))
    expect(0, fw.machine.read32(MSI_ADDR), "message")
    expect(2, fw.reg_read(INTSTS), "interrupt status")


def completion_sends_no_msi_when_not_asked(fw):
    _setup_msi(fw)
    fw.reg_write(INTEN, 0xFFFFFFFF)
    expect("SUCCESS", fw.run(0x004, CMD))
    expect(0, fw.machine.read32(MSI_ADDR), "message")
    expect(0, fw.reg_read(INTSTS), "interrupt status")


def a_machine_reset_clears_the_registers(fw):
    fw.reg_write(INTEN, 2)
    expect("SUCCESS", fw.run(0x004, CMD, flags=1))
    fw.machine.reset()
    for reg in (INTEN, INTSTS, CMDRESP, BUF_LO, BUF_HI):
        expect(0, fw.reg_read(reg), f"register {reg:#x}")
