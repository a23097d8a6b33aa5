// SPDX-License-Identifier: GPL-2.0
/*
 * Validation of page-based requests: what must be marked valid, and which values are acceptable.
 * AMD 56421 GHCB Specification, "NAE Events" (table of required and returned state) and
 * "Invalid GHCB content" (the reasons).
 *
 * Pure: works on the host's copy of the request only.  The guest controls every field of it.
 */
#include "validate.h"

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

static inline bool xcr0_plausible(u64 xcr0)
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
 * Leaf 0xd describes the state that XCR0 and XSS enable.  Firmware is known that reports 0 for XCR0
 * (stage0), and one that marks it only if all of RAX is 0xd (edk2).
 */
static enum es_reason check_cpuid(struct es_request *req, const struct es_offer *offer)
{
	if ((u32)req->rax != 0xd)
		return ES_OK;
	if (req->valid & ES_F_XCR0) {
		if (req->xcr0 != es_xcr0_usable(req->xcr0, offer->xcr0))
			note_lapse(req, ES_LAPSE_XCR0);
	} else {
		if (req->rax == 0xd)
			return ES_MISSING_INPUT;
		note_lapse(req, ES_LAPSE_NO_XCR0);
	}
	if (req->xss & ~offer->xss)
		note_lapse(req, ES_LAPSE_XSS);
	return ES_OK;
}

/* The operand size is one of 1, 2 and 4; strings live in the scratch area, the rest in RAX. */
static enum es_reason check_ioio(const struct es_request *req)
{
	u32 size_bytes = ES_IOIO_SIZE(req->info1);

	if (req->info1 & ES_IOIO_STRING) {
		if (!(req->valid & ES_F_SCRATCH))
			return ES_MISSING_INPUT;
	} else if (!(req->info1 & ES_IOIO_IN) && !(req->valid & ES_F_RAX)) {
		return ES_MISSING_INPUT;
	}
	if (size_bytes != 1 && size_bytes != 2 && size_bytes != 4)
		return ES_INVALID_INPUT;
	return ES_OK;
}

/* SW_EXITINFO1: 0 reads RCX, 1 (and what else is not 0) writes RDX:RAX to it. */
static enum es_reason check_msr(struct es_request *req)
{
	const u32 written = ES_F_RAX | ES_F_RDX;

	if (req->info1 && (req->valid & written) != written)
		return ES_MISSING_INPUT;
	if (req->info1 > 1)
		note_lapse(req, ES_LAPSE_MSR);
	return ES_OK;
}

/* From version 2 on an access has at most 8 bytes. */
static enum es_reason check_mmio(const struct es_request *req, const struct es_offer *offer)
{
	return offer->version >= 2 && req->info2 > 8 ? ES_INVALID_INPUT : ES_OK;
}

static enum es_reason check_jump_table(const struct es_request *req)
{
	return req->info1 > ES_JUMP_TABLE_GET ? ES_INVALID_INPUT : ES_OK;
}

/* What the table below cannot say.  No pointers to functions: calling through one is dear. */
static enum es_reason check_values(enum es_event event, struct es_request *req,
				   const struct es_offer *offer)
{
	switch (event) {
	case ES_EV_CPUID:
		return check_cpuid(req, offer);
	case ES_EV_IOIO:
		return check_ioio(req);
	case ES_EV_MSR:
		return check_msr(req);
	case ES_EV_MMIO_READ:
	case ES_EV_MMIO_WRITE:
		return check_mmio(req, offer);
	case ES_EV_AP_JUMP_TABLE:
		return check_jump_table(req);
	default:
		return ES_OK;
	}
}

#define A	ES_F_RAX
#define B	ES_F_RBX
#define C	ES_F_RCX
#define D	ES_F_RDX
#define RULE(_name, _needs, _returns)						\
	[ES_EV_##_name] = {							\
		.code = ES_EXIT_##_name, .name = #_name, .event = ES_EV_##_name,	\
		.needs = _needs, .returns = _returns,				\
	}

