/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rules of svm/rules/request.c.  Four mistakes by the specification are tolerated, because guests
 * make them, the stock module tolerates them, and they do no harm; they are counted: spec_lapses().
 * Source: AMD 56421 GHCB Specification, sections "NAE Events" and "Invalid GHCB content"; AMD 24593
 *	APM Volume 2, "Extended Control Register XCR0".
 *
 * To add an event: a row in spec_events.  To add a condition on its values: a case in
 * spec_event_reason().  To add a condition on every request: a line in spec_reason(), at its
 * place in the order.
 */
#ifndef ES_ORACLE_REQUEST_H
#define ES_ORACLE_REQUEST_H

#include "../../../svm/rules/request.h"
#include "../spec/compiler.h"
#include "../spec/events.h"
#include "oracle.h"

#define SPEC_ALWAYS	(ES_F_CODE | ES_F_INFO1 | ES_F_INFO2)
#define SPEC_GPRS	(ES_F_RAX | ES_F_RBX | ES_F_RCX | ES_F_RDX)

/*
 * Every event of an SEV-ES host: the fields that it requires whatever its values are, and those
 * that it may return.
 */
static const struct spec_event {
	u64 code;
	u32 required, returned;
} spec_events[] = {
	{ SPEC_EXIT_DR7_READ, 0, ES_F_RAX },
	{ SPEC_EXIT_DR7_WRITE, ES_F_RAX, 0 },
	{ SPEC_EXIT_RDTSC, 0, ES_F_RAX | ES_F_RDX },
	{ SPEC_EXIT_RDPMC, ES_F_RCX, ES_F_RAX | ES_F_RDX },
	{ SPEC_EXIT_CPUID, ES_F_RAX | ES_F_RCX, SPEC_GPRS },
	{ SPEC_EXIT_INVD, 0, 0 },
	{ SPEC_EXIT_IOIO, 0, ES_F_RAX },
	{ SPEC_EXIT_MSR, ES_F_RCX, ES_F_RAX | ES_F_RDX },
	{ SPEC_EXIT_VMMCALL, ES_F_RAX | ES_F_CPL, ES_F_RAX },
	{ SPEC_EXIT_RDTSCP, 0, ES_F_RAX | ES_F_RCX | ES_F_RDX },
	{ SPEC_EXIT_WBINVD, 0, 0 },
	{ SPEC_EXIT_MONITOR, ES_F_RAX | ES_F_RCX | ES_F_RDX, 0 },
	{ SPEC_EXIT_MWAIT, ES_F_RAX | ES_F_RCX, 0 },
	{ SPEC_NAE_MMIO_READ, ES_F_SCRATCH, 0 },
	{ SPEC_NAE_MMIO_WRITE, ES_F_SCRATCH, 0 },
	{ SPEC_NAE_NMI_COMPLETE, 0, 0 },
	{ SPEC_NAE_AP_RESET_HOLD, 0, 0 },
	{ SPEC_NAE_AP_JUMP_TABLE, 0, 0 },
	{ SPEC_NAE_HV_FEATURES, 0, 0 },
	{ SPEC_NAE_TERMINATE, 0, 0 },
	{ SPEC_NAE_UNSUPPORTED, 0, 0 },
};

#define SPEC_NR_EVENTS	ARRAY_SIZE(spec_events)

static inline const struct spec_event *spec_event_find(u64 code)
{
	unsigned int i;

	for (i = 0; i < SPEC_NR_EVENTS; i++) {
		if (spec_events[i].code == code)
			return &spec_events[i];
	}
	return NULL;
}

/* Return the fields that the values of a request require in addition to the event's fields. */
static inline u32 spec_needs_by_value(const struct es_request *req)
{
	switch (req->code) {
	case SPEC_EXIT_CPUID:
		return req->rax == 0xd ? ES_F_XCR0 : 0;
	case SPEC_EXIT_IOIO:
		if (req->info1 & SPEC_IO_STRING)
			return ES_F_SCRATCH;
		return req->info1 & SPEC_IO_IN ? 0 : ES_F_RAX;
	case SPEC_EXIT_MSR:
		return req->info1 ? ES_F_RAX | ES_F_RDX : 0;
	default:
		return 0;
	}
}

