/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Receiving a guest from another platform.
 *
 * AMD 55766 SEV API, chapter 6: RECEIVE_START, RECEIVE_UPDATE_DATA,
 * RECEIVE_UPDATE_VMSA, RECEIVE_FINISH.
 *
 *              UPDATE_DATA, UPDATE_VMSA
 *                     +---+
 *            START    |   v   FINISH
 *   UNINIT --------> RUPDATE --------> RUNNING
 *
 * The guest gets a new memory key here, and the firmware does not measure it:
 * that it came through a session of the sending firmware is all that vouches
 * for it.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "amd_psp_mailbox.h"
#include "amd_psp_packet.h"
#include "amd_psp_session.h"

uint32_t psp_cmd_receive_start(AmdPsp *psp, void *buf)
{
    PspGuestStart *cmd = buf;
    uint8_t keys[2 * PSP_KEY_BYTES];
    uint32_t status;

    if (psp->state == PSP_UNINIT) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    status = psp_session_open(psp, cmd, keys);
    return status ?: psp_guest_start(psp, cmd, PSP_GUEST_RUPDATE, keys);
}

static uint32_t check_lengths(const PspPacket *cmd, bool vmsa)
{
    uint32_t len = le32_to_cpu(cmd->guest_len);

    if (!len || len > PSP_PACKET_MAX_BYTES || !QEMU_IS_ALIGNED(len, 16) ||
        len != le32_to_cpu(cmd->trans_len) ||
        le32_to_cpu(cmd->hdr_len) < sizeof(PspPacketHeader)) {
        return PSP_INVALID_LENGTH;
    }
    return vmsa && len != PSP_VMSA_BYTES ? PSP_INVALID_LENGTH : PSP_SUCCESS;
}

static uint32_t check_update(AmdPsp *psp, const PspPacket *cmd, bool vmsa,
                             PspGuest **guest)
{
    uint32_t status = psp_guest_updatable(psp, le32_to_cpu(cmd->handle),
                                          PSP_GUEST_RUPDATE, vmsa, guest);

    status = status ?: check_lengths(cmd, vmsa);
    if (status != PSP_SUCCESS) {
        return status;
    }
    return QEMU_IS_ALIGNED(le64_to_cpu(cmd->guest_paddr), 16)
           ? PSP_SUCCESS : PSP_INVALID_ADDRESS;
}

/* @data gets the packet's plain bytes. */
static uint32_t read_packet(const PspPacket *cmd, const PspGuest *guest,
                            PspMacContext context, uint8_t *data)
{
    uint32_t len = le32_to_cpu(cmd->trans_len);
    PspPacketHeader hdr;

    if (!sev_host_read(psp_spa(le64_to_cpu(cmd->hdr_paddr)), &hdr,
                       sizeof(hdr))) {
        return PSP_INVALID_ADDRESS;
    }
    if (le32_to_cpu(hdr.flags) & PSP_PACKET_COMPRESSED) {
        return PSP_UNSUPPORTED;
    }
    if (!sev_host_read(psp_spa(le64_to_cpu(cmd->trans_paddr)), data, len)) {
        return PSP_INVALID_ADDRESS;
    }
    return psp_packet_open(guest, context, &hdr, data, len)
           ? PSP_SUCCESS : PSP_BAD_MEASUREMENT;
}

uint32_t psp_cmd_receive_update_data(AmdPsp *psp, void *buf)
{
    PspPacket *cmd = buf;
    uint8_t data[PSP_PACKET_MAX_BYTES];
    PspGuest *guest;
    uint32_t status = check_update(psp, cmd, false, &guest);

    status = status ?: read_packet(cmd, guest, PSP_MAC_DATA, data);
    if (status != PSP_SUCCESS) {
        return status;
    }
    return sev_guest_write(psp_spa(le64_to_cpu(cmd->guest_paddr)), data,
                           le32_to_cpu(cmd->guest_len), guest->vek)
           ? PSP_SUCCESS : PSP_INVALID_ADDRESS;
}

uint32_t psp_cmd_receive_update_vmsa(AmdPsp *psp, void *buf)
{
    PspPacket *cmd = buf;
    uint8_t page[PSP_VMSA_BYTES];
    PspGuest *guest;
    uint32_t status = check_update(psp, cmd, true, &guest);

    status = status ?: read_packet(cmd, guest, PSP_MAC_VMSA, page);
    if (status != PSP_SUCCESS) {
        return status;
    }
    if (!sev_vmsa_install(psp_spa(le64_to_cpu(cmd->guest_paddr)), page,
                          guest->vek)) {
        return PSP_INVALID_ADDRESS;
    }
    guest->nr_vmsas++;
    return PSP_SUCCESS;
}

uint32_t psp_cmd_receive_finish(AmdPsp *psp, void *buf)
{
    PspGuestHandle *cmd = buf;

    return psp_guest_finish(psp, le32_to_cpu(cmd->handle), PSP_GUEST_RUPDATE);
}
