// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A page-based request is accepted when its event is known and all that the event requires is
 *	marked valid and acceptable; otherwise it is rejected with the one reason that the
 *	specification gives, in the order usage, required exit fields, event, event's fields,
 *	values.  A mistake that does no harm is counted and tolerated, as the stock module tolerates
 *	it: a version above the offer, impossible XCR0 or XSS, leaf 0xd in a RAX that is longer than
 *	the leaf, an MSR access that is neither read nor write.
 * Source: AMD 56421 GHCB Specification, sections "NAE Events" and "Invalid GHCB content".
 * Why it matters: A request that is accepted without its input works on zeros or on leftovers.
 * Not covered: The fields' way from the page into the copy (kselftests), events of SNP.
 */
#include <kselftest.h>
#include <string.h>
#include "../../svm/rules/request.h"
#include "../lib/spec/events.h"
#include "../lib/spec/ghcb.h"

#define ALWAYS	(ES_F_CODE | ES_F_INFO1 | ES_F_INFO2)
#define A	ES_F_RAX
#define B	ES_F_RBX
#define C	ES_F_RCX
#define D	ES_F_RDX
#define IN(bytes)	(SPEC_IO_IN | SPEC_IO_BYTES(bytes))
#define OUT(bytes)	SPEC_IO_BYTES(bytes)
#define INS(bytes)	(SPEC_IO_STRING | IN(bytes))
#define OUTS(bytes)	(SPEC_IO_STRING | OUT(bytes))
#define S		ES_F_SCRATCH
#define VERSION		(1 << ES_LAPSE_VERSION)
#define XCR0		(1 << ES_LAPSE_XCR0)
#define XSS		(1 << ES_LAPSE_XSS)
#define NO_XCR0		(1 << ES_LAPSE_NO_XCR0)
#define MSR		(1 << ES_LAPSE_MSR)

/*
 * The fields that each event requires in addition to ALWAYS, and the registers that its response
 * returns.
 */
static const struct event {
	const char *name;
	u64 code, info1;
	u32 needs, returns;
	u64 rax, xcr0;
} events[] = {
	{ "DR7 read", SPEC_EXIT_DR7_READ, 0, 0, A },
	{ "DR7 write", SPEC_EXIT_DR7_WRITE, 0, A, 0 },
	{ "RDTSC", SPEC_EXIT_RDTSC, 0, 0, A | D },
	{ "RDPMC", SPEC_EXIT_RDPMC, 0, C, A | D },
	{ "CPUID", SPEC_EXIT_CPUID, 0, A | C, A | B | C | D },
	{ "CPUID leaf 0xd", SPEC_EXIT_CPUID, 0, A | C | ES_F_XCR0, A | B | C | D, 0xd, 7 },
	{ "INVD", SPEC_EXIT_INVD, 0, 0, 0 },
	{ "IN", SPEC_EXIT_IOIO, IN(1), 0, A },
	{ "OUT", SPEC_EXIT_IOIO, OUT(1), A, 0 },
	{ "INS", SPEC_EXIT_IOIO, INS(1), S, 0 },
	{ "OUTS", SPEC_EXIT_IOIO, OUTS(1), S, 0 },
	{ "RDMSR", SPEC_EXIT_MSR, 0, C, A | D },
	{ "WRMSR", SPEC_EXIT_MSR, 1, A | C | D, 0 },
	{ "VMMCALL", SPEC_EXIT_VMMCALL, 0, A | ES_F_CPL, A },
	{ "RDTSCP", SPEC_EXIT_RDTSCP, 0, 0, A | C | D },
	{ "WBINVD", SPEC_EXIT_WBINVD, 0, 0, 0 },
	{ "MONITOR", SPEC_EXIT_MONITOR, 0, A | C | D, 0 },
	{ "MWAIT", SPEC_EXIT_MWAIT, 0, A | C, 0 },
	{ "MMIO read", SPEC_NAE_MMIO_READ, 0, S, 0 },
	{ "MMIO write", SPEC_NAE_MMIO_WRITE, 0, S, 0 },
	{ "NMI complete", SPEC_NAE_NMI_COMPLETE, 0, 0, 0 },
	{ "AP reset hold", SPEC_NAE_AP_RESET_HOLD, 0, 0, 0 },
	{ "AP jump table set", SPEC_NAE_AP_JUMP_TABLE, 0, 0, 0 },
	{ "AP jump table get", SPEC_NAE_AP_JUMP_TABLE, 1, 0, 0 },
	{ "hypervisor features", SPEC_NAE_HV_FEATURES, 0, 0, 0 },
	{ "terminate", SPEC_NAE_TERMINATE, 0, 0, 0 },
	{ "unsupported event", SPEC_NAE_UNSUPPORTED, 0, 0, 0 },
};