/*
 * Check XCR0: bits 0 x87, 1 SSE, 2 YMM, 4:3 MPX, 7:5 AVX-512, 18:17 tiles; a pair or triple comes
 * whole.
 */
static inline bool spec_xcr0_plausible(u64 xcr0)
{
	u64 mpx = xcr0 >> 3 & 3, avx512 = xcr0 >> 5 & 7, tile = xcr0 >> 17 & 3;
	bool x87 = xcr0 & 1, sse = xcr0 & 2, ymm = xcr0 & 4;

	return x87 && (sse || !ymm) && (mpx == 0 || mpx == 3) && (tile == 0 || tile == 3) &&
	       (avx512 == 0 || (avx512 == 7 && ymm));
}

static inline bool spec_io_size_good(u64 info1)
{
	u64 size = info1 >> 4 & 7;

	return size == 1 || size == 2 || size == 4;
}

/*
 * Return true if a CPU could hold the XCR0, and the vCPU was offered it, as leaf 0xd needs it.  x87
 * needs no offer.
 */
static inline bool spec_xcr0_good(u64 xcr0, u64 offered)
{
	return spec_xcr0_plausible(xcr0) && (xcr0 | offered) == (offered | (xcr0 & 1));
}

static inline u8 spec_lapses_of_cpuid(const struct es_request *req, const struct es_limits *limits)
{
	u8 lapses = 0;

	if ((req->rax & 0xffffffff) != 0xd)
		return 0;
	if (!(req->valid & ES_F_XCR0))
		lapses |= 1 << ES_LAPSE_NO_XCR0;
	else if (!spec_xcr0_good(req->xcr0, limits->xcr0))
		lapses |= 1 << ES_LAPSE_XCR0;
	if ((req->xss | limits->xss) != limits->xss)
		lapses |= 1 << ES_LAPSE_XSS;
	return lapses;
}

/* Return the lapses of a request that is accepted. */
static inline u8 spec_lapses(const struct es_request *req, const struct es_limits *limits)
{
	u8 lapses = req->protocol_version > limits->version ? 1 << ES_LAPSE_VERSION : 0;

	if (req->code == SPEC_EXIT_CPUID)
		lapses |= spec_lapses_of_cpuid(req, limits);
	if (req->code == SPEC_EXIT_MSR && req->info1 != 0 && req->info1 != 1)
		lapses |= 1 << ES_LAPSE_MSR;
	return lapses;
}

/*
 * Check that, of an impossible report, the result is an XCR0 that userspace could set: never more
 * than was offered.
 */
static inline void usable_obeys(u64 xcr0, u64 offered)
{
	u64 usable = es_xcr0_usable(xcr0, offered);

	MUST(spec_xcr0_good(usable, offered), "what is taken for XCR0 could be, and was offered");
	MUST(!spec_xcr0_good(xcr0, offered) || usable == xcr0, "a good XCR0 is taken as it is");
	MUST(usable == 1 || (usable | xcr0 | 1) == (xcr0 | 1),
	     "nothing is taken for XCR0 that was not reported, but x87");
}

/* Return the result for a known event that has all it requires. */
static inline enum es_reason spec_event_reason(const struct es_request *req,
					       const struct es_limits *limits)
{
	bool good = true;

	switch (req->code) {
	case SPEC_EXIT_IOIO:
		good = spec_io_size_good(req->info1);
		break;
	case SPEC_NAE_AP_JUMP_TABLE:
		good = req->info1 == 0 || req->info1 == 1;
		break;
	case SPEC_NAE_MMIO_READ:
	case SPEC_NAE_MMIO_WRITE:
		good = limits->version < 2 || req->info2 <= 8;
		break;
	}
	return good ? ES_ERR_NONE : ES_ERR_INVALID_INPUT;
}

