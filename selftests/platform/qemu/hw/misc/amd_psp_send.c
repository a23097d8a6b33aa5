/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending a guest to another platform.
 *
 * AMD 55766 SEV API, chapter 6: SEND_START, SEND_UPDATE_DATA,
 * SEND_UPDATE_VMSA, SEND_FINISH, SEND_CANCEL.
 *
 *               UPDATE_DATA, UPDATE_VMSA
 *                       +---+
 *             START     |   v    FINISH
 *   RUNNING ---------> SUPDATE ---------> SENT
 *      ^                  |
 *      +------CANCEL------+
 *
 * While it is being sent the guest still runs. One that was sent may not be
 * activated any more: what is left for it is DEACTIVATE and DECOMMISSION.
 *
 * Whether the target is worthy is the guest policy's matter, not the host's:
 * NOSEND forbids every target, DOMAIN demands one whose PEK our own OCA signed,
 * SEV demands AMD's signatures. No root of AMD's is built in here, as AMD
 * gives no emulated chip its signature: a guest with that policy stays.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "amd_psp_mailbox.h"
#include "amd_psp_packet.h"
#include "amd_psp_session.h"

typedef struct PspTarget {
    PspCert pdh;
    PspCertChain chain;
} PspTarget;

/* AMD's ASK and ARK: 64 bytes and three numbers of 2048 or 4096 bits each. */
static bool amd_chain_len_ok(uint32_t len)
{
    enum { SHORT = 64 + 3 * 256, LONG = 64 + 3 * 512 };

    return len == 2 * SHORT || len == SHORT + LONG || len == 2 * LONG;
}

static uint32_t check_target_lengths(const PspSendStart *cmd, uint32_t policy)
{
    if ((policy & (PSP_POLICY_SEV | PSP_POLICY_DOMAIN)) &&
        le32_to_cpu(cmd->chain_len) != sizeof(PspCertChain)) {
        return PSP_INVALID_LENGTH;
    }
    if ((policy & PSP_POLICY_SEV) &&
        !amd_chain_len_ok(le32_to_cpu(cmd->amd_len))) {
        return PSP_INVALID_LENGTH;
    }
    return le32_to_cpu(cmd->pdh_len) == sizeof(PspCert) ? PSP_SUCCESS
                                                        : PSP_INVALID_LENGTH;
}

static uint32_t check_domain(const AmdPsp *psp, const PspTarget *target)
{
    const PspCertChain *chain = &target->chain;
    uint32_t status = psp_cert_check(&chain->oca, &chain->oca);

    status = status ?: psp_cert_check(&chain->pek, &chain->oca);
    status = status ?: psp_cert_check(&target->pdh, &chain->pek);
    if (status != PSP_SUCCESS) {
        return status;
    }
    return memcmp(&chain->oca, &psp->identity.saved.oca,
                  sizeof(chain->oca)) ? PSP_POLICY_FAILURE : PSP_SUCCESS;
}

static uint32_t check_target(AmdPsp *psp, const PspSendStart *cmd,
                             uint32_t policy, P384Point *key)
{
    bool need_chain = policy & (PSP_POLICY_SEV | PSP_POLICY_DOMAIN);
    uint32_t status = check_target_lengths(cmd, policy);
    PspTarget target;

    if (status != PSP_SUCCESS) {
        return status;
    }
    if (!sev_host_read(psp_spa(le64_to_cpu(cmd->pdh_paddr)), &target.pdh,
                       sizeof(target.pdh)) ||
        (need_chain &&
         !sev_host_read(psp_spa(le64_to_cpu(cmd->chain_paddr)), &target.chain,
                        sizeof(target.chain)))) {
        return PSP_INVALID_ADDRESS;
    }
    if (policy & PSP_POLICY_SEV) {
        return PSP_INVALID_CERTIFICATE;
    }
    if (policy & PSP_POLICY_DOMAIN) {
        status = check_domain(psp, &target);
    }
    if (status == PSP_SUCCESS && !psp_cert_get_dh_key(&target.pdh, key)) {
        status = PSP_INVALID_CERTIFICATE;
    }
    return status;
}

