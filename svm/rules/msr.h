/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values of the GHCB MSR: decode requests, encode responses.  Pure: see es/pure.h.
 */
#ifndef SVM_RULES_MSR_H
#define SVM_RULES_MSR_H

#include "../../include/es/msr.h"

/* Index of a request: of counters and trace events. */
enum es_msr_request {
	ES_MSR_REQ_SEV_INFO, ES_MSR_REQ_CPUID, ES_MSR_REQ_AP_RESET_HOLD, ES_MSR_REQ_PREFERRED_GPA,
	ES_MSR_REQ_REGISTER_GPA, ES_MSR_REQ_PAGE_STATE, ES_MSR_REQ_RUN_VMPL, ES_MSR_REQ_HV_FEATURES,
	ES_MSR_REQ_TERMINATE,
	ES_MSR_REQ_UNKNOWN,
	ES_NR_MSR_REQUESTS
};

struct es_cpuid_request {
	u32 function;
	u32 reg;		/* 0 EAX, 1 EBX, 2 ECX, 3 EDX */
};

/* @version: the highest GHCB version that the VM was offered. */
enum es_msr_request es_msr_decode(u64 value, u16 version);
const char *es_msr_request_name(enum es_msr_request request);

/* SEV information: the lowest and highest version on offer, and the position of the C-bit. */
u64 es_msr_sev_info(u16 max_version, u16 min_version, u8 cbit);

struct es_cpuid_request es_msr_cpuid_decode(u64 value);
u64 es_msr_cpuid_response(u32 value, u32 reg);

/* @by_sipi: a SIPI ended the hold. */
u64 es_msr_hold_response(bool by_sipi);

u64 es_msr_features_response(u64 features);

/* This host has no preferred address of the GHCB. */
u64 es_msr_pref_gpa_response(void);
u64 es_msr_reg_gpa_response(u64 gpa, bool accepted);

/* Error responses to requests of SNP guests. */
u64 es_msr_psc_error(void);
u64 es_msr_vmpl_error(void);

/* Return the reason of a termination in the form of the MSR request. */
u64 es_msr_terminate_reason(u32 set, u32 code);

#endif
