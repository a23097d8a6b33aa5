/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of the trusted channel: bytes under the TEK, protected by the TIK.
 */

#ifndef HW_MISC_AMD_PSP_PACKET_H
#define HW_MISC_AMD_PSP_PACKET_H

#include "amd_psp_guest.h"

/* First byte of every HMAC under the TIK: which kind of message it protects. */
typedef enum PspMacContext {
    PSP_MAC_SECRET  = 0x01,
    PSP_MAC_DATA    = 0x02,
    PSP_MAC_VMSA    = 0x03,
    PSP_MAC_MEASURE = 0x04,
} PspMacContext;

/* Encrypt @data in place and make its header. False: no random numbers. */
bool psp_packet_seal(const PspGuest *guest, PspMacContext context,
                     PspPacketHeader *hdr, uint8_t *data, uint32_t len);

/* UNTRUSTED: decrypt @data in place; false, and not touched, if changed. */
bool psp_packet_open(const PspGuest *guest, PspMacContext context,
                     const PspPacketHeader *hdr, uint8_t *data, uint32_t len);

#endif
