// SPDX-License-Identifier: GPL-2.0
/*
 * Requests that no SEV-ES guest may make, and rules about every response: the order of the checks,
 * and which fields a response marks valid.
 *
 * Source: AMD 56421 GHCB Specification, sections "NAE Events", "GHCB Layout", "Invalid GHCB
 *	content".
 */
#include "events.h"

#include <string.h>

static const struct conf_row unknown = {
	"event", .want = CONF_REFUSED, .info2_want = SPEC_INVALID_EVENT,
};

static void snp_events(struct conf *c)
{
	struct conf_row row;
	uint64_t code;

	for (code = SPEC_NAE_SNP_FIRST; code <= SPEC_NAE_SNP_LAST; code++) {
		row = conf_variant(&unknown, "0x%llx, for SNP guests only",
				   (unsigned long long)code);
		row.exit = code;
		conf_put(&row, SPEC_GHCB_RAX, 0);
		conf_put(&row, SPEC_GHCB_RBX, 0);
		conf_put(&row, SPEC_GHCB_SCRATCH, CONF_BUFFER);
		conf_row(c, &row);
	}
}

/*
 * Neighbours of known codes, exits that a guest has no way to request, and codes that need all 64
 * bits.
 */
static const uint64_t strangers[] = {
	0x0, 0x1, 0x10, 0x26, 0x28, 0x36, 0x40, 0x4d, 0x5e, 0x60, 0x61, 0x62, 0x63, 0x64, 0x6d,
	0x70, 0x71, 0x73, 0x75, 0x77, 0x78, 0x79, 0x7a, 0x7d, 0x7f, 0x80, 0x82, 0x85, 0x86, 0x88,
	0x8c, 0x8d, 0x8f, 0x9f, 0xa2, 0xa3, 0x3ff, 0x400, 0x401, 0x402, 0x403, 0x404, 0xffff,
	0x7fffffff, 0x80000000, 0x80000006, 0x8000000f, 0x8000001e, 0x800000ff, 0x80001000,
	0x8000fffc, 0x80010000, 0xf0000000, 0xffffffff, 0x100000000, 0x100000072, 0x180000003,
	0xffffffff80000003, 0x7fffffffffffffff, 0xfffffffffffffffe, 0xffffffffffffffff,
};

static void unknown_rows(struct conf *c)
{
	struct conf_row row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(strangers); i++) {
		row = conf_variant(&unknown, "0x%llx", (unsigned long long)strangers[i]);
		row.exit = strangers[i];
		conf_row(c, &row);
	}
	snp_events(c);
}

const struct conf_group conf_unknown_group = { "unknown", .rows = unknown_rows };

/* --- Two things are wrong; the reason is that of the earlier check. */

static void order_rows(struct conf *c)
{
	const struct conf_row rows[] = {
		{ "usage before missing SW_EXITCODE", .exit = SPEC_EXIT_WBINVD, .usage = 1,
		  .omit = SPEC_GHCB_EXITCODE, .want = CONF_REFUSED,
		  .info2_want = SPEC_INVALID_USAGE },
		{ "usage beside protocol version", .exit = SPEC_EXIT_WBINVD, .usage = 1,
		  .claim = 0x10000, .want = CONF_REFUSED, .info2_want = SPEC_INVALID_USAGE },
		{ "usage before unknown event", .exit = 0x8000abcd, .usage = 1,
		  .want = CONF_REFUSED, .info2_want = SPEC_INVALID_USAGE },
		{ "missing SW_EXITINFO1 beside protocol version", .exit = SPEC_EXIT_WBINVD,
		  .omit = SPEC_GHCB_EXITINFO1, .claim = 0x10000, .want = CONF_REFUSED,
		  .info2_want = SPEC_MISSING_INPUT },
		{ "missing SW_EXITINFO2 before unknown event", .exit = 0x8000abcd,
		  .omit = SPEC_GHCB_EXITINFO2, .want = CONF_REFUSED,
		  .info2_want = SPEC_MISSING_INPUT },
		{ "unknown event beside protocol version", .exit = 0x8000abcd, .claim = 0x10000,
		  .want = CONF_REFUSED, .info2_want = SPEC_INVALID_EVENT },
		{ "missing field beside protocol version", .exit = SPEC_EXIT_RDPMC,
		  .claim = 0x10000, .want = CONF_REFUSED, .info2_want = SPEC_MISSING_INPUT },
		{ "missing RCX before sub-function of MSR", .exit = SPEC_EXIT_MSR, .info1 = 2,
		  .want = CONF_REFUSED, .info2_want = SPEC_MISSING_INPUT },
		{ "missing RAX before operand size", .exit = SPEC_EXIT_IOIO,
		  .info1 = SPEC_IO_BYTES(3), .want = CONF_REFUSED,
		  .info2_want = SPEC_MISSING_INPUT },
		{ "missing scratch before operand size", .exit = SPEC_EXIT_IOIO, .info2 = 1,
		  .info1 = SPEC_IO_BYTES(3) | SPEC_IO_STRING, .want = CONF_REFUSED,
		  .info2_want = SPEC_MISSING_INPUT },
		{ "operand size before scratch", .exit = SPEC_EXIT_IOIO, .info2 = 1,
		  .info1 = SPEC_IO_BYTES(0) | SPEC_IO_STRING, .set = { { SPEC_GHCB_SCRATCH, 1 } },
		  .want = CONF_REFUSED, .info2_want = SPEC_INVALID_INPUT },
		{ "missing scratch before MMIO length", .versions = CONF_V2,
		  .exit = SPEC_NAE_MMIO_READ, .info2 = 9, .want = CONF_REFUSED,
		  .info2_want = SPEC_MISSING_INPUT },
		{ "MMIO length before scratch", .versions = CONF_V2, .exit = SPEC_NAE_MMIO_READ,
		  .info2 = 9, .set = { { SPEC_GHCB_SCRATCH, 0 } }, .want = CONF_REFUSED,
		  .info2_want = SPEC_INVALID_INPUT },
		{ "MMIO length before scratch", .versions = CONF_V1, .exit = SPEC_NAE_MMIO_READ,
		  .info2 = 9, .set = { { SPEC_GHCB_SCRATCH, 0 } }, .want = CONF_REFUSED,
		  .info2_want = SPEC_INVALID_SCRATCH },
	};

	conf_rows(c, rows, ARRAY_SIZE(rows));
}

const struct conf_group conf_order_group = { "order", .rows = order_rows };

/* --- Valid bits: a response marks valid what it returns, and only that */

static void marks_rows(struct conf *c)
{
	unsigned int i, nr_events;
	const struct conf_row *events = conf_events(&nr_events);
	struct conf_row row;

	for (i = 0; i < nr_events; i++) {
		if (events[i].want != CONF_TERM && events[i].exit != SPEC_NAE_AP_RESET_HOLD) {
			row = conf_variant(&events[i], "marks only what it returns");
			row.only_those = true;
			conf_row(c, &row);
		}
		row = conf_refused(&events[i], SPEC_INVALID_USAGE,
				   "a refusal marks its reason only");
		row.usage = 1;
		row.only_those = true;
		conf_row(c, &row);
	}
}

const struct conf_group conf_marks_group = { "marks", .rows = marks_rows };
