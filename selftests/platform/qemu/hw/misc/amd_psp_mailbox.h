/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mailbox, and the handlers of its commands. A handler gets a copy of the
 * command buffer, changes it where the command has outputs, and returns a
 * status code.
 */

#ifndef HW_MISC_AMD_PSP_MAILBOX_H
#define HW_MISC_AMD_PSP_MAILBOX_H

#include "amd_psp.h"

typedef uint32_t PspHandler(AmdPsp *psp, void *buf);

/* Run one command; UNTRUSTED id, address and buffer. */
uint32_t psp_mailbox_run(AmdPsp *psp, uint32_t id, uint64_t buf_paddr);

/* amd_psp_platform.c */
PspHandler psp_cmd_init;
PspHandler psp_cmd_init_ex;
PspHandler psp_cmd_shutdown;
PspHandler psp_cmd_factory_reset;
PspHandler psp_cmd_platform_status;
PspHandler psp_cmd_df_flush;
PspHandler psp_cmd_download_firmware;
PspHandler psp_cmd_get_id;

/* amd_psp_pek.c */
PspHandler psp_cmd_pek_gen;
PspHandler psp_cmd_pek_csr;
PspHandler psp_cmd_pek_cert_import;
PspHandler psp_cmd_pdh_gen;
PspHandler psp_cmd_pdh_cert_export;

/* amd_psp_guest.c */
PspHandler psp_cmd_decommission;
PspHandler psp_cmd_guest_status;

/* amd_psp_asid.c */
PspHandler psp_cmd_activate;
PspHandler psp_cmd_deactivate;

/* amd_psp_launch.c */
PspHandler psp_cmd_launch_start;
PspHandler psp_cmd_launch_update_data;
PspHandler psp_cmd_launch_update_vmsa;
PspHandler psp_cmd_launch_measure;
PspHandler psp_cmd_launch_finish;

/* amd_psp_secret.c */
PspHandler psp_cmd_launch_secret;

/* amd_psp_report.c */
PspHandler psp_cmd_attestation_report;

/* amd_psp_send.c */
PspHandler psp_cmd_send_start;
PspHandler psp_cmd_send_update_data;
PspHandler psp_cmd_send_update_vmsa;
PspHandler psp_cmd_send_finish;
PspHandler psp_cmd_send_cancel;

/* amd_psp_receive.c */
PspHandler psp_cmd_receive_start;
PspHandler psp_cmd_receive_update_data;
PspHandler psp_cmd_receive_update_vmsa;
PspHandler psp_cmd_receive_finish;

/* amd_psp_pages.c */
PspHandler psp_cmd_copy;
PspHandler psp_cmd_dbg_decrypt;
PspHandler psp_cmd_dbg_encrypt;

#endif
