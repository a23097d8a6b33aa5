// SPDX-License-Identifier: GPL-2.0
/*
 * The events of the page-based protocol, one good request each, and the rows that are common to all
 * of them.
 *
 * Source: AMD 56421 GHCB Specification, section "NAE Events" (table of required and returned state)
 *	and "GHCB Layout" (usage, protocol version).  Copied from the specification, not from the
 *	module.
 */
#include "events.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "../vmm/env.h"

#define RAX	SPEC_GHCB_RAX
#define RBX	SPEC_GHCB_RBX
#define RCX	SPEC_GHCB_RCX
#define RDX	SPEC_GHCB_RDX
#define SCRATCH	SPEC_GHCB_SCRATCH

/*
 * The data of an OUT as userspace sees it; of RAX and the buffer after an IN and an INS or MMIO
 * read.
 */
#define OUT_RAX		0x12345678
#define DATA_BYTES	4

static void sent_rax(struct conf *c, const uint8_t *answer)
{
	(void)answer;
	if (c->seen.len_bytes != DATA_BYTES ||
	    memcmp(c->seen.bytes, &(uint32_t){ OUT_RAX }, DATA_BYTES))
		conf_complain(c, "userspace got other bytes than RAX had");
}

static void got_rax(struct conf *c, const uint8_t *answer)
{
	uint64_t rax = spec_ghcb_get(answer, RAX);

	conf_check_in(c, (uint8_t *)&rax, DATA_BYTES);
}

static void sent_buffer(struct conf *c, const uint8_t *answer)
{
	(void)answer;
	conf_check_out(c, DATA_BYTES);
}

static void got_buffer(struct conf *c, const uint8_t *answer)
{
	conf_check_in(c, answer + SPEC_GHCB_BUFFER, DATA_BYTES);
}

