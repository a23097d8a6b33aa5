/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers of the GHCB protocol, written down once more for the tests (see ghcb.h for why).
 *
 * Source: AMD 56421 GHCB Specification, sections "GHCB MSR Protocol", "List of Supported
 *	Non-Automatic Events"; AMD 24593 APM Volume 2, appendix "SVM Intercept Exit Codes" for codes
 *	below 0x400.
 */
#ifndef ES_SPEC_EVENTS_H
#define ES_SPEC_EVENTS_H

#define SPEC_MSR_GHCB		0xc0010130
#define SPEC_MSR_SEV_STATUS	0xc0010131
#define SPEC_VECTOR_VC		29

enum spec_exit {
	SPEC_EXIT_DR7_READ	= 0x27,
	SPEC_EXIT_DR7_WRITE	= 0x37,
	SPEC_EXIT_RDTSC		= 0x6e,
	SPEC_EXIT_RDPMC		= 0x6f,
	SPEC_EXIT_CPUID		= 0x72,
	SPEC_EXIT_INVD		= 0x76,
	SPEC_EXIT_IOIO		= 0x7b,
	SPEC_EXIT_MSR		= 0x7c,
	SPEC_EXIT_VMMCALL	= 0x81,
	SPEC_EXIT_RDTSCP	= 0x87,
	SPEC_EXIT_WBINVD	= 0x89,
	SPEC_EXIT_MONITOR	= 0x8a,
	SPEC_EXIT_MWAIT		= 0x8b,
	SPEC_EXIT_NPF		= 0x400,
};

#define SPEC_NAE_MMIO_READ	0x80000001ull
#define SPEC_NAE_MMIO_WRITE	0x80000002ull
#define SPEC_NAE_NMI_COMPLETE	0x80000003ull
#define SPEC_NAE_AP_RESET_HOLD	0x80000004ull
#define SPEC_NAE_AP_JUMP_TABLE	0x80000005ull
#define SPEC_NAE_SNP_FIRST	0x80000010ull	/* page state change, ... */
#define SPEC_NAE_SNP_LAST	0x8000001dull
#define SPEC_NAE_HV_FEATURES	0x8000fffdull
#define SPEC_NAE_TERMINATE	0x8000fffeull
#define SPEC_NAE_UNSUPPORTED	0x8000ffffull

#define SPEC_JUMP_TABLE_SET	0
#define SPEC_JUMP_TABLE_GET	1

/* GHCB MSR protocol: the low 12 bits identify the request or response. */
#define SPEC_MSR_INFO(value)	((value) & 0xfff)
#define SPEC_MSR_DATA(value)	((value) >> 12)
enum spec_msr_info {
	SPEC_MSR_SEV_INFO	= 0x001,
	SPEC_MSR_SEV_INFO_REQ	= 0x002,
	SPEC_MSR_CPUID_REQ	= 0x004,
	SPEC_MSR_CPUID_RESP	= 0x005,
	SPEC_MSR_AP_HOLD_REQ	= 0x006,
	SPEC_MSR_AP_HOLD_RESP	= 0x007,
	SPEC_MSR_PREF_GPA_REQ	= 0x010,
	SPEC_MSR_PREF_GPA_RESP	= 0x011,
	SPEC_MSR_REG_GPA_REQ	= 0x012,
	SPEC_MSR_REG_GPA_RESP	= 0x013,
	SPEC_MSR_PAGE_STATE_REQ	= 0x014,
	SPEC_MSR_PAGE_STATE_RESP = 0x015,
	SPEC_MSR_RUN_VMPL_REQ	= 0x016,
	SPEC_MSR_RUN_VMPL_RESP	= 0x017,
	SPEC_MSR_FEATURES_REQ	= 0x080,
	SPEC_MSR_FEATURES_RESP	= 0x081,
	SPEC_MSR_TERMINATE	= 0x100,
};

#define SPEC_MSR_CPUID(fn, reg) \
	((uint64_t)(fn) << 32 | (uint64_t)(reg) << 30 | SPEC_MSR_CPUID_REQ)
#define SPEC_MSR_TERM(set, code) \
	((uint64_t)(code) << 16 | (uint64_t)(set) << 12 | SPEC_MSR_TERMINATE)

/* SW_EXITINFO1 of the page-based termination request. */
#define SPEC_NAE_TERM(set, code) ((uint64_t)(code) << 4 | (uint64_t)(set))

/*
 * SW_EXITINFO2 of a response that requests an exception, in EVENTINJ form: exception, valid,
 * vector.
 */
#define SPEC_RAISE_UD		0x80000306ull
#define SPEC_RAISE_GP		0x80000b0dull	/* with the error code 0 */

/* SW_EXITINFO1 of IOIO. */
#define SPEC_IO_IN		(1u << 0)
#define SPEC_IO_STRING		(1u << 2)
#define SPEC_IO_REP		(1u << 3)
#define SPEC_IO_BYTES(n)	((uint32_t)(n) << 4)
#define SPEC_IO_ADDR64		(1u << 9)
#define SPEC_IO_PORT(port)	((uint32_t)(port) << 16)

#endif
