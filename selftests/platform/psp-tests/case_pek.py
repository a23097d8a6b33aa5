# SPDX-License-Identifier: GPL-2.0
"""Rule: the platform's keys change only by their commands, and an owner's
signature is taken only from an owner who has signed this very PEK.

Source: AMD 55766 SEV API, chapter 5 "PEK_GEN", "PEK_CSR", "PEK_CERT_IMPORT",
"PDH_GEN", "PDH_CERT_EXPORT", "DOWNLOAD_FIRMWARE", appendix "Certificate
Format".
Why it matters: a guest's policy can demand a platform of the same owner.
Not covered: owners with RSA keys; a firmware image that is accepted, as nobody
signs one for an emulated chip.
"""
import random

from case_session import new_owner, start
from firmware import (BLOB, DATA, G_LUPDATE, INIT, NV_BYTES, WORKING, expect,
                      expect_not)
from keys import (CERT_AT, CHAIN_AT, CHAIN_BYTES, OCA_AT, csr, export,
                  import_pek, is_owned, public_keys, ready_without_owner,
                  take_ownership)
from machine import RAM_BYTES
from owner import (CERT_BYTES, ECDH_SHA256, ECDSA_SHA256, OCA, PDH, PEK,
                   SIGNED_BYTES, SLOT_BYTES, Authority, Certificate,
                   certificate)
import p384


def pek_gen_makes_all_keys_but_the_chips_anew(fw):
    fw.ready()
    one = public_keys(fw)
    expect("SUCCESS", fw.pek_gen())
    two = public_keys(fw)
    expect(one[3], two[3], "chip's key")
    expect(True, set(one[:3]).isdisjoint(two[:3]), "other keys differ")
    pdh, pek, oca, cek = export(fw)
    expect(True, oca.signed_by(oca, 0), "OCA signs itself")
    expect(True, pek.signed_by(oca, 0) and pek.signed_by(cek, 1), "PEK")
    expect(True, pdh.signed_by(pek, 0), "PEK signs PDH")


def pdh_gen_makes_only_the_pdh_anew(fw):
    fw.ready()
    one = public_keys(fw)
    expect("SUCCESS", fw.pdh_gen())
    two = public_keys(fw)
    expect(one[1:], two[1:], "other keys")
    expect_not(one[0], two[0], "PDH")
    pdh, pek, _, _ = export(fw)
    expect(True, pdh.signed_by(pek, 0), "PEK signs PDH")


def new_keys_persist(fw):
    for command in (fw.pek_gen, fw.pdh_gen):
        fw.ready()
        expect("SUCCESS", command())
        before = [cert.raw for cert in export(fw)]
        fw.machine.reset()
        fw.ready()
        expect(before, [cert.raw for cert in export(fw)], "certificates")
        expect("SUCCESS", fw.shutdown())


def new_keys_persist_in_the_storage_of_init_ex(fw):
    ready_without_owner(fw)
    own = public_keys(fw)
    expect("SUCCESS", fw.shutdown())
    fw.host_writes(BLOB, b"\0" * NV_BYTES)
    expect("SUCCESS", fw.init_ex())
    take_ownership(fw, Authority(random.Random(1)))
    one = public_keys(fw)
    expect("SUCCESS", fw.shutdown())
    expect("SUCCESS", fw.init())
    expect(own, public_keys(fw), "keys of the chip's own storage")
    expect(0, is_owned(fw), "owner of the chip's own storage")
    expect("SUCCESS", fw.shutdown())
    expect("SUCCESS", fw.init_ex())
    expect(one, public_keys(fw), "keys of the host's storage")
    expect(1, is_owned(fw), "owner")


def sessions_for_the_old_pdh_are_refused(fw):
    fw.ready()
    owner = new_owner(fw)
    expect("SUCCESS", fw.pdh_gen())
    expect("BAD_MEASUREMENT", start(fw, owner))
    expect("SUCCESS", start(fw, new_owner(fw)))


def each_platform_state_admits_exactly_its_key_commands(fw):
    commands = {
        "PEK_GEN": (fw.pek_gen, {INIT}),
        "PDH_GEN": (fw.pdh_gen, {INIT, WORKING}),
        "PEK_CSR": (lambda: fw.pek_csr(CERT_AT, CERT_BYTES), {INIT, WORKING}),
        "PDH_CERT_EXPORT": (lambda: fw.pdh_cert_export(
            CERT_AT, CERT_BYTES, CHAIN_AT, CHAIN_BYTES), {INIT, WORKING}),
        # in INIT the lengths are looked at, elsewhere not even they
        "PEK_CERT_IMPORT": (lambda: fw.pek_cert_import(0, 0, 0, 0), set()),
    }
    for state in (0, INIT, WORKING):
        if state == INIT:
            fw.ready()
        if state == WORKING:
            fw.guest_in(G_LUPDATE)
        for name, (run, legal) in commands.items():
            want = "SUCCESS" if state in legal else "INVALID_PLATFORM_STATE"
            if name == "PEK_CERT_IMPORT" and state == INIT:
                want = "INVALID_LENGTH"
            expect(want, run(), f"{name} in platform state {state}")