static const struct conf_row events[] = {
	{ "dr7_read", .exit = SPEC_EXIT_DR7_READ, .returns = { RAX } },
	{ "dr7_write", .exit = SPEC_EXIT_DR7_WRITE, .set = { { RAX, 0x400 } }, .nr_needed = 1 },
	{ "rdtsc", .exit = SPEC_EXIT_RDTSC, .returns = { RAX, RDX } },
	{ "rdtscp", .exit = SPEC_EXIT_RDTSCP, .returns = { RAX, RDX, RCX } },
	{ "rdpmc", .exit = SPEC_EXIT_RDPMC, .set = { { RCX, 0x12345678 } }, .nr_needed = 1,
	  .want = CONF_RAISE, .info2_want = SPEC_RAISE_GP },
	{ "cpuid", .exit = SPEC_EXIT_CPUID, .set = { { RAX, 0 }, { RCX, 0 } }, .nr_needed = 2,
	  .returns = { RAX, RBX, RCX, RDX } },
	{ "cpuid_0xd", .exit = SPEC_EXIT_CPUID, .nr_needed = 3,
	  .set = { { RAX, 0xd }, { RCX, 0 }, { SPEC_GHCB_XCR0, 3 } },
	  .returns = { RAX, RBX, RCX, RDX } },
	{ "invd", .exit = SPEC_EXIT_INVD },
	{ "wbinvd", .exit = SPEC_EXIT_WBINVD },
	{ "monitor", .exit = SPEC_EXIT_MONITOR, .set = { { RAX, 0x1000 }, { RCX, 0 }, { RDX, 0 } },
	  .nr_needed = 3 },
	{ "mwait", .exit = SPEC_EXIT_MWAIT, .set = { { RAX, 0 }, { RCX, 0 } }, .nr_needed = 2 },
	{ "out", .exit = SPEC_EXIT_IOIO, .info1 = SPEC_IO_PORT(CONF_PORT) | SPEC_IO_BYTES(4),
	  .set = { { RAX, OUT_RAX } }, .nr_needed = 1, .exits = 1, .check = sent_rax },
	{ "in", .exit = SPEC_EXIT_IOIO,
	  .info1 = SPEC_IO_PORT(CONF_PORT) | SPEC_IO_BYTES(4) | SPEC_IO_IN, .returns = { RAX },
	  .exits = 1, .check = got_rax },
	{ "outs", .exit = SPEC_EXIT_IOIO,
	  .info1 = SPEC_IO_PORT(CONF_PORT) | SPEC_IO_BYTES(1) | SPEC_IO_STRING, .info2 = DATA_BYTES,
	  .set = { { SCRATCH, CONF_BUFFER } }, .nr_needed = 1, .exits = 1, .check = sent_buffer },
	{ "ins", .exit = SPEC_EXIT_IOIO, .info2 = DATA_BYTES, .set = { { SCRATCH, CONF_BUFFER } },
	  .nr_needed = 1,
	  .info1 = SPEC_IO_PORT(CONF_PORT) | SPEC_IO_BYTES(1) | SPEC_IO_STRING | SPEC_IO_IN,
	  .exits = 1, .check = got_buffer },
	{ "rdmsr", .exit = SPEC_EXIT_MSR, .set = { { RCX, 0x1b } }, .nr_needed = 1,
	  .returns = { RAX, RDX } },
	{ "wrmsr", .exit = SPEC_EXIT_MSR, .info1 = 1,
	  .set = { { RCX, 0x3b }, { RAX, 0 }, { RDX, 0 } }, .nr_needed = 3 },
	{ "vmmcall", .exit = SPEC_EXIT_VMMCALL, .set = { { RAX, 0x7fff }, { SPEC_GHCB_CPL, 0 } },
	  .nr_needed = 2, .returns = { RAX } },
	{ "mmio_read", .exit = SPEC_NAE_MMIO_READ, .info1 = AGENT_MMIO_GPA, .info2 = DATA_BYTES,
	  .set = { { SCRATCH, CONF_BUFFER } }, .nr_needed = 1, .exits = 1, .check = got_buffer },
	{ "mmio_write", .exit = SPEC_NAE_MMIO_WRITE, .info1 = AGENT_MMIO_GPA, .info2 = DATA_BYTES,
	  .set = { { SCRATCH, CONF_BUFFER } }, .nr_needed = 1, .exits = 1, .check = sent_buffer },
	{ "nmi_complete", .exit = SPEC_NAE_NMI_COMPLETE },
	{ "ap_reset_hold", .exit = SPEC_NAE_AP_RESET_HOLD },
	{ "jump_table_set", .exit = SPEC_NAE_AP_JUMP_TABLE, .info1 = SPEC_JUMP_TABLE_SET },
	{ "jump_table_get", .exit = SPEC_NAE_AP_JUMP_TABLE, .info1 = SPEC_JUMP_TABLE_GET },
	{ "hv_features", .exit = SPEC_NAE_HV_FEATURES },
	{ "terminate", .exit = SPEC_NAE_TERMINATE, .info1 = SPEC_NAE_TERM(3, 0x42),
	  .want = CONF_TERM, .term = { CONF_GHCB, SPEC_MSR_TERM(3, 0x42), CONF_BY_PAGE } },
	{ "unsupported_event", .exit = SPEC_NAE_UNSUPPORTED, .info1 = SPEC_EXIT_NPF,
	  .want = CONF_TERM, .term = { CONF_GHCB, 0, CONF_BY_UNSUPPORTED } },
};

const struct conf_row *conf_events(unsigned int *nr_events)
{
	*nr_events = ARRAY_SIZE(events);
	return events;
}

struct conf_row conf_event(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		if (!strcmp(events[i].name, name))
			return events[i];
	}
	vmm_fail("the table of events has no %s", name);
}

static void rename_row(struct conf_row *row, const struct conf_row *base, const char *format,
		       va_list args)
{
	int len = snprintf(row->name, sizeof(row->name), "%s: ", base->name);

	vsnprintf(row->name + len, sizeof(row->name) - len, format, args);
}

struct conf_row conf_variant(const struct conf_row *base, const char *format, ...)
{
	struct conf_row row = *base;
	va_list args;

	va_start(args, format);
	rename_row(&row, base, format, args);
	va_end(args);
	return row;
}

struct conf_row conf_refused(const struct conf_row *base, enum spec_malformed reason,
			     const char *format, ...)
{
	struct conf_row row = *base;
	va_list args;

	va_start(args, format);
	rename_row(&row, base, format, args);
	va_end(args);
	row.want = CONF_REFUSED;
	row.info2_want = reason;
	row.exits = 0;
	row.check = NULL;
	memset(row.returns, 0, sizeof(row.returns));
	return row;
}

