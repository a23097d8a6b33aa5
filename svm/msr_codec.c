// SPDX-License-Identifier: GPL-2.0
/*
 * The values of the GHCB MSR protocol.
 * AMD 56421 GHCB Specification, "GHCB MSR Protocol".
 *
 * Pure: works on the host's copy of the value only.  The guest controls all 64 bits of a request;
 * bits that a request does not define are ignored.
 */
#include "msr_codec.h"

/* Requests that came with version 2. */
static enum es_msr_request decode_version_2(u64 value)
{
	switch (value & ES_MSR_INFO_MASK) {
	case ES_MSR_PREFERRED_GPA_REQ:
		return ES_MSR_EV_PREFERRED_GPA;
	case ES_MSR_REGISTER_GPA_REQ:
		return ES_MSR_EV_REGISTER_GPA;
	case ES_MSR_PAGE_STATE_REQ:
		return ES_MSR_EV_PAGE_STATE;
	case ES_MSR_RUN_VMPL_REQ:
		return ES_MSR_EV_RUN_VMPL;
	default:
		return ES_MSR_EV_UNKNOWN;
	}
}

/* AP reset hold and features came with version 2 too, but nothing is lost by serving them always. */
enum es_msr_request es_msr_decode(u64 value, u16 version)
{
	switch (value & ES_MSR_INFO_MASK) {
	case ES_MSR_SEV_INFO_REQ:
		return ES_MSR_EV_SEV_INFO;
	case ES_MSR_CPUID_REQ:
		return ES_MSR_EV_CPUID;
	case ES_MSR_AP_HOLD_REQ:
		return ES_MSR_EV_AP_RESET_HOLD;
	case ES_MSR_HV_FEATURES_REQ:
		return ES_MSR_EV_HV_FEATURES;
	case ES_MSR_TERMINATE:
		return ES_MSR_EV_TERMINATE;
	default:
		return version >= 2 ? decode_version_2(value) : ES_MSR_EV_UNKNOWN;
	}
}

static const char * const request_names[ES_NR_MSR_EVENTS] = {
	[ES_MSR_EV_SEV_INFO] = "MSR_SEV_INFO",
	[ES_MSR_EV_CPUID] = "MSR_CPUID",
	[ES_MSR_EV_AP_RESET_HOLD] = "MSR_AP_RESET_HOLD",
	[ES_MSR_EV_PREFERRED_GPA] = "MSR_PREFERRED_GPA",
	[ES_MSR_EV_REGISTER_GPA] = "MSR_REGISTER_GPA",
	[ES_MSR_EV_PAGE_STATE] = "MSR_PAGE_STATE",
	[ES_MSR_EV_RUN_VMPL] = "MSR_RUN_VMPL",
	[ES_MSR_EV_HV_FEATURES] = "MSR_HV_FEATURES",
	[ES_MSR_EV_TERMINATE] = "MSR_TERMINATE",
	[ES_MSR_EV_UNKNOWN] = "MSR_UNKNOWN",
};

const char *es_msr_request_name(enum es_msr_request request)
{
	return request < ES_NR_MSR_EVENTS ? request_names[request] : "?";
}

/* Bits 63:48 highest version, 47:32 lowest version, 31:24 C-bit. */
u64 es_msr_sev_info(u16 max_version, u16 min_version, u8 cbit)
{
	return (u64)max_version << 48 | (u64)min_version << 32 | (u64)cbit << 24 | ES_MSR_SEV_INFO;
}

/* Bits 63:32 function, 31:30 register; the subfunction is always 0. */
struct es_cpuid_request es_msr_cpuid_decode(u64 value)
{
	struct es_cpuid_request request = {
		.function = value >> 32,
		.reg = (value >> 30) & 3,
	};

	return request;
}

u64 es_msr_cpuid_answer(u32 value, u32 reg)
{
	return (u64)value << 32 | (u64)(reg & 3) << 30 | ES_MSR_CPUID_RESP;
}

u64 es_msr_hold_answer(bool by_sipi)
{
	return (by_sipi ? ES_BIT(12) : 0) | ES_MSR_AP_HOLD_RESP;
}

/* Bits 63:12: the feature bitmap. */
u64 es_msr_features_answer(u64 features)
{
	return features << 12 | ES_MSR_HV_FEATURES_RESP;
}

u64 es_msr_preferred_gpa_answer(void)
{
	return ES_MSR_GFN_NONE << 12 | ES_MSR_PREFERRED_GPA_RESP;
}

u64 es_msr_register_gpa_answer(u64 gpa, bool accepted)
{
	return (accepted ? gpa & ~ES_MSR_INFO_MASK : ES_MSR_GFN_NONE << 12) | ES_MSR_REGISTER_GPA_RESP;
}

/* Bits 63:32: an error code; 0 would mean done. */
#define REFUSED		ES_BIT(32)

u64 es_msr_page_state_refusal(void)
{
	return REFUSED | ES_MSR_PAGE_STATE_RESP;
}

u64 es_msr_run_vmpl_refusal(void)
{
	return REFUSED | ES_MSR_RUN_VMPL_RESP;
}

/* Bits 23:16 reason code, 15:12 reason set. */
u64 es_msr_terminate_reason(u32 set, u32 code)
{
	return (u64)(code & 0xff) << 16 | (u64)(set & 0xf) << 12 | ES_MSR_TERMINATE;
}
