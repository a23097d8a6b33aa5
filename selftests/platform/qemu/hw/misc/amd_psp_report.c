/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ATTESTATION_REPORT: the launch digest, signed by the PEK.
 *
 * AMD 55766 SEV API, chapter 6 "ATTESTATION". Unlike LAUNCH_MEASURE it needs
 * no session, so that anybody who trusts the PEK may ask. A received guest was
 * not measured here: its digest is zero.
 */

#include "qemu/osdep.h"
#include "amd_psp_guest.h"
#include "amd_psp_mailbox.h"

typedef struct QEMU_PACKED PspReport {
    uint8_t mnonce[PSP_NONCE_BYTES];
    uint8_t digest[PSP_DIGEST_BYTES];
    uint32_t policy;
    uint32_t sig_usage;                  /* from here on not signed */
    uint32_t sig_algo;
    uint32_t reserved;
    uint8_t r[PSP_CERT_NUM_BYTES];
    uint8_t s[PSP_CERT_NUM_BYTES];
} PspReport;

static bool has_digest(const PspGuest *guest)
{
    return guest->state == PSP_GUEST_LSECRET || psp_guest_runnable(guest) ||
           guest->state == PSP_GUEST_SENT;
}

uint32_t psp_cmd_attestation_report(AmdPsp *psp, void *buf)
{
    PspReportCommand *cmd = buf;
    bool short_len = le32_to_cpu(cmd->len) < sizeof(PspReport);
    PspReport report = {
        .sig_usage = cpu_to_le32(PSP_USAGE_PEK),
        .sig_algo = cpu_to_le32(PSP_ALGO_ECDSA_SHA256),
    };
    PspGuest *guest;
    uint32_t status = psp_guest_known(psp, le32_to_cpu(cmd->handle), &guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    if (!has_digest(guest)) {
        return PSP_INVALID_GUEST_STATE;
    }
    cmd->len = cpu_to_le32(sizeof(report));
    if (short_len) {
        return PSP_INVALID_LENGTH;
    }
    memcpy(report.mnonce, cmd->mnonce, sizeof(report.mnonce));
    memcpy(report.digest, guest->digest, sizeof(report.digest));
    report.policy = cpu_to_le32(guest->policy);
    if (!psp_sign(&psp->identity.pek, &report, offsetof(PspReport, sig_usage),
                  report.r, report.s)) {
        return PSP_HWERROR_PLATFORM;
    }
    return sev_host_write(psp_spa(le64_to_cpu(cmd->paddr)), &report,
                          sizeof(report)) ? PSP_SUCCESS : PSP_INVALID_ADDRESS;
}
