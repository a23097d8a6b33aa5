# SPDX-License-Identifier: GPL-2.0
"""Rule: a fault that somebody ordered hits the command it was ordered for.

Source: the platform's README ("Helps that hardware does not give"); QEMU's
own conventions for properties (one clear sentence, exit status 1).
Why it matters: how a driver handles a failing firmware can be seen nowhere
else.
Not covered: late answers (qemu-tests/psp-late; the clock stands still here).
"""
from case_mailbox import MSI_ADDR, MSI_DATA, _setup_msi
from case_start import _refused
from firmware import (CMD, CMDRESP, INTEN, INTSTS, G_LUPDATE, UNINIT, Wrong,
                      expect)

PROPERTIES = {"command": 0, "nth": 0, "status": 0, "delay-ms": 0,
              "drop-interrupt": False}


def _order(fw, **fault):
    """Order a fault over QMP, or with nothing none."""
    for name, value in {**PROPERTIES, **fault}.items():
        fw.machine.psp_set_property(f"fault-{name}", value)


def the_second_command_fails_and_no_other(fw):
    _order(fw, nth=2, status=0x13)
    expect("SUCCESS", fw.platform_status(), "first")
    expect("HWERROR_PLATFORM", fw.platform_status(), "second")
    expect("SUCCESS", fw.platform_status(), "third")
    _order(fw)


def only_commands_of_one_id_count(fw):
    fw.ready()
    _order(fw, command=0x030, nth=2, status=0x17)
    expect("SUCCESS", fw.launch_start())
    expect("SUCCESS", fw.activate(fw.handle, 1))
    expect("RESOURCE_LIMIT", fw.launch_start())
    expect("SUCCESS", fw.platform_status())
    expect("SUCCESS", fw.launch_start())
    _order(fw)


def a_command_that_fails_does_nothing_else(fw):
    _order(fw, command=0x001, nth=1, status=0x14)
    expect("HWERROR_UNSAFE", fw.init())
    expect("SUCCESS", fw.platform_status())
    expect(UNINIT, fw.status["state"], "platform state")
    fw.ready()
    handle = fw.guest_in(G_LUPDATE)
    _order(fw, command=0x020, nth=1, status=0x10)
    expect("INVALID_GUEST", fw.decommission(handle))
    expect("SUCCESS", fw.guest_status(handle))
    _order(fw)


def an_order_counts_anew(fw):
    _order(fw, nth=2, status=0x13)
    expect("SUCCESS", fw.platform_status())
    _order(fw, nth=2, status=0x15)
    expect("SUCCESS", fw.platform_status())
    expect("UNSUPPORTED", fw.platform_status())
    _order(fw)


def an_interrupt_is_dropped_and_the_next_one_comes(fw):
    _setup_msi(fw)
    fw.reg_write(INTEN, 0xFFFFFFFF)
    _order(fw, command=0x004, nth=1, **{"drop-interrupt": True})
    expect("SUCCESS", fw.run(0x004, CMD, flags=1))
    expect(0, fw.machine.read32(MSI_ADDR), "message")
    expect(0, fw.reg_read(INTSTS), "interrupt status")
    expect("SUCCESS", fw.run(0x004, CMD, flags=1))
    expect(MSI_DATA, fw.machine.read32(MSI_ADDR), "next message")
    _order(fw)


def a_late_answer_is_not_there_at_once(fw):
    _order(fw, nth=1, **{"delay-ms": 1000})
    try:
        fw.run(0x004, CMD)
    except Wrong:
        expect(0x004 << 16, fw.reg_read(CMDRESP), "register")
    else:
        raise Wrong("the answer is there")
    _order(fw)
    fw.machine.reset()
    expect("SUCCESS", fw.platform_status(), "after a reset")


def values_out_of_range_are_refused(fw):
    for name, value, most in (("command", 0x400, 0x3FF),
                              ("nth", 1 << 32, 0xFFFFFFFF),
                              ("status", 0x10000, 0xFFFF),
                              ("delay-ms", 600001, 600000)):
        argv = list(fw.machine.argv)
        device = argv.index("amd-psp")
        argv[device] += f",fault-{name}={value}"
        _refused(fw, argv, ("amd-psp", f"fault-{name}", f"maximum: {most}"))


def values_of_another_kind_are_refused(fw):
    for option in ("fault-status=broken", "fault-nth=-1",
                   "fault-drop-interrupt=7", "fault-colour=red"):
        argv = list(fw.machine.argv)
        argv[argv.index("amd-psp")] += "," + option
        _refused(fw, argv, (option.split("=", maxsplit=1)[0],))