static const struct { u32 field; const char *name; } fields[] = {
	{ A, "RAX" }, { B, "RBX" }, { C, "RCX" }, { D, "RDX" }, { ES_F_RSI, "RSI" },
	{ ES_F_CPL, "CPL" }, { ES_F_XCR0, "XCR0" }, { ES_F_XSS, "XSS" }, { S, "SW_SCRATCH" },
	{ ES_F_CODE, "SW_EXITCODE" }, { ES_F_INFO1, "SW_EXITINFO1" },
	{ ES_F_INFO2, "SW_EXITINFO2" },
};

/* Single requests whose values decide; all fields are marked valid. */
static const struct value_row {
	const char *name;
	u64 code, info1, info2, rax, xcr0;
	u16 version;
	enum spec_malformed want;	/* 0: accepted */
	u64 xss;
	u16 stated_version;
	u8 lapses;
} values[] = {
	{ "XCR0 x87 only", SPEC_EXIT_CPUID, 0, 0, 0xd, 1, 1, 0 },
	{ "XCR0 x87 SSE YMM", SPEC_EXIT_CPUID, 0, 0, 0xd, 7, 1, 0 },
	{ "XCR0 with PKRU", SPEC_EXIT_CPUID, 0, 0, 0xd, 0x207, 1, 0 },
	{ "XCR0 with AVX-512", SPEC_EXIT_CPUID, 0, 0, 0xd, 0xe7, 1, 0 },
	{ "XCR0 of zero", SPEC_EXIT_CPUID, 0, 0, 0xd, 0, 1, 0, .lapses = XCR0 },
	{ "XCR0 without x87", SPEC_EXIT_CPUID, 0, 0, 0xd, 6, 1, 0, .lapses = XCR0 },
	{ "XCR0 YMM without SSE", SPEC_EXIT_CPUID, 0, 0, 0xd, 5, 1, 0, .lapses = XCR0 },
	{ "XCR0 half of AVX-512", SPEC_EXIT_CPUID, 0, 0, 0xd, 0x27, 1, 0, .lapses = XCR0 },
	{ "XCR0 AVX-512 without YMM", SPEC_EXIT_CPUID, 0, 0, 0xd, 0xe3, 1, 0, .lapses = XCR0 },
	{ "XCR0 is not looked at for another leaf", SPEC_EXIT_CPUID, 0, 0, 1, 0, 1, 0 },
	{ "leaf 0xd in EAX counts, not the upper half of RAX", SPEC_EXIT_CPUID, 0, 0,
	  0xf0000000dull, 0, 1, 0, .lapses = XCR0 },
	{ "XCR0 of a state that the vCPU lacks", SPEC_EXIT_CPUID, 0, 0, 0xd, 0x60007, 1, 0,
	  .lapses = XCR0 },
	{ "XSS of a state that the vCPU has", SPEC_EXIT_CPUID, 0, 0, 0xd, 7, 1, 0, 0x800 },
	{ "XSS of a state that the vCPU lacks", SPEC_EXIT_CPUID, 0, 0, 0xd, 7, 1, 0, 0x100,
	  .lapses = XSS },
	{ "XCR0 and XSS of states that the vCPU lacks", SPEC_EXIT_CPUID, 0, 0, 0xd, 0x60007, 1, 0,
	  0x100, .lapses = XCR0 | XSS },
	{ "XSS is not looked at for another leaf", SPEC_EXIT_CPUID, 0, 0, 1, 7, 1, 0, 0x100 },
	{ "version 1 stated, 1 offered", SPEC_EXIT_WBINVD, 0, 0, 0, 0, 1, 0, 0, 1 },
	{ "version 2 stated, 1 offered", SPEC_EXIT_WBINVD, 0, 0, 0, 0, 1, 0, 0, 2, VERSION },
	{ "version 1 stated, 2 offered", SPEC_EXIT_WBINVD, 0, 0, 0, 0, 2, 0, 0, 1 },
	{ "version 2 stated, 2 offered", SPEC_EXIT_WBINVD, 0, 0, 0, 0, 2, 0, 0, 2 },
	{ "version 3 stated, 2 offered", SPEC_EXIT_WBINVD, 0, 0, 0, 0, 2, 0, 0, 3, VERSION },
	{ "version 65535 stated", SPEC_EXIT_WBINVD, 0, 0, 0, 0, 2, 0, 0, 0xffff, VERSION },
	{ "an unknown event with a version above the offer", 0x403, 0, 0, 0, 0, 1,
	  SPEC_INVALID_EVENT, 0, 2, VERSION },
	{ "version 2 stated, 1 offered, XCR0 of zero", SPEC_EXIT_CPUID, 0, 0, 0xd, 0, 1, 0, 0, 2,
	  VERSION | XCR0 },
	{ "IN of 1 byte", SPEC_EXIT_IOIO, IN(1), 0, 0, 0, 1, 0 },
	{ "IN of 2 bytes", SPEC_EXIT_IOIO, IN(2), 0, 0, 0, 1, 0 },
	{ "IN of 4 bytes", SPEC_EXIT_IOIO, IN(4), 0, 0, 0, 1, 0 },
	{ "IN of no size", SPEC_EXIT_IOIO, IN(0), 0, 0, 0, 1, SPEC_INVALID_INPUT },
	{ "IN of two sizes", SPEC_EXIT_IOIO, IN(3), 0, 0, 0, 1, SPEC_INVALID_INPUT },
	{ "IN of three sizes", SPEC_EXIT_IOIO, IN(7), 0, 0, 0, 1, SPEC_INVALID_INPUT },
	{ "OUT of no size", SPEC_EXIT_IOIO, OUT(0), 0, 0, 0, 1, SPEC_INVALID_INPUT },
	{ "INS of no size", SPEC_EXIT_IOIO, INS(0), 4, 0, 0, 1, SPEC_INVALID_INPUT },
	{ "OUTS of two sizes", SPEC_EXIT_IOIO, OUTS(5), 4, 0, 0, 1, SPEC_INVALID_INPUT },
	{ "MSR neither read nor write", SPEC_EXIT_MSR, 2, 0, 0, 0, 1, 0, .lapses = MSR },
	{ "MSR direction above 32 bits", SPEC_EXIT_MSR, 1ull << 32, 0, 0, 0, 1, 0, .lapses = MSR },
	{ "MMIO of 8 bytes, version 1", SPEC_NAE_MMIO_READ, 0, 8, 0, 0, 1, 0 },
	{ "MMIO of 9 bytes, version 1", SPEC_NAE_MMIO_READ, 0, 9, 0, 0, 1, 0 },
	{ "MMIO of 8 bytes, version 2", SPEC_NAE_MMIO_READ, 0, 8, 0, 0, 2, 0 },
	{ "MMIO read of 9 bytes, version 2", SPEC_NAE_MMIO_READ, 0, 9, 0, 0, 2,
	  SPEC_INVALID_INPUT },
	{ "MMIO write of 9 bytes, version 2", SPEC_NAE_MMIO_WRITE, 0, 9, 0, 0, 2,
	  SPEC_INVALID_INPUT },
	{ "MMIO of 2^63 bytes, version 2", SPEC_NAE_MMIO_WRITE, 0, 1ull << 63, 0, 0, 2,
	  SPEC_INVALID_INPUT },
	{ "jump table sub-function 2", SPEC_NAE_AP_JUMP_TABLE, 2, 0, 0, 0, 1, SPEC_INVALID_INPUT },
	{ "jump table sub-function above 32 bits", SPEC_NAE_AP_JUMP_TABLE, 1ull << 32, 0, 0, 0, 1,
	  SPEC_INVALID_INPUT },
	{ "exit code 0", 0, 0, 0, 0, 0, 1, SPEC_INVALID_EVENT },
	{ "CPUID's code with a bit above 32", SPEC_EXIT_CPUID | 1ull << 32, 0, 0, 0, 0, 1,
	  SPEC_INVALID_EVENT },
	{ "automatic exit HLT", 0x78, 0, 0, 0, 0, 1, SPEC_INVALID_EVENT },
	{ "VMGEXIT's own code", 0x403, 0, 0, 0, 0, 1, SPEC_INVALID_EVENT },
	{ "page state change of SNP", 0x80000010, 0, 0, 0, 0, 2, SPEC_INVALID_EVENT },
	{ "AP creation of SNP", 0x80000013, 0, 0, 0, 0, 2, SPEC_INVALID_EVENT },
	{ "all bits", ~0ull, 0, 0, 0, 0, 1, SPEC_INVALID_EVENT },
};

