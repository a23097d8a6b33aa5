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

bool es_xcr0_plausible(u64 xcr0)
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

/* Leaf 0xd describes the state that XCR0 and XSS enable: without XCR0 there is no answer. */
static enum es_reason check_cpuid(const struct es_request *req, const struct es_offer *offer)
{
	if ((u32)req->rax != 0xd)
		return ES_OK;
	if (!(req->valid & ES_F_XCR0))
		return ES_MISSING_INPUT;
	if (!es_xcr0_plausible(req->xcr0) || (req->xcr0 & ~offer->xcr0))
		return ES_INVALID_INPUT;
	return req->xss & ~offer->xss ? ES_INVALID_INPUT : ES_OK;
}

/* The operand size is one of 1, 2 and 4; strings live in the scratch area, the rest in RAX. */
static enum es_reason check_ioio(const struct es_request *req, const struct es_offer *offer)
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

/* SW_EXITINFO1: 0 reads RCX, 1 writes RDX:RAX to it. */
static enum es_reason check_msr(const struct es_request *req, const struct es_offer *offer)
{
	const u32 written = ES_F_RAX | ES_F_RDX;

	if (req->info1 > 1)
		return ES_INVALID_INPUT;
	if (req->info1 && (req->valid & written) != written)
		return ES_MISSING_INPUT;
	return ES_OK;
}

/* From version 2 on an access has at most 8 bytes. */
static enum es_reason check_mmio(const struct es_request *req, const struct es_offer *offer)
{
	return offer->version >= 2 && req->info2 > 8 ? ES_INVALID_INPUT : ES_OK;
}

static enum es_reason check_jump_table(const struct es_request *req, const struct es_offer *offer)
{
	return req->info1 > ES_JUMP_TABLE_GET ? ES_INVALID_INPUT : ES_OK;
}

#define A	ES_F_RAX
#define B	ES_F_RBX
#define C	ES_F_RCX
#define D	ES_F_RDX
#define RULE(_name, _needs, _returns, _check)					\
	[ES_EV_##_name] = {							\
		.code = ES_EXIT_##_name, .name = #_name, .event = ES_EV_##_name,	\
		.needs = _needs, .returns = _returns, .check = _check,		\
	}

static const struct es_rule rules[ES_NR_NAE_EVENTS] = {
	/*   event           needs           returns        further conditions */
	RULE(DR7_READ,       0,              A,             NULL),
	RULE(DR7_WRITE,      A,              0,             NULL),
	RULE(RDTSC,          0,              A | D,         NULL),
	RULE(RDPMC,          C,              A | D,         NULL),
	RULE(CPUID,          A | C,          A | B | C | D, check_cpuid),
	RULE(INVD,           0,              0,             NULL),
	RULE(IOIO,           0,              A,             check_ioio),
	RULE(MSR,            C,              A | D,         check_msr),
	RULE(VMMCALL,        A | ES_F_CPL,   A,             NULL),
	RULE(RDTSCP,         0,              A | C | D,     NULL),
	RULE(WBINVD,         0,              0,             NULL),
	RULE(MONITOR,        A | C | D,      0,             NULL),
	RULE(MWAIT,          A | C,          0,             NULL),
	RULE(MMIO_READ,      ES_F_SCRATCH,   0,             check_mmio),
	RULE(MMIO_WRITE,     ES_F_SCRATCH,   0,             check_mmio),
	RULE(NMI_COMPLETE,   0,              0,             NULL),
	RULE(AP_RESET_HOLD,  0,              0,             NULL),
	RULE(AP_JUMP_TABLE,  0,              0,             check_jump_table),
	RULE(HV_FEATURES,    0,              0,             NULL),
	RULE(TERMINATE,      0,              0,             NULL),
	RULE(UNSUPPORTED,    0,              0,             NULL),
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

static const struct es_rule *find_among(size_t first, size_t last, u64 code)
{
	size_t i;

	for (i = first; i <= last; i++)
		if (rules[i].code == code)
			return &rules[i];
	return NULL;
}

/* The protocol's own events come after those that stand for instructions. */
const struct es_rule *es_rule_find(u64 code)
{
	if (code < ES_EXIT_MMIO_READ)
		return find_among(0, ES_EV_MWAIT, code);
	return find_among(ES_EV_MMIO_READ, ES_EV_UNSUPPORTED, code);
}

enum es_reason es_request_validate(const struct es_request *req, const struct es_offer *offer,
				   const struct es_rule **rule)
{
	const u32 always = ES_F_CODE | ES_F_INFO1 | ES_F_INFO2;

	*rule = NULL;
	if (req->usage)
		return ES_INVALID_USAGE;
	if ((req->valid & always) != always)
		return ES_MISSING_INPUT;
	/* Some firmware never states the version: 0. */
	if (req->protocol_version > offer->version)
		return ES_INVALID_INPUT;

	*rule = es_rule_find(req->code);
	if (!*rule)
		return ES_INVALID_EVENT;
	if ((req->valid & (*rule)->needs) != (*rule)->needs)
		return ES_MISSING_INPUT;
	return (*rule)->check ? (*rule)->check(req, offer) : ES_OK;
}

u32 es_rule_returns(const struct es_rule *rule, const struct es_request *req)
{
	if (rule->event == ES_EV_IOIO && (req->info1 & (ES_IOIO_IN | ES_IOIO_STRING)) != ES_IOIO_IN)
		return 0;
	if (rule->event == ES_EV_MSR && req->info1)
		return 0;
	return rule->returns;
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
