/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Command buffers of the security processor that the kernel's headers get wrong.
 * AMD 55766 SEV API, "SEND_UPDATE_VMSA".
 *
 * struct sev_data_send_update_vmsa of linux/psp-sev.h lacks the reserved word after the handle, so
 * that every later field is 4 bytes too early.  In-kernel users must use this layout instead.
 */
#ifndef ES_PSP_H
#define ES_PSP_H

#include "pure.h"

struct es_psp_send_update_vmsa {
	u32 handle;
	u32 reserved1;
	u64 hdr_address;
	u32 hdr_len_bytes;
	u32 reserved2;
	u64 guest_address;
	u32 guest_len_bytes;
	u32 reserved3;
	u64 trans_address;
	u32 trans_len_bytes;
};

/* Without the compiler's padding at the end. */
#define ES_PSP_SEND_UPDATE_VMSA_BYTES	52

static_assert(offsetof(struct es_psp_send_update_vmsa, hdr_address) == 8, "header address at 8");
static_assert(offsetof(struct es_psp_send_update_vmsa, guest_address) == 24, "guest address at 24");
static_assert(offsetof(struct es_psp_send_update_vmsa, trans_address) == 40,
	      "transport address at 40");
static_assert(offsetof(struct es_psp_send_update_vmsa, trans_len_bytes) + 4 ==
	      ES_PSP_SEND_UPDATE_VMSA_BYTES, "no padding before the end");

#endif
