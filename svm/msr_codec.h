/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values of the GHCB MSR: taking requests apart and putting answers together.  Pure: see es/pure.h.
 */
#ifndef SVM_MSR_CODEC_H
#define SVM_MSR_CODEC_H

#include "../include/es/msr.h"

/* Index of a request: for counters and traces. */
enum es_msr_request {
	ES_MSR_EV_SEV_INFO, ES_MSR_EV_CPUID, ES_MSR_EV_AP_RESET_HOLD, ES_MSR_EV_PREFERRED_GPA,
	ES_MSR_EV_REGISTER_GPA, ES_MSR_EV_PAGE_STATE, ES_MSR_EV_RUN_VMPL, ES_MSR_EV_HV_FEATURES,
	ES_MSR_EV_TERMINATE,
	ES_MSR_EV_UNKNOWN,	/* anything that an SEV-ES host does not know */
	ES_NR_MSR_EVENTS
};

struct es_cpuid_request {
	u32 function;
	u32 reg;		/* 0 EAX, 1 EBX, 2 ECX, 3 EDX */
};

/* @version: the highest GHCB version that the VM was offered. */
enum es_msr_request es_msr_decode(u64 value, u16 version);
const char *es_msr_request_name(enum es_msr_request request);

/* SEV information: the versions on offer and the position of the C-bit. */
u64 es_msr_sev_info(u16 max_version, u16 min_version, u8 cbit);

struct es_cpuid_request es_msr_cpuid_decode(u64 value);
u64 es_msr_cpuid_answer(u32 value, u32 reg);

/* @by_sipi: did a SIPI end the hold? */
u64 es_msr_hold_answer(bool by_sipi);

u64 es_msr_features_answer(u64 features);

/* This host prefers no place for the GHCB. */
u64 es_msr_preferred_gpa_answer(void);
u64 es_msr_register_gpa_answer(u64 gpa, bool accepted);

/* Requests that only SNP guests have an answer to. */
u64 es_msr_page_state_refusal(void);
u64 es_msr_run_vmpl_refusal(void);

/* A reason to terminate, in the form of the MSR request. */
u64 es_msr_terminate_reason(u32 set, u32 code);

#endif
