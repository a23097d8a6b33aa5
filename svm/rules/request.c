// SPDX-License-Identifier: GPL-2.0
/*
 * Validation of requests by the GHCB page: required fields and acceptable values.
 * AMD 56421 GHCB Specification, "NAE Events" (table of required and returned state) and "Invalid
 * GHCB content" (the reasons).
 *
 * Pure: uses only the host's copy of the request.  The guest controls every field of it.
 */
#include "request.h"

/* XCR0 bits and what they depend on.  AMD 24593 APM Volume 2, "Extended Control Register XCR0". */
#define XCR0_X87	ES_BIT(0)
#define XCR0_SSE	ES_BIT(1)
#define XCR0_YMM	ES_BIT(2)
#define XCR0_MPX	(ES_BIT(3) | ES_BIT(4))
#define XCR0_AVX512	(ES_BIT(5) | ES_BIT(6) | ES_BIT(7))
#define XCR0_TILE	(ES_BIT(17) | ES_BIT(18))

static bool all_or_none(u64 value, u64 mask)
{
	return !(value & mask) || (value & mask) == mask;
}

static bool xcr0_plausible(u64 xcr0)
{
	if (!(xcr0 & XCR0_X87))
		return false;
	if ((xcr0 & XCR0_YMM) && !(xcr0 & XCR0_SSE))
		return false;
	if ((xcr0 & XCR0_AVX512) && !(xcr0 & XCR0_YMM))
		return false;
	return all_or_none(xcr0, XCR0_MPX) && all_or_none(xcr0, XCR0_AVX512) &&
	       all_or_none(xcr0, XCR0_TILE);
}

u64 es_xcr0_usable(u64 xcr0, u64 offered)
{
	u64 usable = (xcr0 & offered) | XCR0_X87;

	return xcr0_plausible(usable) ? usable : XCR0_X87;
}

static void note_lapse(struct es_request *req, enum es_lapse which)
{
	req->lapses |= 1u << which;
}

/*
 * Leaf 0xd describes the state that XCR0 and XSS enable.  stage0 reports 0 for XCR0, and edk2 sets
 * its valid bit only if all of RAX is 0xd.
 */
static enum es_reason check_cpuid(struct es_request *req, const struct es_limits *limits)
{
	if ((u32)req->rax != 0xd)
		return ES_ERR_NONE;
	if (req->valid & ES_F_XCR0) {
		if (req->xcr0 != es_xcr0_usable(req->xcr0, limits->xcr0))
			note_lapse(req, ES_LAPSE_XCR0);
	} else {
		if (req->rax == 0xd)
			return ES_ERR_MISSING_INPUT;
		note_lapse(req, ES_LAPSE_NO_XCR0);
	}
	if (req->xss & ~limits->xss)
		note_lapse(req, ES_LAPSE_XSS);
	return ES_ERR_NONE;
}

/* The operand size is one of 1, 2 and 4; strings live in the scratch area, the rest in RAX. */
static enum es_reason check_ioio(const struct es_request *req)
{
	u32 size_bytes = ES_IOIO_SIZE(req->info1);

	if (req->info1 & ES_IOIO_STRING) {
		if (!(req->valid & ES_F_SCRATCH))
			return ES_ERR_MISSING_INPUT;
	} else if (!(req->info1 & ES_IOIO_IN) && !(req->valid & ES_F_RAX)) {
		return ES_ERR_MISSING_INPUT;
	}
	if (size_bytes != 1 && size_bytes != 2 && size_bytes != 4)
		return ES_ERR_INVALID_INPUT;
	return ES_ERR_NONE;
}

/* SW_EXITINFO1: 0 reads the MSR in RCX, 1 (and any other value) writes RDX:RAX to it. */
static enum es_reason check_msr(struct es_request *req)
{
	const u32 written = ES_F_RAX | ES_F_RDX;

	if (req->info1 && (req->valid & written) != written)
		return ES_ERR_MISSING_INPUT;
	if (req->info1 > 1)
		note_lapse(req, ES_LAPSE_MSR);
	return ES_ERR_NONE;
}

/* In version 2 an access has at most 8 bytes. */
static enum es_reason check_mmio(const struct es_request *req, const struct es_limits *limits)
{
	return limits->version >= 2 && req->info2 > 8 ? ES_ERR_INVALID_INPUT : ES_ERR_NONE;
}

static enum es_reason check_jump_table(const struct es_request *req)
{
	return req->info1 > ES_JUMP_TABLE_GET ? ES_ERR_INVALID_INPUT : ES_ERR_NONE;
}