static uint32_t check_start(AmdPsp *psp, PspSendStart *cmd, PspGuest **guest)
{
    uint32_t status = psp_guest_known(psp, le32_to_cpu(cmd->handle), guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    if (le32_to_cpu(cmd->session_len) != sizeof(PspSession)) {
        cmd->session_len = cpu_to_le32(sizeof(PspSession));
        return PSP_INVALID_LENGTH;
    }
    if ((*guest)->state != PSP_GUEST_RUNNING) {
        return PSP_INVALID_GUEST_STATE;
    }
    return (*guest)->policy & PSP_POLICY_NOSEND ? PSP_POLICY_FAILURE
                                                : PSP_SUCCESS;
}

uint32_t psp_cmd_send_start(AmdPsp *psp, void *buf)
{
    PspSendStart *cmd = buf;
    uint8_t keys[2 * PSP_KEY_BYTES];
    PspSession session;
    P384Point target;
    PspGuest *guest;
    uint32_t status = check_start(psp, cmd, &guest);

    status = status ?: check_target(psp, cmd, guest->policy, &target);
    if (status != PSP_SUCCESS) {
        return status;
    }
    if (!psp_session_create(&psp->identity.pdh, &target, guest->policy,
                            &session, keys)) {
        return PSP_HWERROR_PLATFORM;
    }
    if (!sev_host_write(psp_spa(le64_to_cpu(cmd->session_paddr)), &session,
                        sizeof(session))) {
        return PSP_INVALID_ADDRESS;
    }
    memcpy(guest->tek, keys, PSP_KEY_BYTES);
    memcpy(guest->tik, keys + PSP_KEY_BYTES, PSP_KEY_BYTES);
    guest->state = PSP_GUEST_SUPDATE;
    cmd->policy = cpu_to_le32(guest->policy);
    return PSP_SUCCESS;
}

/* For a transport buffer that is too small, return the length it needs. */
static uint32_t check_lengths(PspPacket *cmd, bool vmsa)
{
    uint32_t len = le32_to_cpu(cmd->guest_len);

    if (!len || len > PSP_PACKET_MAX_BYTES || !QEMU_IS_ALIGNED(len, 16) ||
        (vmsa && len != PSP_VMSA_BYTES)) {
        return PSP_INVALID_LENGTH;
    }
    if (le32_to_cpu(cmd->trans_len) < len) {
        cmd->trans_len = cmd->guest_len;
        return PSP_INVALID_LENGTH;
    }
    return PSP_SUCCESS;
}

static uint32_t check_update(AmdPsp *psp, PspPacket *cmd, bool vmsa,
                             PspGuest **guest)
{
    uint32_t status;

    if (psp->state != PSP_WORKING) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    /* Asking for the length of the header needs no guest. */
    if (le32_to_cpu(cmd->hdr_len) < sizeof(PspPacketHeader)) {
        cmd->hdr_len = cpu_to_le32(sizeof(PspPacketHeader));
        return PSP_INVALID_LENGTH;
    }
    status = psp_guest_updatable(psp, le32_to_cpu(cmd->handle),
                                 PSP_GUEST_SUPDATE, vmsa, guest);
    status = status ?: check_lengths(cmd, vmsa);
    if (status != PSP_SUCCESS) {
        return status;
    }
    return QEMU_IS_ALIGNED(le64_to_cpu(cmd->guest_paddr), 16)
           ? PSP_SUCCESS : PSP_INVALID_ADDRESS;
}

static uint32_t write_packet(PspPacket *cmd, const PspGuest *guest,
                             PspMacContext context, uint8_t *data)
{
    uint32_t len = le32_to_cpu(cmd->guest_len);
    PspPacketHeader hdr;

    if (!psp_packet_seal(guest, context, &hdr, data, len)) {
        return PSP_HWERROR_PLATFORM;
    }
    if (!sev_host_write(psp_spa(le64_to_cpu(cmd->trans_paddr)), data, len) ||
        !sev_host_write(psp_spa(le64_to_cpu(cmd->hdr_paddr)), &hdr,
                        sizeof(hdr))) {
        return PSP_INVALID_ADDRESS;
    }
    cmd->hdr_len = cpu_to_le32(sizeof(hdr));
    return PSP_SUCCESS;
}

uint32_t psp_cmd_send_update_data(AmdPsp *psp, void *buf)
{
    PspPacket *cmd = buf;
    uint8_t data[PSP_PACKET_MAX_BYTES];
    PspGuest *guest;
    uint32_t status = check_update(psp, cmd, false, &guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    if (!sev_guest_read(psp_spa(le64_to_cpu(cmd->guest_paddr)), data,
                        le32_to_cpu(cmd->guest_len), guest->vek)) {
        return PSP_INVALID_ADDRESS;
    }
    return write_packet(cmd, guest, PSP_MAC_DATA, data);
}

/* Only what the cores would run: an unchanged VMSA of this guest. */
uint32_t psp_cmd_send_update_vmsa(AmdPsp *psp, void *buf)
{
    PspPacket *cmd = buf;
    uint8_t page[PSP_VMSA_BYTES];
    PspGuest *guest;
    uint32_t status = check_update(psp, cmd, true, &guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    if (!sev_vmsa_read(psp_spa(le64_to_cpu(cmd->guest_paddr)), page,
                       guest->vek)) {
        return PSP_INVALID_PARAM;
    }
    return write_packet(cmd, guest, PSP_MAC_VMSA, page);
}

static uint32_t end_sending(AmdPsp *psp, const PspGuestHandle *cmd,
                            PspGuestState next)
{
    PspGuest *guest;
    uint32_t status = psp_guest_in_state(psp, le32_to_cpu(cmd->handle),
                                         PSP_GUEST_SUPDATE, &guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    psp_guest_forget_keys(guest);
    guest->state = next;
    return PSP_SUCCESS;
}

uint32_t psp_cmd_send_finish(AmdPsp *psp, void *buf)
{
    return end_sending(psp, buf, PSP_GUEST_SENT);
}

uint32_t psp_cmd_send_cancel(AmdPsp *psp, void *buf)
{
    return end_sending(psp, buf, PSP_GUEST_RUNNING);
}
