# SPDX-License-Identifier: GPL-2.0
"""Rule: the monitor lists what is private, and who looked there.

Source: none, no hardware does this; ours is sev_watch.c.
Why it matters: a host that touches a private page has lost its way, and
nothing else says so.
Not covered: accesses by CPUs, see qemu-tests/sev-watch.c.
"""
import re
import struct

from firmware import BLOB, DATA, G_LUPDATE, expect

VMSA = DATA + 0x8000


def _info(fw):
    return fw.machine.monitor("info sev-host").splitlines()


def _launched_guest(fw, asid):
    """A guest that could run, with two pages of memory and a VMSA."""
    fw.ready()
    handle = fw.guest_in(G_LUPDATE, asid=asid)
    expect("SUCCESS", fw.update_data(handle, DATA, 8192))
    expect("SUCCESS", fw.update_vmsa(handle, VMSA))
    expect("SUCCESS", fw.measure(handle))
    expect("SUCCESS", fw.finish(handle))
    return handle


def each_asid_and_each_vmsa_is_listed(fw):
    handle = _launched_guest(fw, 3)
    lines = _info(fw)
    for line in ("ASID 3: SEV-ES, 3 frames",
                 f"VMSA {VMSA:#x}: ASID 3, not running"):
        expect(True, line in lines, f"{line} in {lines}")
    expect("SUCCESS", fw.deactivate(handle))
    gone = [line for line in _info(fw) if "ASID 3" in line]
    expect([], gone, "behind DEACTIVATE")


def _device_accesses(fw):
    """How many so far: to pages, to VMSAs."""
    numbers = re.search(r"devices: private pages (\d+), VMSAs (\d+)",
                        "\n".join(_info(fw)))
    expect(True, bool(numbers), "a line on devices")
    return tuple(map(int, numbers.groups()))


def _dma(fw, paddr):
    """QEMU's configuration device writes its signature there."""
    fw.machine.write(BLOB, struct.pack(">IIQ", 8 | 2, 4, paddr))
    fw.machine.ask("outl 0x514 0")
    register, = struct.unpack("<I", struct.pack(">I", BLOB))
    fw.machine.ask(f"outl 0x518 {register:#x}")
    expect(b"QEMU", fw.machine.read(paddr, 4), "DMA")


def a_devices_access_to_private_memory_counts_once(fw):
    _launched_guest(fw, 3)
    pages, vmsas = _device_accesses(fw)
    _dma(fw, DATA)
    _dma(fw, DATA + 64)
    expect((pages + 1, vmsas), _device_accesses(fw), "a page")
    _dma(fw, VMSA)
    expect((pages + 1, vmsas + 1), _device_accesses(fw), "a VMSA")


def a_device_may_use_what_is_nobodys(fw):
    handle = _launched_guest(fw, 3)
    before = _device_accesses(fw)
    _dma(fw, DATA + 0x10000)
    expect("SUCCESS", fw.deactivate(handle))
    _dma(fw, DATA)
    expect(before, _device_accesses(fw))