static struct es_request complete(const struct event *event)
{
	return (struct es_request){
		.code = event->code, .info1 = event->info1, .rax = event->rax, .xcr0 = event->xcr0,
		.valid = ALWAYS | event->needs, .protocol_version = 1,
	};
}

static enum es_reason check(struct es_request *req, u16 version)
{
	const struct es_limits limits = {
		.guest = ES_GUEST_ES, .version = version, .xcr0 = 0x2ff, .xss = 0x800
	};
	const struct es_rule *rule = (void *)1;
	enum es_reason reason = es_request_validate(req, &limits, &rule);

	if (reason == ES_ERR_NONE && (!rule || rule->code != req->code))
		return ES_NR_REASONS;
	return reason;
}

static void accepts(const struct event *event)
{
	struct es_request req = complete(event);
	const struct es_rule *rule = es_rule_find(event->code);

	ksft_test_result(check(&req, 1) == ES_ERR_NONE && check(&req, 2) == ES_ERR_NONE,
			 "%s with what it requires is accepted\n", event->name);
	ksft_test_result(rule && es_rule_returned(rule, &req) == event->returns,
			 "%s returns what it should\n", event->name);
	req.valid = ~0u;
	ksft_test_result(check(&req, 1) == ES_ERR_NONE,
			 "%s with more than it requires is accepted\n", event->name);
	req.usage = 1;
	ksft_test_result(check(&req, 1) == ES_ERR_INVALID_USAGE, "%s with usage 1 is refused\n",
			 event->name);
	req.valid = 0;
	ksft_test_result(check(&req, 1) == ES_ERR_INVALID_USAGE, "%s: usage is checked first\n",
			 event->name);
}