struct conf_row conf_ends_without_page(const struct conf_row *base, const char *name)
{
	struct conf_row row = conf_variant(base, "%s", name);

	row.page_outside = true;
	row.want = CONF_TERM;
	row.term[0] = CONF_OUTSIDE_GPA;
	row.term[1] = 0;
	row.term[2] = CONF_NO_PAGE;
	row.exits = -1;
	return row;
}

void conf_put(struct conf_row *row, unsigned int field, uint64_t value)
{
	unsigned int i = 0;

	while (i < CONF_FIELDS - 1 && row->set[i].field && row->set[i].field != field)
		i++;
	row->set[i] = (struct conf_field){ field, value };
}

void conf_with(struct conf *c, const struct conf_row *base, const char *name,
	       const struct conf_field *set, void (*check)(struct conf *c, const uint8_t *answer))
{
	struct conf_row row = conf_variant(base, "%s", name);

	if (set)
		conf_put(&row, set->field, set->value);
	row.check = check;
	conf_row(c, &row);
}

void conf_bad_info1(struct conf *c, const struct conf_row *base, const uint64_t *values,
		    unsigned int nr_values)
{
	struct conf_row row;
	unsigned int i;

	for (i = 0; i < nr_values; i++) {
		row = conf_refused(base, SPEC_INVALID_INPUT, "SW_EXITINFO1 0x%llx",
				   (unsigned long long)values[i]);
		row.info1 = values[i];
		conf_row(c, &row);
	}
}

static void missing_fields(struct conf *c, const struct conf_row *base)
{
	static const struct { unsigned int field; const char *name; } always[] = {
		{ SPEC_GHCB_EXITCODE, "SW_EXITCODE" }, { SPEC_GHCB_EXITINFO1, "SW_EXITINFO1" },
		{ SPEC_GHCB_EXITINFO2, "SW_EXITINFO2" },
	};
	struct conf_row row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(always); i++) {
		row = conf_refused(base, SPEC_MISSING_INPUT, "without %s", always[i].name);
		row.omit = always[i].field;
		conf_row(c, &row);
	}
	for (i = 0; i < base->nr_needed; i++) {
		row = conf_refused(base, SPEC_MISSING_INPUT, "without field 0x%x",
				   base->set[i].field);
		row.omit = base->set[i].field;
		conf_row(c, &row);
	}
}

static void bad_frames(struct conf *c, const struct conf_row *base)
{
	static const uint32_t usages[] = { 1, 0xffffffff };
	struct conf_row row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(usages); i++) {
		row = conf_refused(base, SPEC_INVALID_USAGE, "usage 0x%x", usages[i]);
		row.usage = usages[i];
		conf_row(c, &row);
	}
}

/*
 * Send the requests of firmware in use (stage0), which sets version 2 whatever was offered; a
 * version 1 request is the same in both.
 */
static void bold_frames(struct conf *c, const struct conf_row *base)
{
	const unsigned int claims[] = { c->version + 1, 0xffff };
	struct conf_row row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(claims); i++) {
		row = conf_variant(base, "protocol version field %s",
				   i ? "0xffff" : "one more than offered");
		row.claim = claims[i] + 1;
		conf_row(c, &row);
	}
}

/*
 * Send the requests of firmware that never sets the field, which is as good as firmware that sets
 * it correctly.
 */
static void good_frames(struct conf *c, const struct conf_row *base)
{
	unsigned int claim;
	struct conf_row row;

	for (claim = 0; claim <= c->version; claim++) {
		row = conf_variant(base, "protocol version field %u", claim);
		row.claim = claim + 1;
		conf_row(c, &row);
	}
}

void conf_common(struct conf *c, const char *event)
{
	struct conf_row base = conf_event(event);

	if (base.want != CONF_TERM && base.exit != SPEC_NAE_AP_RESET_HOLD)
		good_frames(c, &base);
	if (base.exit != SPEC_NAE_AP_RESET_HOLD)
		bold_frames(c, &base);
	missing_fields(c, &base);
	bad_frames(c, &base);
}