static const struct es_rule rules[ES_NR_NAE_EVENTS] = {
	/*   event           needs           returns */
	RULE(DR7_READ,       0,              A),
	RULE(DR7_WRITE,      A,              0),
	RULE(RDTSC,          0,              A | D),
	RULE(RDPMC,          C,              A | D),
	RULE(CPUID,          A | C,          A | B | C | D),
	RULE(INVD,           0,              0),
	RULE(IOIO,           0,              A),
	RULE(MSR,            C,              A | D),
	RULE(VMMCALL,        A | ES_F_CPL,   A),
	RULE(RDTSCP,         0,              A | C | D),
	RULE(WBINVD,         0,              0),
	RULE(MONITOR,        A | C | D,      0),
	RULE(MWAIT,          A | C,          0),
	RULE(MMIO_READ,      ES_F_SCRATCH,   0),
	RULE(MMIO_WRITE,     ES_F_SCRATCH,   0),
	RULE(NMI_COMPLETE,   0,              0),
	RULE(AP_RESET_HOLD,  0,              0),
	RULE(AP_JUMP_TABLE,  0,              0),
	RULE(HV_FEATURES,    0,              0),
	RULE(TERMINATE,      0,              0),
	RULE(UNSUPPORTED,    0,              0),
};

#undef A
#undef B
#undef C
#undef D

const struct es_rule *es_rules(size_t *nr_rules)
{
	*nr_rules = ES_ARRAY_SIZE(rules);
	return rules;
}

/* The events that stand for instructions, by the code of the intercept; else DR7_READ. */
static const u8 by_intercept[256] = {
	[ES_EXIT_DR7_READ] = ES_EV_DR7_READ,
	[ES_EXIT_DR7_WRITE] = ES_EV_DR7_WRITE,
	[ES_EXIT_RDTSC] = ES_EV_RDTSC,
	[ES_EXIT_RDPMC] = ES_EV_RDPMC,
	[ES_EXIT_CPUID] = ES_EV_CPUID,
	[ES_EXIT_INVD] = ES_EV_INVD,
	[ES_EXIT_IOIO] = ES_EV_IOIO,
	[ES_EXIT_MSR] = ES_EV_MSR,
	[ES_EXIT_VMMCALL] = ES_EV_VMMCALL,
	[ES_EXIT_RDTSCP] = ES_EV_RDTSCP,
	[ES_EXIT_WBINVD] = ES_EV_WBINVD,
	[ES_EXIT_MONITOR] = ES_EV_MONITOR,
	[ES_EXIT_MWAIT] = ES_EV_MWAIT,
};

static_assert((ES_EXIT_HV_FEATURES & 3) == 1, "the second group begins at 1 in its two bits");
static_assert(ES_EV_MMIO_READ + 7 < ES_NR_NAE_EVENTS, "three bits stay in the table");
static_assert(ES_EV_HV_FEATURES - 1 + 3 < ES_NR_NAE_EVENTS, "two bits stay in the table");

/*
 * Which event it can only be.  The protocol's own have consecutive codes, in two groups.  The guest
 * controls the code: masked, it leads nowhere beyond the tables, not even in speculation.
 */
static enum es_event only_event(u64 code)
{
	if (code < ES_EXIT_MMIO_READ)
		return by_intercept[code & 0xff];
	if (code < ES_EXIT_HV_FEATURES)
		return ES_EV_MMIO_READ + ((code - ES_EXIT_MMIO_READ) & 7);
	return ES_EV_HV_FEATURES - 1 + (code & 3);
}

const struct es_rule *es_rule_find(u64 code)
{
	const struct es_rule *rule = &rules[only_event(code)];

	return rule->code == code ? rule : NULL;
}

enum es_reason es_request_validate(struct es_request *req, const struct es_offer *offer,
				   const struct es_rule **rule)
{
	const u32 always = ES_F_CODE | ES_F_INFO1 | ES_F_INFO2;

	*rule = NULL;
	req->lapses = 0;
	if (req->usage)
		return ES_INVALID_USAGE;
	if ((req->valid & always) != always)
		return ES_MISSING_INPUT;
	/* Some firmware never states the version: 0.  Other always states 2, whatever was offered. */
	if (req->protocol_version > offer->version)
		note_lapse(req, ES_LAPSE_VERSION);

	*rule = es_rule_find(req->code);
	if (!*rule)
		return ES_INVALID_EVENT;
	if ((req->valid & (*rule)->needs) != (*rule)->needs)
		return ES_MISSING_INPUT;
	return check_values((*rule)->event, req, offer);
}

static const char * const reason_names[ES_NR_REASONS] = {
	[ES_OK] = "OK",
	[ES_NOT_REGISTERED] = "NOT_REGISTERED",
	[ES_INVALID_USAGE] = "INVALID_USAGE",
	[ES_INVALID_SCRATCH] = "INVALID_SCRATCH",
	[ES_MISSING_INPUT] = "MISSING_INPUT",
	[ES_INVALID_INPUT] = "INVALID_INPUT",
	[ES_INVALID_EVENT] = "INVALID_EVENT",
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