def the_csr_is_the_pek_without_signatures(fw):
    fw.ready()
    _, pek, _, _ = export(fw)
    raw = csr(fw)
    expect(pek.signed, raw[:SIGNED_BYTES], "body")
    expect([0x1000, 0x1000], [s[0] for s in Certificate(raw).signatures])
    for length in (0, CERT_BYTES - 1):
        expect("INVALID_LENGTH", fw.pek_csr(CERT_AT, length))
        expect(CERT_BYTES, fw.answer[1], "needed length")
    expect("INVALID_ADDRESS", fw.pek_csr(RAM_BYTES - 16, CERT_BYTES))


def an_owner_signs_the_pek_and_everything_follows(fw):
    ready_without_owner(fw)
    before = export(fw)
    authority = Authority(random.Random(2))
    expect(0, is_owned(fw), "owner before")
    take_ownership(fw, authority)
    expect(1, is_owned(fw), "owner after")
    pdh, pek, oca, cek = export(fw)
    expect(authority.cert, oca.raw, "OCA's certificate")
    expect(True, pek.signed_by(oca, 0) and pek.signed_by(cek, 1), "PEK")
    expect(before[1].key, pek.key, "PEK")
    expect_not(before[0].key, pdh.key, "PDH")
    expect(True, pdh.signed_by(pek, 0), "PEK signs PDH")


def a_platform_has_one_owner_until_pek_gen(fw):
    ready_without_owner(fw)
    take_ownership(fw, Authority(random.Random(3)))
    other = Authority(random.Random(4))
    expect("ALREADY_OWNED", import_pek(fw, other.sign(csr(fw)), other.cert))
    expect("SUCCESS", fw.pek_gen())
    expect(0, is_owned(fw), "owner after PEK_GEN")
    take_ownership(fw, other)


def factory_reset_also_forgets_the_owner(fw):
    ready_without_owner(fw)
    take_ownership(fw, Authority(random.Random(5)))
    expect("SUCCESS", fw.shutdown())
    expect("SUCCESS", fw.factory_reset())
    expect(0, is_owned(fw), "owner in UNINIT")
    fw.ready()
    expect(0, is_owned(fw), "owner")


def _spoiled(cert, offset):
    changed = bytearray(cert)
    changed[offset] ^= 1
    return bytes(changed)


def an_import_that_does_not_fit_is_refused(fw):
    ready_without_owner(fw)
    mine, other = (Authority(random.Random(seed)) for seed in (6, 7))
    pek, oca = mine.sign(csr(fw)), mine.cert
    stranger = mine.sign(certificate(p384.multiply(5), PEK, ECDSA_SHA256))
    slot = SIGNED_BYTES
    twice = pek[:slot + SLOT_BYTES] + pek[slot:slot + SLOT_BYTES]
    for name, args, want in (
            ("PEK of another platform", (stranger, oca),
             "INVALID_CERTIFICATE"),
            ("another OCA", (pek, other.cert), "BAD_SIGNATURE"),
            ("PEK unsigned", (csr(fw), oca), "INVALID_CERTIFICATE"),
            ("PEK signed by no OCA", (mine.sign(csr(fw), PEK), oca),
             "INVALID_CERTIFICATE"),
            ("no room for the CEK", (twice, oca), "INVALID_CERTIFICATE"),
            ("OCA as PDH", (pek, mine.sign(certificate(
                p384.multiply(mine.private), PDH, ECDSA_SHA256))),
             "INVALID_CERTIFICATE"),
            ("OCA with a DH key", (pek, mine.sign(certificate(
                p384.multiply(mine.private), OCA, ECDH_SHA256))),
             "INVALID_CERTIFICATE"),
            ("r changed", (_spoiled(pek, slot + 8), oca), "BAD_SIGNATURE"),
            ("r too long", (_spoiled(pek, slot + 8 + 60), oca),
             "BAD_SIGNATURE"),
            ("s changed", (_spoiled(pek, slot + 80), oca), "BAD_SIGNATURE"),
            ("r zero", (pek[:slot + 8] + bytes(72) + pek[slot + 80:], oca),
             "BAD_SIGNATURE"),
            ("OCA changed", (pek, _spoiled(oca, 4)), "BAD_SIGNATURE"),
            ("slot half empty", (_spoiled(pek, slot + SLOT_BYTES + 4), oca),
             "BAD_SIGNATURE"),
            ("short PEK", (pek[:-1], oca), "INVALID_LENGTH"),
            ("long OCA", (pek, oca + b"\0"), "INVALID_LENGTH")):
        before = [cert.raw for cert in export(fw)]
        expect(want, import_pek(fw, *args), name)
        expect(before, [cert.raw for cert in export(fw)], f"keys, {name}")
        expect(0, is_owned(fw), f"owner, {name}")
    expect("INVALID_ADDRESS", fw.pek_cert_import(
        RAM_BYTES, CERT_BYTES, OCA_AT, CERT_BYTES))
    expect("SUCCESS", import_pek(fw, pek, oca))


def firmware_nobody_signed_is_refused(fw):
    expect("INVALID_ADDRESS", fw.download_firmware(DATA + 16, 4096))
    expect("INVALID_ADDRESS", fw.download_firmware(RAM_BYTES, 4096))
    expect("INVALID_ADDRESS", fw.download_firmware(DATA, 0))
    expect("BAD_SIGNATURE", fw.download_firmware(DATA, 4096))
    fw.ready()
    expect("INVALID_PLATFORM_STATE", fw.download_firmware(DATA, 4096))