static inline u32 spec_missing(const struct es_request *req, const struct spec_event *event)
{
	return (SPEC_ALWAYS | event->required | spec_needs_by_value(req)) & ~req->valid;
}

/* Return the result for any request, in the order of the checks. */
static inline enum es_reason spec_reason(const struct es_request *req,
					 const struct es_limits *limits)
{
	const struct spec_event *event = spec_event_find(req->code);

	if (req->usage)
		return ES_ERR_INVALID_USAGE;
	if (SPEC_ALWAYS & ~req->valid)
		return ES_ERR_MISSING_INPUT;
	if (!event || !(limits->guest & (ES_GUEST_ES | ES_GUEST_SNP)))
		return ES_ERR_INVALID_EVENT;
	if (spec_missing(req, event))
		return ES_ERR_MISSING_INPUT;
	return spec_event_reason(req, limits);
}

static inline u32 spec_returns(const struct es_request *req, const struct spec_event *event)
{
	if (event->code == SPEC_EXIT_IOIO &&
	    (!(req->info1 & SPEC_IO_IN) || req->info1 & SPEC_IO_STRING))
		return 0;
	if (event->code == SPEC_EXIT_MSR && req->info1)
		return 0;
	return event->returned;
}

static inline bool is_refusal(enum es_reason reason)
{
	return reason == ES_ERR_INVALID_USAGE || reason == ES_ERR_MISSING_INPUT ||
	       reason == ES_ERR_INVALID_INPUT || reason == ES_ERR_INVALID_EVENT;
}

static inline void accepted_obeys(const struct es_request *req, const struct es_rule *rule)
{
	const struct spec_event *event = spec_event_find(req->code);

	MUST(event, "an accepted request is one of a known event");
	MUST(!spec_missing(req, event),
	     "an accepted request has every required field marked valid");
	MUST(rule && rule->code == req->code,
	     "an accepted request comes with the rule of its event");
	MUST(rule->event < ES_NR_NAE_EVENTS, "the rule's event is a valid index");
	MUST(es_rule_returned(rule, req) == spec_returns(req, event),
	     "the answer returns the registers that the specification lists");
}

static inline void xss_is_optional(const struct es_request *req, const struct es_limits *limits)
{
	struct es_request without = *req;
	const struct es_rule *rule;

	without.valid &= ~ES_F_XSS;
	without.xss = 0;
	MUST(es_request_validate(&without, limits, &rule) == ES_ERR_NONE, "XSS is never required");
}

/* Check that a request has one result: accepted with a rule, or rejected for one reason. */
static inline enum es_reason request_obeys(struct es_request *req, const struct es_limits *limits)
{
	const struct es_rule poison = { .name = "not written" }, *rule = &poison;
	enum es_reason result = es_request_validate(req, limits, &rule);

	MUST(rule != &poison, "a result always says which rule it is by");
	MUST((result == ES_ERR_NONE) != is_refusal(result),
	     "a request is either accepted or refused for a valid reason");
	MUST(result == spec_reason(req, limits),
	     "the result is the first that the specification's order gives");
	MUST(es_reason_name(result), "every result has a name");
	if (result == ES_ERR_NONE) {
		MUST(req->lapses == spec_lapses(req, limits),
		     "what is wrong with an accepted request is noted, and nothing else");
		accepted_obeys(req, rule);
		xss_is_optional(req, limits);
	} else {
		MUST(!rule || rule->code == req->code,
		     "a refusal comes with the rule of its event or with none");
	}
	return result;
}

static inline void rules_obey(u64 code, u64 xcr0, u64 offered)
{
	const struct spec_event *event = spec_event_find(code);
	const struct es_rule *rule = es_rule_find(code);
	size_t nr_rules;

	MUST(!rule == !event, "exactly the specification's events have a rule");
	MUST(!rule || rule->code == code, "the rule found is that of the code");
	MUST(es_rules(&nr_rules) && nr_rules == SPEC_NR_EVENTS,
	     "the table has as many rules as there are events");
	usable_obeys(xcr0, offered);
}

#endif
