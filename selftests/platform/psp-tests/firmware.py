# SPDX-License-Identifier: GPL-2.0
"""The SEV firmware as the host operating system sees it: the mailbox.

Command ids, buffer layouts and status codes are written down here from AMD
55766 "SEV API" a second time, independently of the device's own header.
"""
import struct

from machine import BAR2_ADDR

INTEN, INTSTS, CMDRESP = 0x10690, 0x10694, 0x10980
BUF_LO, BUF_HI, FEATURES = 0x109E0, 0x109E4, 0x109FC

STATUS = {
    0x00: "SUCCESS", 0x01: "INVALID_PLATFORM_STATE",
    0x02: "INVALID_GUEST_STATE", 0x03: "INVALID_CONFIG",
    0x04: "INVALID_LENGTH", 0x05: "ALREADY_OWNED",
    0x06: "INVALID_CERTIFICATE", 0x07: "POLICY_FAILURE", 0x08: "INACTIVE",
    0x09: "INVALID_ADDRESS", 0x0A: "BAD_SIGNATURE", 0x0B: "BAD_MEASUREMENT",
    0x0C: "ASID_OWNED", 0x0D: "INVALID_ASID", 0x0E: "WBINVD_REQUIRED",
    0x0F: "DF_FLUSH_REQUIRED", 0x10: "INVALID_GUEST",
    0x11: "INVALID_COMMAND", 0x12: "ACTIVE", 0x13: "HWERROR_PLATFORM",
    0x14: "HWERROR_UNSAFE", 0x15: "UNSUPPORTED", 0x16: "INVALID_PARAM",
    0x17: "RESOURCE_LIMIT", 0x18: "SECURE_DATA_INVALID",
}

UNINIT, INIT, WORKING = 0, 1, 2                    # platform
G_UNINIT, G_LUPDATE, G_LSECRET, G_RUNNING = 0, 1, 2, 3   # guest
G_SUPDATE, G_RUPDATE, G_SENT = 4, 5, 6

ES_POLICY, SEV_POLICY = 0x5, 0x1
MIN_ASID, MAX_ASID = 16, 31
CBIT = 1 << 51

CMD = 0x1000000                 # command buffer
BLOB = 0x1100000                # other small buffers
TMR = 0x4000000
NV_BYTES = 32 << 10
DATA = 0x2000000                # guest memory


class Wrong(Exception):
    """The firmware answered something else than the rule says."""


