/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of the trusted channel.
 *
 * AMD 55766 SEV API, chapter 6 "LAUNCH_SECRET", "SEND_UPDATE_DATA",
 * "SEND_UPDATE_VMSA" and their RECEIVE counterparts.
 *
 *   DATA = AES-128-CTR(TEK, IV) of the plain bytes
 *   MAC  = HMAC-SHA256(TIK, context || FLAGS || IV || GUEST_LENGTH ||
 *                           TRANS_LENGTH || DATA [|| measurement])
 *
 * Both lengths are the same without compression, which is not supported (nor
 * is it by AMD's published firmware). Only a secret names the measurement. The
 * context keeps a data packet from being mistaken for a VMSA; AMD's published
 * firmware has the number 3 for VMSAs, too, but sends and expects them with 2.
 *
 * Nothing in a packet indicates its place or its turn: within one session the
 * host may repeat and reorder packets, as on a chip.
 */

#include "qemu/osdep.h"
#include "amd_psp_crypto.h"
#include "amd_psp_packet.h"

static void packet_mac(const PspGuest *guest, PspMacContext context,
                       const PspPacketHeader *hdr, const uint8_t *data,
                       uint32_t len, uint8_t mac[PSP_DIGEST_BYTES])
{
    uint8_t first = context;
    uint32_t len_le = cpu_to_le32(len);
    struct iovec iov[] = {
        { &first, sizeof(first) },
        { (void *)&hdr->flags, sizeof(hdr->flags) },
        { (void *)hdr->iv, sizeof(hdr->iv) },
        { &len_le, sizeof(len_le) },
        { &len_le, sizeof(len_le) },
        { (void *)data, len },
        { (void *)guest->measure, sizeof(guest->measure) },
    };
    size_t nr_iov = ARRAY_SIZE(iov) - (context != PSP_MAC_SECRET);

    psp_hmac(guest->tik, sizeof(guest->tik), iov, nr_iov, mac);
}

bool psp_packet_seal(const PspGuest *guest, PspMacContext context,
                     PspPacketHeader *hdr, uint8_t *data, uint32_t len)
{
    hdr->flags = 0;
    if (!psp_random(hdr->iv, sizeof(hdr->iv))) {
        return false;
    }
    psp_aes_ctr(guest->tek, hdr->iv, data, len);
    packet_mac(guest, context, hdr, data, len, hdr->mac);
    return true;
}

bool psp_packet_open(const PspGuest *guest, PspMacContext context,
                     const PspPacketHeader *hdr, uint8_t *data, uint32_t len)
{
    uint8_t mac[PSP_DIGEST_BYTES];

    packet_mac(guest, context, hdr, data, len, mac);
    if (memcmp(mac, hdr->mac, sizeof(mac))) {
        return false;
    }
    psp_aes_ctr(guest->tek, hdr->iv, data, len);
    return true;
}
