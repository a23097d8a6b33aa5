// SPDX-License-Identifier: GPL-2.0
/*
 * The values of the GHCB MSR protocol.
 * AMD 56421 GHCB Specification, "GHCB MSR Protocol".
 *
 * Pure: uses only the host's copy of the value.  The guest controls all 64 bits of a request;
 * undefined bits are ignored.
 */
#include "msr.h"

/* Requests that version 2 added. */
static enum es_msr_request decode_version_2(u64 value)
{
	switch (value & ES_MSR_INFO_MASK) {
	case ES_MSR_PREF_GPA_REQ:
		return ES_MSR_REQ_PREFERRED_GPA;
	case ES_MSR_REG_GPA_REQ:
		return ES_MSR_REQ_REGISTER_GPA;
	case ES_MSR_PSC_REQ:
		return ES_MSR_REQ_PAGE_STATE;
	case ES_MSR_VMPL_REQ:
		return ES_MSR_REQ_RUN_VMPL;
	default:
		return ES_MSR_REQ_UNKNOWN;
	}
}

/* Version 2 added AP reset hold and features, too, but it does no harm to support them always. */
enum es_msr_request es_msr_decode(u64 value, u16 version)
{
	switch (value & ES_MSR_INFO_MASK) {
	case ES_MSR_SEV_INFO_REQ:
		return ES_MSR_REQ_SEV_INFO;
	case ES_MSR_CPUID_REQ:
		return ES_MSR_REQ_CPUID;
	case ES_MSR_AP_RESET_HOLD_REQ:
		return ES_MSR_REQ_AP_RESET_HOLD;
	case ES_MSR_HV_FT_REQ:
		return ES_MSR_REQ_HV_FEATURES;
	case ES_MSR_TERM_REQ:
		return ES_MSR_REQ_TERMINATE;
	default:
		return version >= 2 ? decode_version_2(value) : ES_MSR_REQ_UNKNOWN;
	}
}

static const char * const request_names[ES_NR_MSR_REQUESTS] = {
	[ES_MSR_REQ_SEV_INFO] = "MSR_SEV_INFO",
	[ES_MSR_REQ_CPUID] = "MSR_CPUID",
	[ES_MSR_REQ_AP_RESET_HOLD] = "MSR_AP_RESET_HOLD",
	[ES_MSR_REQ_PREFERRED_GPA] = "MSR_PREFERRED_GPA",
	[ES_MSR_REQ_REGISTER_GPA] = "MSR_REGISTER_GPA",
	[ES_MSR_REQ_PAGE_STATE] = "MSR_PAGE_STATE",
	[ES_MSR_REQ_RUN_VMPL] = "MSR_RUN_VMPL",
	[ES_MSR_REQ_HV_FEATURES] = "MSR_HV_FEATURES",
	[ES_MSR_REQ_TERMINATE] = "MSR_TERMINATE",
	[ES_MSR_REQ_UNKNOWN] = "MSR_UNKNOWN",
};

const char *es_msr_request_name(enum es_msr_request request)
{
	return request < ES_NR_MSR_REQUESTS ? request_names[request] : "?";
}

/* Bits 63:48 highest version, 47:32 lowest version, 31:24 C-bit. */
u64 es_msr_sev_info(u16 max_version, u16 min_version, u8 cbit)
{
	return (u64)max_version << 48 | (u64)min_version << 32 | (u64)cbit << 24 |
	       ES_MSR_SEV_INFO_RESP;
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

u64 es_msr_cpuid_response(u32 value, u32 reg)
{
	return (u64)value << 32 | (u64)(reg & 3) << 30 | ES_MSR_CPUID_RESP;
}

u64 es_msr_hold_response(bool by_sipi)
{
	return (by_sipi ? ES_BIT(12) : 0) | ES_MSR_AP_RESET_HOLD_RESP;
}

/* Bits 63:12: the feature bitmap. */
u64 es_msr_features_response(u64 features)
{
	return features << 12 | ES_MSR_HV_FT_RESP;
}

u64 es_msr_pref_gpa_response(void)
{
	return ES_MSR_GFN_NONE << 12 | ES_MSR_PREF_GPA_RESP;
}

u64 es_msr_reg_gpa_response(u64 gpa, bool accepted)
{
	return (accepted ? gpa & ~ES_MSR_INFO_MASK : ES_MSR_GFN_NONE << 12) | ES_MSR_REG_GPA_RESP;
}

/* Bits 63:32: an error code; 0 means success. */
#define ERROR		ES_BIT(32)

u64 es_msr_psc_error(void)
{
	return ERROR | ES_MSR_PSC_RESP;
}

u64 es_msr_vmpl_error(void)
{
	return ERROR | ES_MSR_VMPL_RESP;
}

/* Bits 23:16 reason code, 15:12 reason set. */
u64 es_msr_terminate_reason(u32 set, u32 code)
{
	return (u64)(code & 0xff) << 16 | (u64)(set & 0xf) << 12 | ES_MSR_TERM_REQ;
}