class Firmware:
    def __init__(self, machine):
        self.machine = machine
        self.buf = CMD

    def reg_read(self, reg):
        return self.machine.read32(BAR2_ADDR + reg)

    def reg_write(self, reg, value):
        self.machine.write32(BAR2_ADDR + reg, value)

    def run(self, command, paddr, flags=0):
        """Run one command; the answer is the status code's name."""
        self.reg_write(BUF_LO, paddr & 0xFFFFFFFF)
        self.reg_write(BUF_HI, paddr >> 32)
        self.reg_write(CMDRESP, command << 16 | flags)
        answer = self.reg_read(CMDRESP)
        if not answer >> 31:
            raise Wrong(f"command {command:#x}: no response bit: {answer:#x}")
        code = answer & 0xFFFF
        return STATUS.get(code, f"status {code:#x}")

    def command(self, command, layout="", *values):
        """Run a command on a buffer; keep the buffer afterwards as answer."""
        buf = struct.pack("<" + layout, *values)
        self.machine.write(CMD, buf or b"\0")
        status = self.run(command, CMD)
        after = self.machine.read(CMD, max(len(buf), 1))
        self.answer = struct.unpack("<" + layout, after) if layout else ()
        return status

    # platform commands
    def init(self, flags=1, reserved=b"\0" * 6, tmr=TMR, tmr_len=1 << 20):
        return self.command(0x001, "H6sQI", flags, reserved, tmr, tmr_len)

    def init_ex(self, length=0x24, flags=1, tmr=TMR, tmr_len=1 << 20,
                nv=BLOB, nv_len=32 << 10, reserved=0):
        return self.command(0x00D, "IHHQIIQI", length, flags, 0, tmr, tmr_len,
                            reserved, nv, nv_len)

    def shutdown(self):
        return self.command(0x002)

    def factory_reset(self):
        return self.command(0x003)

    def platform_status(self):
        status = self.command(0x004, "BBBBHBBI", *[0xFF] * 4, 0xFFFF, 0xFF,
                              0xFF, 0xFFFFFFFF)
        names = ("api_major", "api_minor", "state", "owner", "config",
                 "reserved", "build", "nr_guests")
        self.status = dict(zip(names, self.answer))
        return status

    def pek_gen(self):
        return self.command(0x005)

    def pek_csr(self, paddr, length):
        return self.command(0x006, "QI", paddr, length)

    def pek_cert_import(self, pek, pek_len, oca, oca_len):
        return self.command(0x007, "QIIQI", pek, pek_len, 0, oca, oca_len)

    def pdh_gen(self):
        return self.command(0x009)

    def pdh_cert_export(self, pdh, pdh_len, chain, chain_len):
        return self.command(0x008, "QIIQI", pdh, pdh_len, 0, chain, chain_len)

    def df_flush(self):
        return self.command(0x00A)

    def download_firmware(self, paddr, length):
        return self.command(0x00B, "QI", paddr, length)

    def get_id(self, paddr=BLOB, length=64):
        return self.command(0x00C, "QI", paddr, length)

    # guest commands
    def decommission(self, handle):
        return self.command(0x020, "I", handle)

    def activate(self, handle, asid):
        return self.command(0x021, "II", handle, asid)

    def deactivate(self, handle):
        return self.command(0x022, "I", handle)

    def guest_status(self, handle):
        status = self.command(0x023, "IIIB", handle, 0xFFFFFFFF, 0xFFFFFFFF, 9)
        names = ("handle", "policy", "asid", "state")
        self.guest = dict(zip(names, self.answer))
        return status

    def copy(self, handle, src, dst, length=4096):
        return self.command(0x024, "IIQQ", handle, length, src, dst)

    def launch_start(self, policy=ES_POLICY, handle=0, dh=(0, 0),
                     session=(0, 0)):
        status = self.command(0x030, "IIQIIQI", handle, policy, dh[0], dh[1],
                              0, session[0], session[1])
        self.handle = self.answer[0]
        return status

    def update_data(self, handle, paddr=DATA, length=4096):
        return self.command(0x031, "IIQI", handle, 0, paddr, length)

    def update_vmsa(self, handle, paddr=DATA, length=4096):
        return self.command(0x032, "IIQI", handle, 0, paddr, length)

    def measure(self, handle, paddr=BLOB, length=48):
        return self.command(0x033, "IIQI", handle, 0, paddr, length)

    def launch_secret(self, handle, hdr, hdr_len, guest, guest_len, trans,
                      trans_len):
        return self.packet(0x034, handle, hdr, hdr_len, guest, guest_len,
                           trans, trans_len)

    def packet(self, command, handle, hdr, hdr_len, guest, guest_len, trans,
               trans_len):
        """LAUNCH_SECRET, SEND_UPDATE_* and RECEIVE_UPDATE_*: one layout."""
        status = self.command(command, "IIQIIQIIQI", handle, 0, hdr, hdr_len,
                              0, guest, guest_len, 0, trans, trans_len)
        self.lengths = (self.answer[3], self.answer[9])
        return status

    def finish(self, handle):
        return self.command(0x035, "I", handle)

    def attestation_report(self, handle, mnonce, paddr=BLOB, length=0xD0):
        return self.command(0x036, "IIQ16sI", handle, 0, paddr, mnonce, length)

    def send_start(self, handle, pdh=(0, 0), chain=(0, 0), amd=(0, 0),
                   session=(0, 0)):
        status = self.command(0x040, "IIQIIQIIQIIQI", handle, 0xFFFFFFFF,
                              *pdh, 0, *chain, 0, *amd, 0, *session)
        self.policy, self.session_len = self.answer[1], self.answer[12]
        return status

    def send_finish(self, handle):
        return self.command(0x043, "I", handle)

    def send_cancel(self, handle):
        return self.command(0x044, "I", handle)

    def receive_start(self, policy, pdh, session, handle=0):
        status = self.command(0x050, "IIQIIQI", handle, policy, *pdh, 0,
                              *session)
        self.handle = self.answer[0]
        return status

    def receive_finish(self, handle):
        return self.command(0x053, "I", handle)

    def dbg_decrypt(self, handle, src, dst, length):
        return self.command(0x060, "IIQQI", handle, 0, src, dst, length)

    def dbg_encrypt(self, handle, src, dst, length):
        return self.command(0x061, "IIQQI", handle, 0, src, dst, length)

    def host_writes(self, paddr, data):
        """Write as the host does: pages of a guest come back first.

        QEMU's qtest writes raw memory, past the CPU's view of it. A firmware
        command that answers into a page makes that page the host's again.
        """
        for page in range(paddr & ~0xFFF, paddr + len(data), 4096):
            expect("SUCCESS", self.get_id(page), "taking a page back")
        self.machine.write(paddr, data)

    # roads
    def flush(self):
        """WBINVD on the only core, and DF_FLUSH."""
        self.machine.wbinvd()
        return self.df_flush()

    def ready(self):
        """Initialized, all ASIDs clean."""
        expect("SUCCESS", self.init())
        expect("SUCCESS", self.flush())

    def guest_in(self, state, policy=ES_POLICY, asid=1):
        """A new guest in the given state; answers its handle."""
        expect("SUCCESS", self.launch_start(policy))
        handle = self.handle
        if asid:
            expect("SUCCESS", self.activate(handle, asid))
        if state >= G_LSECRET:
            expect("SUCCESS", self.measure(handle))
        if state >= G_RUNNING:
            expect("SUCCESS", self.finish(handle))
        return handle

    def digest(self, handle):
        """The launch digest as the device's debugging property shows it."""
        for guest in self.machine.psp_property("guests"):
            if guest["handle"] == handle:
                return guest["launch-digest"]
        raise Wrong(f"no guest {handle} in the guests property")


def _short(value):
    """A page of bytes says nothing to anybody."""
    if isinstance(value, bytes) and len(value) > 32:
        return f"{value[:32].hex()}... ({len(value)} bytes)"
    return value


def expect(wanted, got, what=""):
    if wanted != got:
        raise Wrong(f"{what or 'answer'}: wanted {_short(wanted)}, "
                    f"got {_short(got)}")


def expect_not(unwanted, got, what=""):
    if unwanted == got:
        raise Wrong(f"{what or 'answer'}: must not be {_short(unwanted)}")