/*
 * Leave out every field once: without a required one the request is rejected, without another one
 * it is not.
 */
static void misses(const struct event *event)
{
	u32 needs = event->needs | ALWAYS;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		struct es_request req = complete(event);
		bool required = needs & fields[i].field;

		req.valid = ~fields[i].field;
		ksft_test_result(check(&req, 1) == (required ? ES_ERR_MISSING_INPUT : ES_ERR_NONE),
				 "%s without %s is %s\n", event->name, fields[i].name,
				 required ? "refused" : "accepted");
	}
}

static void decides(const struct value_row *row)
{
	struct es_request req = {
		.code = row->code,
		.info1 = row->info1,
		.info2 = row->info2,
		.rax = row->rax,
		.xcr0 = row->xcr0,
		.xss = row->xss,
		.protocol_version = row->stated_version,
		.valid = ~0u,
	};

	ksft_test_result(check(&req, row->version) == (enum es_reason)row->want &&
			 req.lapses == row->lapses,
			 "%s is %s%s\n", row->name,
			 row->want ? es_reason_name((enum es_reason)row->want) : "accepted",
			 row->lapses ? ", and noted" : "");
}

/*
 * Check leaf 0xd in a longer RAX: edk2 compares all of RAX to decide whether it has to report XCR0.
 */
static void leaf_in_a_longer_rax(void)
{
	struct es_request req = {
		.code = SPEC_EXIT_CPUID,
		.rax = 0xf0000000dull,
		.valid = ALWAYS | A | C,
		.protocol_version = 1,
	};

	ksft_test_result(check(&req, 1) == ES_ERR_NONE && req.lapses == NO_XCR0,
			 "leaf 0xd in a longer RAX, without XCR0, is accepted, and noted\n");
	req.rax = 0xd;
	ksft_test_result(check(&req, 1) == ES_ERR_MISSING_INPUT && !req.lapses,
			 "leaf 0xd without XCR0 is refused\n");
}