/* Checks that depend on field values.  Use a switch; indirect calls are slow with retpolines. */
static enum es_reason check_values(enum es_nae_event event, struct es_request *req,
				   const struct es_limits *limits)
{
	switch (event) {
	case ES_NAE_CPUID:
		return check_cpuid(req, limits);
	case ES_NAE_IOIO:
		return check_ioio(req);
	case ES_NAE_MSR:
		return check_msr(req);
	case ES_NAE_MMIO_READ:
	case ES_NAE_MMIO_WRITE:
		return check_mmio(req, limits);
	case ES_NAE_AP_JUMP_TABLE:
		return check_jump_table(req);
	default:
		return ES_ERR_NONE;
	}
}

#define RULE(_name, _guests, _required, _returned)				\
	[ES_NAE_##_name] = {							\
		.code = ES_EXIT_##_name, .name = #_name, .event = ES_NAE_##_name,	\
		.guests = _guests, .required = _required, .returned = _returned,	\
	},

static const struct es_rule rules[ES_NR_NAE_EVENTS] = {
	ES_NAE_EVENTS(RULE)
};

const struct es_rule *es_rules(size_t *nr_rules)
{
	*nr_rules = ES_ARRAY_SIZE(rules);
	return rules;
}

/*
 * No two codes have the same low byte; lint and unit tests stop at a code that has the low byte of
 * another one (-Woverride-init).  An unknown code finds some event, whose code differs.
 */
#define BY_LOW_BYTE(_name, _guests, _required, _returned)	\
	[ES_EXIT_##_name & 0xff] = ES_NAE_##_name,

static const u8 by_low_byte[256] = {
	ES_NAE_EVENTS(BY_LOW_BYTE)
};

/* The guest controls the code.  The index is never out of bounds, not even in speculation. */
const struct es_rule *es_rule_find(u64 code)
{
	const struct es_rule *rule = &rules[by_low_byte[code & 0xff]];

	return rule->code == code ? rule : NULL;
}

enum es_reason es_request_validate(struct es_request *req, const struct es_limits *limits,
				   const struct es_rule **rule)
{
	const u32 always = ES_F_CODE | ES_F_INFO1 | ES_F_INFO2;

	*rule = NULL;
	req->lapses = 0;
	if (req->usage)
		return ES_ERR_INVALID_USAGE;
	if ((req->valid & always) != always)
		return ES_ERR_MISSING_INPUT;
	/*
	 * Some firmware leaves the version 0.  Other firmware always writes 2, whatever was
	 * offered.
	 */
	if (req->protocol_version > limits->version)
		note_lapse(req, ES_LAPSE_VERSION);

	*rule = es_rule_find(req->code);
	if (!*rule)
		return ES_ERR_INVALID_EVENT;
	if (!((*rule)->guests & limits->guest)) {
		*rule = NULL;
		return ES_ERR_INVALID_EVENT;
	}
	if ((req->valid & (*rule)->required) != (*rule)->required)
		return ES_ERR_MISSING_INPUT;
	return check_values((*rule)->event, req, limits);
}

static const char * const reason_names[ES_NR_REASONS] = {
	[ES_ERR_NONE] = "OK",
	[ES_ERR_NOT_REGISTERED] = "NOT_REGISTERED",
	[ES_ERR_INVALID_USAGE] = "INVALID_USAGE",
	[ES_ERR_INVALID_SCRATCH_AREA] = "INVALID_SCRATCH_AREA",
	[ES_ERR_MISSING_INPUT] = "MISSING_INPUT",
	[ES_ERR_INVALID_INPUT] = "INVALID_INPUT",
	[ES_ERR_INVALID_EVENT] = "INVALID_EVENT",
};

const char *es_reason_name(enum es_reason reason)
{
	return reason < ES_NR_REASONS ? reason_names[reason] : "?";
}

static const char * const lapse_names[ES_NR_LAPSES] = {
	[ES_LAPSE_VERSION] = "VERSION",
	[ES_LAPSE_XCR0] = "XCR0",
	[ES_LAPSE_XSS] = "XSS",
	[ES_LAPSE_NO_XCR0] = "NO_XCR0",
	[ES_LAPSE_MSR] = "MSR",
};

const char *es_lapse_name(enum es_lapse lapse)
{
	return lapse < ES_NR_LAPSES ? lapse_names[lapse] : "?";
}
