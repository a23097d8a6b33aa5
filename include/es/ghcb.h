/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The layout of the GHCB page, and the codes of NAE events.
 * AMD 56421 GHCB Specification, "GHCB Layout" and "NAE Events".
 *
 * The guest controls every byte of this page, at every moment.
 */
#ifndef ES_GHCB_H
#define ES_GHCB_H

#include "pure.h"

/* Byte offsets in the page. */
#define ES_GHCB_CPL			0x0cb
#define ES_GHCB_XSS			0x140
#define ES_GHCB_RAX			0x1f8
#define ES_GHCB_RCX			0x308
#define ES_GHCB_RDX			0x310
#define ES_GHCB_RBX			0x318
#define ES_GHCB_RSI			0x330
#define ES_GHCB_SW_EXITCODE		0x390
#define ES_GHCB_SW_EXITINFO1		0x398
#define ES_GHCB_SW_EXITINFO2		0x3a0
#define ES_GHCB_SW_SCRATCH		0x3a8
#define ES_GHCB_XCR0			0x3e8
#define ES_GHCB_VALID_BITMAP		0x3f0
#define ES_GHCB_SHARED_BUFFER		0x800
#define ES_GHCB_SHARED_BUFFER_END	0xff0
#define ES_GHCB_PROTOCOL_VERSION	0xffa
#define ES_GHCB_USAGE			0xffc
#define ES_GHCB_SIZE			0x1000

#define ES_GHCB_BITMAP_BYTES		16
#define ES_SHARED_BUFFER_BYTES		(ES_GHCB_SHARED_BUFFER_END - ES_GHCB_SHARED_BUFFER)

/* VALID_BITMAP has one bit for each quadword of the page's first 1 KiB. */
#define ES_GHCB_BIT(offset)		((offset) / 8)

/* SW_EXITINFO1 of a response. */
#define ES_RESP_NO_ACTION			0
#define ES_RESP_ISSUE_EXCEPTION		1
#define ES_RESP_MALFORMED_INPUT		2

/* SW_EXITINFO2 of ES_RESP_MALFORMED_INPUT: the reason.  ES_ERR_NONE is never sent. */
enum es_reason {
	ES_ERR_NONE = 0,
	ES_ERR_NOT_REGISTERED = 1,
	ES_ERR_INVALID_USAGE = 2,
	ES_ERR_INVALID_SCRATCH_AREA = 3,
	ES_ERR_MISSING_INPUT = 4,
	ES_ERR_INVALID_INPUT = 5,
	ES_ERR_INVALID_EVENT = 6,
	ES_NR_REASONS
};

/* SW_EXITCODE: events with the code of an intercept ... */
#define ES_EXIT_DR7_READ		0x27
#define ES_EXIT_DR7_WRITE		0x37
#define ES_EXIT_RDTSC			0x6e
#define ES_EXIT_RDPMC			0x6f
#define ES_EXIT_CPUID			0x72
#define ES_EXIT_INVD			0x76
#define ES_EXIT_IOIO			0x7b
#define ES_EXIT_MSR			0x7c
#define ES_EXIT_VMMCALL			0x81
#define ES_EXIT_RDTSCP			0x87
#define ES_EXIT_WBINVD			0x89
#define ES_EXIT_MONITOR			0x8a
#define ES_EXIT_MWAIT			0x8b
/* ... and events of the protocol. */
#define ES_EXIT_MMIO_READ		0x80000001
#define ES_EXIT_MMIO_WRITE		0x80000002
#define ES_EXIT_NMI_COMPLETE		0x80000003
#define ES_EXIT_AP_RESET_HOLD		0x80000004
#define ES_EXIT_AP_JUMP_TABLE		0x80000005
#define ES_EXIT_HV_FEATURES		0x8000fffd
#define ES_EXIT_TERMINATE		0x8000fffe
#define ES_EXIT_UNSUPPORTED		0x8000ffff

/* SW_EXITINFO1 of IOIO. */
#define ES_IOIO_IN			ES_BIT(0)
#define ES_IOIO_STRING			ES_BIT(2)
#define ES_IOIO_SIZE(info1)		(((info1) >> 4) & 7)
#define ES_IOIO_PORT(info1)		(((info1) >> 16) & 0xffff)

/* SW_EXITINFO1 of terminate: 3:0 reason set, 11:4 reason code. */
#define ES_TERMINATE_SET(info1)		((info1) & 0xf)
#define ES_TERMINATE_CODE(info1)	(((info1) >> 4) & 0xff)

/* SW_EXITINFO1 of AP jump table. */
#define ES_JUMP_TABLE_SET		0
#define ES_JUMP_TABLE_GET		1

/*
 * SW_EXITINFO2 of ES_RESP_ISSUE_EXCEPTION, in the format of EVENTINJ: bits 7:0 vector, 10:8 type
 * (3: exception), 11 error code valid, 31 valid, 63:32 error code (always 0 here).
 */
static inline u64 es_resp_exception(u8 vector, bool has_error_code)
{
	return vector | 3 << 8 | (has_error_code ? ES_BIT(11) : 0) | ES_BIT(31);
}

static_assert(ES_GHCB_BIT(ES_GHCB_RAX) == 63, "RAX is bit 63");
static_assert(ES_GHCB_BIT(ES_GHCB_SW_EXITCODE) == 114, "SW_EXITCODE is bit 114");
static_assert(ES_GHCB_BIT(ES_GHCB_XCR0) == 125, "XCR0 is bit 125");
static_assert(ES_GHCB_BIT(ES_GHCB_CPL) == 25, "CPL is bit 25");
static_assert(ES_GHCB_BIT(ES_GHCB_XSS) == 40, "XSS is bit 40");
static_assert(ES_SHARED_BUFFER_BYTES == 2032, "the shared buffer has 2032 bytes");

#endif
