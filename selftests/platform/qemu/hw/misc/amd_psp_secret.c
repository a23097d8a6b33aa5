/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LAUNCH_SECRET: the guest's owner puts a secret into the guest's memory.
 *
 * AMD 55766 SEV API, chapter 6 "LAUNCH_SECRET".
 *
 * The packet's MAC covers the measurement that the owner has accepted. The
 * host carries all of it and controls every byte.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "amd_psp_mailbox.h"
#include "amd_psp_packet.h"

static uint32_t check_secret(AmdPsp *psp, const PspPacket *cmd,
                             PspGuest **guest)
{
    uint32_t len = le32_to_cpu(cmd->guest_len);
    uint32_t status = psp_guest_in_state(psp, le32_to_cpu(cmd->handle),
                                         PSP_GUEST_LSECRET, guest);

    /* Here the guest's state comes last but one. */
    if (status != PSP_SUCCESS && status != PSP_INVALID_GUEST_STATE) {
        return status;
    }
    if (!QEMU_IS_ALIGNED(le64_to_cpu(cmd->guest_paddr), 16)) {
        return PSP_INVALID_ADDRESS;
    }
    if (le32_to_cpu(cmd->hdr_len) != sizeof(PspPacketHeader) || !len ||
        !QEMU_IS_ALIGNED(len, 16) || len > PSP_PACKET_MAX_BYTES ||
        len != le32_to_cpu(cmd->trans_len)) {
        return PSP_INVALID_LENGTH;
    }
    return status ?: (*guest)->asid ? status : PSP_INACTIVE;
}

uint32_t psp_cmd_launch_secret(AmdPsp *psp, void *buf)
{
    PspPacket *cmd = buf;
    uint64_t spa = psp_spa(le64_to_cpu(cmd->guest_paddr));
    uint32_t len = le32_to_cpu(cmd->guest_len);
    g_autofree uint8_t *data = NULL;
    PspPacketHeader hdr;
    PspGuest *guest;
    uint32_t status = check_secret(psp, cmd, &guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    data = g_malloc(len);
    if (!sev_host_read(psp_spa(le64_to_cpu(cmd->hdr_paddr)), &hdr,
                       sizeof(hdr)) ||
        !sev_host_read(psp_spa(le64_to_cpu(cmd->trans_paddr)), data, len)) {
        return PSP_INVALID_ADDRESS;
    }
    if (!psp_packet_open(guest, PSP_MAC_SECRET, &hdr, data, len)) {
        return PSP_BAD_MEASUREMENT;
    }
    if (le32_to_cpu(hdr.flags) & PSP_PACKET_COMPRESSED) {
        return PSP_UNSUPPORTED;
    }
    return sev_guest_write(spa, data, len, guest->vek) ? PSP_SUCCESS
                                                       : PSP_INVALID_ADDRESS;
}
