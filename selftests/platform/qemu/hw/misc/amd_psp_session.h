/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trusted channel: agreeing on its keys. @keys is always TEK || TIK.
 */

#ifndef HW_MISC_AMD_PSP_SESSION_H
#define HW_MISC_AMD_PSP_SESSION_H

#include "amd_psp.h"

/* UNTRUSTED: the keys that the other side chose for us. */
uint32_t psp_session_open(AmdPsp *psp, const PspGuestStart *cmd,
                          uint8_t keys[2 * PSP_KEY_BYTES]);

/*
 * Choose keys for the owner of the ok point @peer, who unwraps them from
 * @session. False: no random numbers.
 */
bool psp_session_create(const PspKeyPair *own, const P384Point *peer,
                        uint32_t policy, PspSession *session,
                        uint8_t keys[2 * PSP_KEY_BYTES]);

#endif
