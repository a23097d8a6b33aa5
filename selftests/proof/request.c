// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: Whatever a guest writes into a GHCB, the request gets one result, that of the
 *	specification's order; none is accepted that lacks a required field; and the checks read
 *	nothing but the request.
 * Source: AMD 56421 GHCB Specification, sections "NAE Events" and "Invalid GHCB content".
 * Why it matters: A request that is accepted without its input works on zeros or on leftovers.
 * Not covered: That the copy holds what the page held, and what the handlers do with it
 *	(kselftests).
 *
 * The rules are in lib/oracle/request.h; that file says where to add one.
 */
#include "../lib/oracle/request.h"
#include "proof.h"

struct es_request nondet_request(void);

static void every_situation_occurs(const struct es_request *req, const struct es_limits *limits,
				   enum es_reason result)
{
	REACHED(result == ES_ERR_INVALID_USAGE);
	REACHED(result == ES_ERR_INVALID_EVENT && !es_rule_find(req->code));
	REACHED(result == ES_ERR_INVALID_EVENT && req->code == SPEC_EXIT_CPUID);
	REACHED(result == ES_ERR_MISSING_INPUT && req->code == SPEC_EXIT_CPUID &&
		req->valid & ES_F_RAX);
	REACHED(result == ES_ERR_INVALID_INPUT && req->code == SPEC_EXIT_IOIO);
	REACHED(result == ES_ERR_INVALID_INPUT && req->code == SPEC_NAE_MMIO_WRITE &&
		limits->version == 2);
	REACHED(result == ES_ERR_NONE && req->code == SPEC_NAE_MMIO_WRITE && req->info2 > 8);
	REACHED(result == ES_ERR_NONE && req->code == SPEC_EXIT_CPUID && req->rax == 0xd &&
		req->xcr0 == 0xe7);
	REACHED(result == ES_ERR_NONE && req->code == SPEC_EXIT_CPUID && req->xcr0 == 7 &&
		req->xss && req->lapses);
	REACHED(result == ES_ERR_NONE && req->code == SPEC_EXIT_CPUID &&
		!(req->valid & ES_F_XCR0) && req->lapses);
	REACHED(result == ES_ERR_NONE && req->code == SPEC_EXIT_WBINVD && req->lapses);
	REACHED(result == ES_ERR_NONE && req->code == SPEC_EXIT_IOIO &&
		req->info1 & SPEC_IO_STRING);
	REACHED(result == ES_ERR_NONE && req->code == SPEC_EXIT_MSR && req->info1 > 1 &&
		!req->protocol_version);
	REACHED(result == ES_ERR_NONE && req->code == SPEC_NAE_UNSUPPORTED);
}

int main(void)
{
	struct es_request req = nondet_request();
	struct es_limits limits = { nondet_u64(), nondet_u64(), nondet_u16(), nondet_u8() };

	every_situation_occurs(&req, &limits, request_obeys(&req, &limits));
	rules_obey(nondet_u64(), nondet_u64(), nondet_u64());
	es_lapse_name(nondet_enum());
	es_reason_name(nondet_enum());
	return 0;
}
