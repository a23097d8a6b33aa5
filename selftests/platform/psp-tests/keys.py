# SPDX-License-Identifier: GPL-2.0
"""A platform's certificates: reading them, and giving the platform an owner.

AMD 55766 SEV API, chapter 5 "PDH_CERT_EXPORT", "PEK_CSR", "PEK_CERT_IMPORT".
"""
from firmware import expect
from owner import CERT_BYTES, Certificate

CERT_AT, CHAIN_AT, OCA_AT = 0x1300000, 0x1301000, 0x1303000
CHAIN_BYTES = 3 * CERT_BYTES


def export(fw):
    """The certificates of PDH, PEK, OCA and CEK."""
    expect("SUCCESS", fw.pdh_cert_export(CERT_AT, CERT_BYTES, CHAIN_AT,
                                         CHAIN_BYTES))
    chain = fw.machine.read(CHAIN_AT, CHAIN_BYTES)
    return [Certificate(fw.machine.read(CERT_AT, CERT_BYTES))] + [
        Certificate(chain[i * CERT_BYTES:][:CERT_BYTES]) for i in range(3)]


def public_keys(fw):
    """Those of PDH, PEK, OCA and CEK."""
    return [cert.key for cert in export(fw)]


def csr(fw):
    """The PEK's certificate without signatures."""
    expect("SUCCESS", fw.pek_csr(CERT_AT, CERT_BYTES))
    return fw.machine.read(CERT_AT, CERT_BYTES)


def import_pek(fw, pek, oca):
    fw.host_writes(CERT_AT, pek)
    fw.host_writes(OCA_AT, oca)
    return fw.pek_cert_import(CERT_AT, len(pek), OCA_AT, len(oca))


def ready_without_owner(fw):
    """The chip's own storage outlives the case before; PEK_GEN does not."""
    fw.ready()
    expect("SUCCESS", fw.pek_gen())


def take_ownership(fw, authority):
    expect("SUCCESS", import_pek(fw, authority.sign(csr(fw)), authority.cert))


def is_owned(fw):
    expect("SUCCESS", fw.platform_status())
    return fw.status["owner"]
