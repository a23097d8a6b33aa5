/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands that move a guest's bytes around: COPY, DBG_DECRYPT and
 * DBG_ENCRYPT.
 *
 * AMD 55766 SEV API, chapter 6.
 *
 * The guest's policy decides whether the host may debug it. Nothing here makes
 * a VMSA: the cores reject what DBG_ENCRYPT or COPY put into one.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "amd_psp_guest.h"
#include "amd_psp_mailbox.h"

#define CHUNK_BYTES (4 * KiB)

/* Move bytes from one key's view to another's; NULL is the host's view. */
static uint32_t move(uint64_t dst, SevKey *dst_key, uint64_t src,
                     SevKey *src_key, uint32_t left)
{
    uint8_t chunk[CHUNK_BYTES];

    if (!psp_is_ram(src, left) || !psp_is_ram(dst, left)) {
        return PSP_INVALID_ADDRESS;
    }
    while (left) {
        uint32_t len = MIN(left, CHUNK_BYTES);

        if (!sev_guest_read(src, chunk, len, src_key) ||
            !sev_guest_write(dst, chunk, len, dst_key)) {
            return PSP_INVALID_ADDRESS;
        }
        src += len;
        dst += len;
        left -= len;
    }
    return PSP_SUCCESS;
}

static uint32_t check_debug(AmdPsp *psp, const PspDebug *cmd, PspGuest **guest)
{
    uint32_t len = le32_to_cpu(cmd->len);

    if (psp->state != PSP_WORKING) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    if (!QEMU_IS_ALIGNED(le64_to_cpu(cmd->src_paddr), 16) ||
        !QEMU_IS_ALIGNED(le64_to_cpu(cmd->dst_paddr), 16)) {
        return PSP_INVALID_ADDRESS;
    }
    if (!len || !QEMU_IS_ALIGNED(len, 16)) {
        return PSP_INVALID_LENGTH;
    }
    *guest = psp_guest_find(psp, le32_to_cpu(cmd->handle));
    if (!*guest) {
        return PSP_INVALID_GUEST;
    }
    if ((*guest)->policy & PSP_POLICY_NODBG) {
        return PSP_POLICY_FAILURE;
    }
    return (*guest)->asid ? PSP_SUCCESS : PSP_INACTIVE;
}

uint32_t psp_cmd_dbg_decrypt(AmdPsp *psp, void *buf)
{
    PspDebug *cmd = buf;
    PspGuest *guest;
    uint32_t status = check_debug(psp, cmd, &guest);

    return status ?: move(psp_spa(le64_to_cpu(cmd->dst_paddr)), NULL,
                          psp_spa(le64_to_cpu(cmd->src_paddr)), guest->vek,
                          le32_to_cpu(cmd->len));
}

uint32_t psp_cmd_dbg_encrypt(AmdPsp *psp, void *buf)
{
    PspDebug *cmd = buf;
    PspGuest *guest;
    uint32_t status = check_debug(psp, cmd, &guest);

    return status ?: move(psp_spa(le64_to_cpu(cmd->dst_paddr)), guest->vek,
                          psp_spa(le64_to_cpu(cmd->src_paddr)), NULL,
                          le32_to_cpu(cmd->len));
}

uint32_t psp_cmd_copy(AmdPsp *psp, void *buf)
{
    PspCopy *cmd = buf;
    uint64_t src = psp_spa(le64_to_cpu(cmd->src_paddr));
    uint64_t dst = psp_spa(le64_to_cpu(cmd->dst_paddr));
    uint32_t len = le32_to_cpu(cmd->len);
    PspGuest *guest;
    uint32_t status = psp_guest_active(psp, le32_to_cpu(cmd->handle), &guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    if (!len || !QEMU_IS_ALIGNED(len, 4 * KiB)) {
        return PSP_INVALID_LENGTH;
    }
    if (!QEMU_IS_ALIGNED(src | dst, 4 * KiB)) {
        return PSP_INVALID_ADDRESS;
    }
    return move(dst, guest->vek, src, guest->vek, len);
}
