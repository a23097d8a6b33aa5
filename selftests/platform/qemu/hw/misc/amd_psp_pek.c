/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands on the platform's keys and certificates.
 *
 * AMD 55766 SEV API, chapter 5: PEK_GEN, PEK_CSR, PEK_CERT_IMPORT, PDH_GEN,
 * PDH_CERT_EXPORT.
 *
 * How a platform gets an owner: PEK_CSR gives out the PEK without signatures,
 * the owner signs it with an OCA of theirs, PEK_CERT_IMPORT puts that in the
 * place of the platform's own OCA. PEK_GEN makes it its own again. Whatever
 * changes the PEK or its signatures also makes a new PDH.
 */

#include "qemu/osdep.h"
#include "amd_psp_mailbox.h"

uint32_t psp_cmd_pek_gen(AmdPsp *psp, void *buf)
{
    PspIdentity id = {};

    if (psp->state != PSP_INIT) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    return psp_identity_new_pek(psp, &id) ? psp_identity_replace(psp, &id)
                                          : PSP_HWERROR_PLATFORM;
}

uint32_t psp_cmd_pdh_gen(AmdPsp *psp, void *buf)
{
    PspIdentity id = psp->identity;

    if (psp->state == PSP_UNINIT) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    return psp_identity_new_pdh(psp, &id) ? psp_identity_replace(psp, &id)
                                          : PSP_HWERROR_PLATFORM;
}

uint32_t psp_cmd_pek_csr(AmdPsp *psp, void *buf)
{
    PspBlob *cmd = buf;
    bool short_len = le32_to_cpu(cmd->len) < sizeof(PspCert);
    PspCert csr;

    if (psp->state == PSP_UNINIT) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    cmd->len = cpu_to_le32(sizeof(csr));
    if (short_len) {
        return PSP_INVALID_LENGTH;
    }
    psp_cert_init(&csr, &psp->identity.pek);
    return sev_host_write(psp_spa(le64_to_cpu(cmd->paddr)), &csr, sizeof(csr))
           ? PSP_SUCCESS : PSP_INVALID_ADDRESS;
}

static uint32_t read_import(const PspPekCertImport *cmd, PspCert *pek,
                            PspCert *oca)
{
    if (le32_to_cpu(cmd->pek_len) != sizeof(*pek) ||
        le32_to_cpu(cmd->oca_len) != sizeof(*oca)) {
        return PSP_INVALID_LENGTH;
    }
    return sev_host_read(psp_spa(le64_to_cpu(cmd->pek_paddr)), pek,
                         sizeof(*pek)) &&
           sev_host_read(psp_spa(le64_to_cpu(cmd->oca_paddr)), oca,
                         sizeof(*oca))
           ? PSP_SUCCESS : PSP_INVALID_ADDRESS;
}

/* The certificate of our PEK, and signed by @oca, which signed itself? */
static uint32_t check_import(const PspIdentity *id, const PspCert *pek,
                             const PspCert *oca)
{
    uint32_t status = psp_cert_check(oca, oca);

    status = status ?: psp_cert_check(pek, oca);
    if (status != PSP_SUCCESS) {
        return status;
    }
    return memcmp(pek, &id->saved.pek, offsetof(PspCert, sigs))
           ? PSP_INVALID_CERTIFICATE : PSP_SUCCESS;
}

static bool slot_is_free(const PspCertSignature *sig)
{
    return le32_to_cpu(sig->usage) == PSP_USAGE_INVALID;
}

/* The CEK's signature moves from the old certificate to @pek, if it has room */
static bool keep_cek_signature(const PspIdentity *id, PspCert *pek)
{
    const PspCertSignature *old = id->saved.pek.sigs;
    int from = le32_to_cpu(old[0].usage) == PSP_USAGE_CEK ? 0 : 1;
    int to = slot_is_free(&pek->sigs[0]) ? 0 : 1;

    if (!slot_is_free(&pek->sigs[to])) {
        return false;
    }
    pek->sigs[to] = old[from];
    return true;
}

uint32_t psp_cmd_pek_cert_import(AmdPsp *psp, void *buf)
{
    PspIdentity id = psp->identity;
    PspCert pek, oca;
    uint32_t status;

    if (psp->state != PSP_INIT) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    if (id.saved.owned) {
        return PSP_ALREADY_OWNED;
    }
    status = read_import(buf, &pek, &oca);
    status = status ?: check_import(&id, &pek, &oca);
    if (status != PSP_SUCCESS) {
        return status;
    }
    if (!keep_cek_signature(&id, &pek)) {
        return PSP_INVALID_CERTIFICATE;
    }
    id.saved.pek = pek;
    id.saved.oca = oca;
    id.saved.owned = true;
    return psp_identity_new_pdh(psp, &id) ? psp_identity_replace(psp, &id)
                                          : PSP_HWERROR_PLATFORM;
}

uint32_t psp_cmd_pdh_cert_export(AmdPsp *psp, void *buf)
{
    PspPdhCertExport *cmd = buf;
    const PspSaved *saved = &psp->identity.saved;
    PspCertChain chain = { .pek = saved->pek, .oca = saved->oca };
    bool short_len = le32_to_cpu(cmd->pdh_len) < sizeof(saved->pdh) ||
                     le32_to_cpu(cmd->chain_len) < sizeof(chain);

    if (psp->state == PSP_UNINIT) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    cmd->pdh_len = cpu_to_le32(sizeof(saved->pdh));
    cmd->chain_len = cpu_to_le32(sizeof(chain));
    if (short_len) {
        return PSP_INVALID_LENGTH;
    }
    psp_cert_init(&chain.cek, &psp->identity.cek);
    return sev_host_write(psp_spa(le64_to_cpu(cmd->pdh_paddr)), &saved->pdh,
                          sizeof(saved->pdh)) &&
           sev_host_write(psp_spa(le64_to_cpu(cmd->chain_paddr)), &chain,
                          sizeof(chain))
           ? PSP_SUCCESS : PSP_INVALID_ADDRESS;
}