/* Check that userspace, too, can set each value that KVM accepts from a report. */
static void takes_what_was_offered(void)
{
	static const struct { u64 xcr0, offered, usable; } rows[] = {
		{ 0, 0x2ff, 1 }, { 1, 0x2ff, 1 }, { 6, 0x2ff, 7 }, { 5, 0x2ff, 1 },
		{ 0x27, 0x2ff, 1 }, { 0xe7, 0x2ff, 0xe7 }, { 0xe7, 7, 7 }, { 0x207, 0xff, 7 },
		{ ~0ull, 0x2e7, 0x2e7 }, { ~0ull, 0, 1 }, { ~0ull, 0x27, 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		ksft_test_result(es_xcr0_usable(rows[i].xcr0, rows[i].offered) == rows[i].usable,
				 "XCR0 0x%llx is 0x%llx where 0x%llx was offered\n",
				 (unsigned long long)rows[i].xcr0,
				 (unsigned long long)rows[i].usable,
				 (unsigned long long)rows[i].offered);
}

static bool listed(u64 code)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		if (events[i].code == code)
			return true;
	}
	return false;
}

/*
 * Check that there are no events but those of the table, over all codes below 0x10000 and all of
 * the protocol's own.
 */
static void knows_no_other(void)
{
	unsigned int code, wrong = 0;

	for (code = 0; code < 0x10000; code++) {
		struct es_request low = { .code = code, .valid = ALWAYS };
		struct es_request own = { .code = 0x80000000ull + code, .valid = ALWAYS };

		wrong += (check(&low, 2) != ES_ERR_INVALID_EVENT) != listed(low.code);
		wrong += (check(&own, 2) != ES_ERR_INVALID_EVENT) != listed(own.code);
	}
	ksft_test_result(!wrong, "no exit code but the listed ones is known (%u differ)\n", wrong);
}

/* Check that each type of guest has its own events; today each event is for all types. */
static void knows_who_may_ask(void)
{
	struct es_limits limits = { .version = 2 };
	const struct es_rule *rule = (void *)1;
	unsigned int i, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		struct es_request req = complete(&events[i]);

		limits.guest = 0;
		wrong += es_request_validate(&req, &limits, &rule) != ES_ERR_INVALID_EVENT || rule;
		limits.guest = ES_GUEST_SNP;
		wrong += es_request_validate(&req, &limits, &rule) == ES_ERR_INVALID_EVENT || !rule;
	}
	ksft_test_result(!wrong, "an event is known to the guests that it is for (%u differ)\n",
			 wrong);
}

static void table_is_sound(void)
{
	const struct es_rule *rules;
	size_t nr, i, j, twice = 0, nameless = 0;

	rules = es_rules(&nr);
	for (i = 0; i < nr; i++) {
		nameless += !rules[i].name || !*rules[i].name;
		for (j = 0; j < i; j++)
			twice += rules[i].code == rules[j].code || rules[i].event == rules[j].event;
	}
	ksft_test_result(!twice, "no event has two rules\n");
	ksft_test_result(!nameless, "every event has a name\n");
	for (i = 0, twice = 0; i < ES_NR_LAPSES; i++) {
		for (j = 0; j < i; j++)
			twice += !strcmp(es_lapse_name(i), es_lapse_name(j));
	}
	ksft_test_result(!twice, "everything that is noted has a name of its own\n");
}

int main(void)
{
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(events) * (5 + ARRAY_SIZE(fields)) + ARRAY_SIZE(values) + 6 + 11 +
		      1);
	for (i = 0; i < ARRAY_SIZE(events); i++) {
		accepts(&events[i]);
		misses(&events[i]);
	}
	for (i = 0; i < ARRAY_SIZE(values); i++)
		decides(&values[i]);
	leaf_in_a_longer_rax();
	takes_what_was_offered();
	knows_no_other();
	knows_who_may_ask();
	table_is_sound();
	ksft_finished();
}
