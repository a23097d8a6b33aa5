// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: Each of the 2^64 values of the GHCB MSR is one request, known by its low twelve bits; the
 *	guest reads back from every response what the host put into it, and nothing else.
 * Source: AMD 56421 GHCB Specification, section "GHCB MSR Protocol".
 * Why it matters: Firmware negotiates the protocol and reads CPUID this way before it has a GHCB.
 * Not covered: The host's handling of a request (kselftests).
 *
 * The rules are in lib/oracle/msr.h; that file says where to add one.
 */
#include "../lib/oracle/msr.h"
#include "proof.h"

struct msr_parts nondet_parts(void);

int main(void)
{
	struct msr_parts parts = nondet_parts();
	u64 value = nondet_u64();
	enum es_msr_request request = msr_request_obeys(value, nondet_u16());

	answers_obey(&parts);
	es_msr_request_name(nondet_enum());
	REACHED(request == ES_MSR_REQ_SEV_INFO);
	REACHED(request == ES_MSR_REQ_CPUID && value >> 30 == 7);
	REACHED(request == ES_MSR_REQ_AP_RESET_HOLD);
	REACHED(request == ES_MSR_REQ_HV_FEATURES);
	REACHED(request == ES_MSR_REQ_TERMINATE && value >> 12);
	REACHED(request == ES_MSR_REQ_PREFERRED_GPA);
	REACHED(request == ES_MSR_REQ_REGISTER_GPA);
	REACHED(request == ES_MSR_REQ_PAGE_STATE);
	REACHED(request == ES_MSR_REQ_RUN_VMPL);
	REACHED(request == ES_MSR_REQ_UNKNOWN && SPEC_MSR_INFO(value) == SPEC_MSR_REG_GPA_REQ);
	REACHED(request == ES_MSR_REQ_UNKNOWN && !(value & 0xff));
	return 0;
}
