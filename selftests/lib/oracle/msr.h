/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rules of svm/rules/msr.c: the guest reads back from a response what the host put into it.
 * Source: AMD 56421 GHCB Specification, section "GHCB MSR Protocol".
 *
 * To add a request: a case in spec_msr_request().  To add a response: a rule in answers_obey().
 */
#ifndef ES_ORACLE_MSR_H
#define ES_ORACLE_MSR_H

#include "../../../svm/rules/msr.h"
#include "../spec/events.h"
#include "oracle.h"

static inline enum es_msr_request spec_msr_request(u64 value, u16 version)
{
	if (version < 2 && SPEC_MSR_INFO(value) >= SPEC_MSR_PREF_GPA_REQ &&
	    SPEC_MSR_INFO(value) <= SPEC_MSR_RUN_VMPL_REQ)
		return ES_MSR_REQ_UNKNOWN;
	switch (SPEC_MSR_INFO(value)) {
	case SPEC_MSR_PREF_GPA_REQ: return ES_MSR_REQ_PREFERRED_GPA;
	case SPEC_MSR_REG_GPA_REQ: return ES_MSR_REQ_REGISTER_GPA;
	case SPEC_MSR_PAGE_STATE_REQ: return ES_MSR_REQ_PAGE_STATE;
	case SPEC_MSR_RUN_VMPL_REQ: return ES_MSR_REQ_RUN_VMPL;
	case SPEC_MSR_SEV_INFO_REQ: return ES_MSR_REQ_SEV_INFO;
	case SPEC_MSR_CPUID_REQ: return ES_MSR_REQ_CPUID;
	case SPEC_MSR_AP_HOLD_REQ: return ES_MSR_REQ_AP_RESET_HOLD;
	case SPEC_MSR_FEATURES_REQ: return ES_MSR_REQ_HV_FEATURES;
	case SPEC_MSR_TERMINATE: return ES_MSR_REQ_TERMINATE;
	default: return ES_MSR_REQ_UNKNOWN;
	}
}

static inline enum es_msr_request msr_request_obeys(u64 value, u16 version)
{
	enum es_msr_request request = es_msr_decode(value, version);

	MUST(request < ES_NR_MSR_REQUESTS, "a decoded request is a valid index");
	MUST(request == spec_msr_request(value, version),
	     "version and the low twelve bits alone say which request it is");
	MUST(es_msr_request_name(request), "every request has a name");
	return request;
}

/* Check a CPUID request.  @noise: bits 29:12, which the request does not define. */
static inline void msr_cpuid_obeys(u32 function, u32 reg, u64 noise)
{
	u64 value = SPEC_MSR_CPUID(function, reg & 3) | (noise & 0x3ffff000);
	struct es_cpuid_request request = es_msr_cpuid_decode(value);

	MUST(request.function == function, "the function of a CPUID request is its upper half");
	MUST(request.reg == (reg & 3), "the register of a CPUID request is in bits 31:30");
}

static inline void msr_cpuid_answer_obeys(u32 result, u32 reg)
{
	u64 value = es_msr_cpuid_response(result, reg);

	MUST(SPEC_MSR_INFO(value) == SPEC_MSR_CPUID_RESP, "a CPUID answer is marked as one");
	MUST(value >> 32 == result && (value >> 30 & 3) == (reg & 3),
	     "a CPUID answer carries register and value");
	MUST(!(value & 0x3ffff000), "a CPUID answer carries nothing else");
}

static inline void msr_sev_info_obeys(u16 max_version, u16 min_version, u8 cbit)
{
	u64 value = es_msr_sev_info(max_version, min_version, cbit);

	MUST(SPEC_MSR_INFO(value) == SPEC_MSR_SEV_INFO, "SEV information is marked as such");
	MUST(value >> 48 == max_version && (value >> 32 & 0xffff) == min_version,
	     "SEV information carries the versions");
	MUST((value >> 24 & 0xff) == cbit, "SEV information carries the C-bit");
	MUST(!(value & 0xfff000), "SEV information carries nothing else");
}

static inline void msr_hold_answer_obeys(bool by_sipi)
{
	u64 value = es_msr_hold_response(by_sipi);

	MUST(SPEC_MSR_INFO(value) == SPEC_MSR_AP_HOLD_RESP,
	     "the answer to a hold is marked as one");
	MUST(!SPEC_MSR_DATA(value) == !by_sipi,
	     "the answer to a hold is non-zero when a SIPI ended it, else zero");
}

static inline void msr_features_answer_obeys(u64 features)
{
	u64 value = es_msr_features_response(features);

	MUST(SPEC_MSR_INFO(value) == SPEC_MSR_FEATURES_RESP, "a features answer is marked as one");
	MUST(SPEC_MSR_DATA(value) == (features & ~0ull >> 12),
	     "a features answer carries the bitmap");
}

static inline void msr_gpa_answers_obey(u64 gpa)
{
	u64 accepted = es_msr_reg_gpa_response(gpa, true),
	    refused = es_msr_reg_gpa_response(gpa, false);

	MUST(SPEC_MSR_INFO(accepted) == SPEC_MSR_REG_GPA_RESP &&
	     SPEC_MSR_DATA(accepted) == gpa >> 12,
	     "an accepted GHCB address is answered with itself");
	MUST(SPEC_MSR_INFO(refused) == SPEC_MSR_REG_GPA_RESP &&
	     SPEC_MSR_DATA(refused) == ~0ull >> 12,
	     "a refused GHCB address is answered with all ones");
	MUST(es_msr_pref_gpa_response() == (~0ull << 12 | SPEC_MSR_PREF_GPA_RESP),
	     "no address is preferred");
}

/* Check error responses: bits 63:32 hold an error; 0 there would mean success. */
static inline void msr_refusals_obey(void)
{
	MUST(SPEC_MSR_INFO(es_msr_psc_error()) == SPEC_MSR_PAGE_STATE_RESP &&
	     es_msr_psc_error() >> 32, "a page state change is refused with an error");
	MUST(SPEC_MSR_INFO(es_msr_vmpl_error()) == SPEC_MSR_RUN_VMPL_RESP &&
	     es_msr_vmpl_error() >> 32, "another VMPL is refused with an error");
}

static inline void msr_terminate_obeys(u32 set, u32 code)
{
	MUST(es_msr_terminate_reason(set, code) == SPEC_MSR_TERM(set & 0xf, code & 0xff),
	     "a reason to terminate has the form of the request");
}

/* The parts of the responses. */
struct msr_parts {
	u64 data;
	u32 word, reg;
	u16 max_version, min_version;
	u8 cbit;
};

static inline void answers_obey(const struct msr_parts *parts)
{
	msr_cpuid_obeys(parts->word, parts->reg, parts->data);
	msr_cpuid_answer_obeys(parts->word, parts->reg);
	msr_sev_info_obeys(parts->max_version, parts->min_version, parts->cbit);
	msr_hold_answer_obeys(parts->data & 1);
	msr_features_answer_obeys(parts->data);
	msr_gpa_answers_obey(parts->data);
	msr_refusals_obey();
	msr_terminate_obeys(parts->word, parts->reg);
}

#endif
