/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mailbox: which commands the firmware knows, how long their buffers are,
 * and when a buffer is written back.
 *
 * AMD 55766 SEV API, chapter 4 (Mailbox Register Set, Command Buffer).
 *
 * The host operating system controls the command id, the buffer's address and
 * everything in the buffer. The buffer is copied in once, the handler works on
 * the copy, and the copy goes back:
 *
 *   INPUT        never                OUTPUT       on success, nothing is read
 *   IN_OUT       on success           IN_OUT_LEN   also on INVALID_LENGTH
 *
 * A command that is not in the table, among them those of SNP, fails with
 * INVALID_COMMAND.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "amd_psp_mailbox.h"
#include "trace.h"

typedef enum { NO_BUFFER, INPUT, OUTPUT, IN_OUT, IN_OUT_LEN } PspDirection;

typedef struct PspCommand {
    uint32_t id;
    PspDirection dir;
    size_t buf_len;
    PspHandler *run;
    const char *name;
} PspCommand;

typedef union PspBuffer {
    uint32_t handle;
    uint8_t bytes[sizeof(PspSendStart)]; /* the longest */
} PspBuffer;

#define CMD(id, dir, type, fn) \
    { PSP_CMD_##id, dir, sizeof(type), psp_cmd_##fn, #id }
#define CMD_NO_BUFFER(id, fn) \
    { PSP_CMD_##id, NO_BUFFER, 0, psp_cmd_##fn, #id }

static const PspCommand commands[] = {
    CMD(INIT, INPUT, PspInit, init),
    CMD(INIT_EX, INPUT, PspInitEx, init_ex),
    CMD_NO_BUFFER(SHUTDOWN, shutdown),
    CMD_NO_BUFFER(FACTORY_RESET, factory_reset),
    CMD(PLATFORM_STATUS, OUTPUT, PspPlatformStatus, platform_status),
    CMD_NO_BUFFER(PEK_GEN, pek_gen),
    CMD(PEK_CSR, IN_OUT_LEN, PspBlob, pek_csr),
    CMD(PEK_CERT_IMPORT, INPUT, PspPekCertImport, pek_cert_import),
    CMD(PDH_CERT_EXPORT, IN_OUT_LEN, PspPdhCertExport, pdh_cert_export),
    CMD_NO_BUFFER(PDH_GEN, pdh_gen),
    CMD_NO_BUFFER(DF_FLUSH, df_flush),
    CMD(DOWNLOAD_FIRMWARE, INPUT, PspBlob, download_firmware),
    CMD(GET_ID, IN_OUT_LEN, PspBlob, get_id),
    CMD(DECOMMISSION, INPUT, PspGuestHandle, decommission),
    CMD(ACTIVATE, INPUT, PspActivate, activate),
    CMD(DEACTIVATE, INPUT, PspGuestHandle, deactivate),
    CMD(GUEST_STATUS, IN_OUT, PspGuestStatus, guest_status),
    CMD(COPY, INPUT, PspCopy, copy),
    CMD(LAUNCH_START, IN_OUT, PspGuestStart, launch_start),
    CMD(LAUNCH_UPDATE_DATA, INPUT, PspRange, launch_update_data),
    CMD(LAUNCH_UPDATE_VMSA, INPUT, PspRange, launch_update_vmsa),
    CMD(LAUNCH_MEASURE, IN_OUT_LEN, PspRange, launch_measure),
    CMD(LAUNCH_SECRET, INPUT, PspPacket, launch_secret),
    CMD(LAUNCH_FINISH, INPUT, PspGuestHandle, launch_finish),
    CMD(ATTESTATION_REPORT, IN_OUT_LEN, PspReportCommand, attestation_report),
    CMD(SEND_START, IN_OUT_LEN, PspSendStart, send_start),
    CMD(SEND_UPDATE_DATA, IN_OUT_LEN, PspPacket, send_update_data),
    CMD(SEND_UPDATE_VMSA, IN_OUT_LEN, PspPacket, send_update_vmsa),
    CMD(SEND_FINISH, INPUT, PspGuestHandle, send_finish),
    CMD(SEND_CANCEL, INPUT, PspGuestHandle, send_cancel),
    CMD(RECEIVE_START, IN_OUT, PspGuestStart, receive_start),
    CMD(RECEIVE_UPDATE_DATA, INPUT, PspPacket, receive_update_data),
    CMD(RECEIVE_UPDATE_VMSA, INPUT, PspPacket, receive_update_vmsa),
    CMD(RECEIVE_FINISH, INPUT, PspGuestHandle, receive_finish),
    CMD(DBG_DECRYPT, INPUT, PspDebug, dbg_decrypt),
    CMD(DBG_ENCRYPT, INPUT, PspDebug, dbg_encrypt),
};

static const PspCommand *find_command(uint32_t id)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (commands[i].id == id) {
            return &commands[i];
        }
    }
    return NULL;
}

static bool writes_back(PspDirection dir, uint32_t status)
{
    switch (dir) {
    case OUTPUT:
    case IN_OUT:
        return status == PSP_SUCCESS;
    case IN_OUT_LEN:
        return status == PSP_SUCCESS || status == PSP_INVALID_LENGTH;
    default:
        return false;
    }
}

static uint32_t run_command(AmdPsp *psp, const PspCommand *cmd,
                            uint64_t paddr, PspBuffer *buf)
{
    uint32_t status;

    if (cmd->dir != NO_BUFFER && cmd->dir != OUTPUT &&
        !sev_host_read(paddr, buf, cmd->buf_len)) {
        return PSP_INVALID_ADDRESS;
    }
    status = cmd->run(psp, buf);
    if (writes_back(cmd->dir, status) &&
        !sev_host_write(paddr, buf, cmd->buf_len) && status == PSP_SUCCESS) {
        return PSP_INVALID_ADDRESS;
    }
    return status;
}

uint32_t psp_mailbox_run(AmdPsp *psp, uint32_t id, uint64_t buf_paddr)
{
    const PspCommand *cmd = find_command(id);
    PspBuffer buf = {};
    uint32_t handle = 0;
    uint32_t status;

    if (!cmd) {
        trace_amd_psp_command(id, "unknown", 0, PSP_INVALID_COMMAND);
        return PSP_INVALID_COMMAND;
    }
    assert(cmd->buf_len <= sizeof(buf));
    status = run_command(psp, cmd, psp_spa(buf_paddr), &buf);
    if (id >= PSP_CMD_DECOMMISSION) {
        handle = le32_to_cpu(buf.handle);
    }
    trace_amd_psp_command(id, cmd->name, handle, status);
    return status;
}
