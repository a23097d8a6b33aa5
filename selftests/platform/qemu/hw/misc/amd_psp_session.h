/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trusted channel between a guest's owner and the firmware.
 */

#ifndef HW_MISC_AMD_PSP_SESSION_H
#define HW_MISC_AMD_PSP_SESSION_H

#include "amd_psp.h"

/* @keys = TEK || TIK of LAUNCH_START's session; all zero without a session. */
uint32_t psp_session_open(AmdPsp *psp, const PspLaunchStart *cmd,
                          uint8_t keys[2 * PSP_KEY_BYTES]);

#endif
