# SPDX-License-Identifier: GPL-2.0
"""One QEMU machine with a security processor and almost no software in it.

The virtual CPU stands still but in wbinvd(). Memory, port I/O and the device's
registers are driven over QEMU's qtest protocol, and object properties are read
over QMP.
"""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

CPU = ("EPYC-Milan,+svm,+npt,+nrip-save,+lbrv,+flushbyasid,+decodeassists,"
       "xlevel=0x8000001f,sev-es-host=on")
RAM_BYTES = 256 << 20
PSP_PCI_ID = 0x14CA1022
BAR2_ADDR = 0xFE000000
TIMEOUT_SECONDS = 30
SAID = os.environ.get("PSP_TESTS_SAID")     # a file that keeps QEMU's words

# From the reset vector on, 16 bytes below the end of the ROM: WBINVD, then
# count it in memory, and again.
COUNTER = 0x500
ROM_CODE = bytes.fromhex("0f09" "66ff060005" "ebf7")
ROM_BYTES = 64 << 10


class QemuDied(Exception):
    """QEMU closed its sockets: it crashed or was killed."""


class Line:
    """A line-based conversation over a socket QEMU connects to."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        self.listener.settimeout(TIMEOUT_SECONDS)
        self.file = None

    def accept(self):
        conn, _ = self.listener.accept()
        conn.settimeout(TIMEOUT_SECONDS)
        self.file = conn.makefile("rw", encoding="ascii")

    def send(self, text):
        try:
            self.file.write(text + "\n")
            self.file.flush()
        except OSError as err:
            raise QemuDied(str(err)) from err

    def receive(self):
        try:
            line = self.file.readline()
        except OSError as err:
            raise QemuDied(str(err)) from err
        if not line:
            raise QemuDied("end of file")
        return line.strip()


class Machine:
    """Starts QEMU and talks to it; use as a context manager."""

    def __init__(self, qemu, cpu=CPU, extra=()):
        self.argv = [
            qemu, "-L", "/usr/share/seabios", "-L", "/usr/share/qemu",
            "-nodefaults", "-no-user-config", "-display", "none", "-S",
            "-machine", "q35", "-accel", "tcg,thread=single", "-cpu", cpu,
            "-m", str(RAM_BYTES >> 20), "-device", "amd-psp", *extra]
        self.dir = tempfile.mkdtemp(prefix="psp-tests.")
        with open(os.path.join(self.dir, "rom"), "wb") as rom:
            rom.write((bytes(ROM_BYTES - 16) + ROM_CODE)
                      .ljust(ROM_BYTES, b"\0"))
        self.qtest = Line(os.path.join(self.dir, "qtest"))
        self.qmp = Line(os.path.join(self.dir, "qmp"))
        self.events = []
        self.process = None
        self.slot = None
        self.last_words = ""

    def __enter__(self):
        argv = self.argv + [
            "-bios", f"{self.dir}/rom",
            "-qtest", f"unix:{self.dir}/qtest", "-qtest-log", "none",
            "-qmp", f"unix:{self.dir}/qmp"]
        with open(os.path.join(self.dir, "stderr"), "wb") as stderr:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr)
        try:
            self.qtest.accept()
            self.qmp.accept()
            self.qmp.receive()
            self.command("qmp_capabilities")
            self.setup_pci()
        except TimeoutError as err:
            self.__exit__()
            raise QemuDied(self.last_words or "no answer") from err
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        with open(os.path.join(self.dir, "stderr"), errors="replace") as file:
            lines = file.readlines()
        self.last_words = "; ".join(
            line.strip() for line in lines if "warning:" not in line)
        if SAID:
            with open(SAID, "a", encoding="utf-8") as file:
                file.writelines(lines)
        shutil.rmtree(self.dir, ignore_errors=True)

    # qtest
    def ask(self, text):
        self.qtest.send(text)
        while True:
            words = self.qtest.receive().split()
            if words[0] == "IRQ":
                continue
            if words[0] != "OK":
                raise RuntimeError(f"qtest {text}: {' '.join(words)}")
            return words[1:]

    def read(self, addr, length):
        return bytes.fromhex(self.ask(f"read {addr:#x} {length:#x}")[0][2:])

    def write(self, addr, data):
        self.ask(f"write {addr:#x} {len(data):#x} 0x{data.hex()}")

    def read32(self, addr):
        return int(self.ask(f"readl {addr:#x}")[0], 16)

    def write32(self, addr, value):
        self.ask(f"writel {addr:#x} {value:#x}")

    # PCI configuration space, mechanism 1, bus 0
    def config_address(self, slot, offset):
        self.ask(f"outl 0xcf8 {0x80000000 | slot << 11 | offset:#x}")

    def config_read(self, offset, slot=None):
        self.config_address(self.slot if slot is None else slot, offset)
        return int(self.ask("inl 0xcfc")[0], 16)

    def config_write(self, offset, value):
        self.config_address(self.slot, offset)
        self.ask(f"outl 0xcfc {value:#x}")

    def setup_pci(self):
        slots = [s for s in range(32) if self.config_read(0, s) == PSP_PCI_ID]
        if not slots:
            raise RuntimeError("no security processor on PCI bus 0")
        self.slot = slots[0]
        self.config_write(0x18, BAR2_ADDR)
        self.config_write(0x04, 0x6)        # memory and bus master

    # QMP
    def command(self, name, **arguments):
        self.qmp.send(json.dumps({"execute": name, "arguments": arguments}))
        while True:
            answer = json.loads(self.qmp.receive())
            if "return" in answer:
                return answer["return"]
            if "event" in answer:
                self.events.append(answer["event"])
            if "error" in answer:
                raise RuntimeError(f"QMP {name}: {answer['error']['desc']}")

    def monitor(self, text):
        """What the human monitor answers."""
        return self.command("human-monitor-command", **{"command-line": text})

    def reset(self):
        self.events.clear()
        self.command("system_reset")
        while "RESET" not in self.events:   # it may come before the answer
            self.events.append(json.loads(self.qmp.receive()).get("event"))
        self.setup_pci()

    def _counter(self):
        return int.from_bytes(self.read(COUNTER, 4), "little")

    def wbinvd(self):
        """Let the CPU run until it has executed WBINVD from now on."""
        before = self._counter()
        end = time.monotonic() + TIMEOUT_SECONDS
        self.command("cont")
        while (self._counter() - before) % (1 << 32) < 2:
            if time.monotonic() > end:
                raise QemuDied("the CPU does not execute WBINVD")
        self.command("stop")

    def psp_path(self):
        base = "/machine/peripheral-anon"
        for entry in self.command("qom-list", path=base):
            if entry["type"] == "child<amd-psp>":
                return f"{base}/{entry['name']}"
        raise RuntimeError("no amd-psp object")

    def psp_property(self, name):
        return self.command("qom-get", path=self.psp_path(), property=name)

    def psp_set_property(self, name, value):
        self.command("qom-set", path=self.psp_path(), property=name,
                     value=value)
