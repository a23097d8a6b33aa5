/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The values of the GHCB MSR protocol: GHCBInfo in bits 11:0, GHCBData in bits 63:12.
 * AMD 56421 GHCB Specification, "GHCB MSR Protocol".
 */
#ifndef ES_MSR_H
#define ES_MSR_H

#include "pure.h"

#define ES_MSR_INFO_MASK		0xfffULL

#define ES_MSR_SEV_INFO_RESP			0x001
#define ES_MSR_SEV_INFO_REQ		0x002
#define ES_MSR_CPUID_REQ		0x004
#define ES_MSR_CPUID_RESP		0x005
#define ES_MSR_AP_RESET_HOLD_REQ		0x006
#define ES_MSR_AP_RESET_HOLD_RESP		0x007
#define ES_MSR_PREF_GPA_REQ	0x010
#define ES_MSR_PREF_GPA_RESP	0x011
#define ES_MSR_REG_GPA_REQ		0x012
#define ES_MSR_REG_GPA_RESP	0x013
#define ES_MSR_PSC_REQ		0x014
#define ES_MSR_PSC_RESP		0x015
#define ES_MSR_VMPL_REQ		0x016
#define ES_MSR_VMPL_RESP		0x017
#define ES_MSR_HV_FT_REQ		0x080
#define ES_MSR_HV_FT_RESP		0x081
#define ES_MSR_TERM_REQ		0x100

/* GHCBData of a GPA response: no preference, or rejected. */
#define ES_MSR_GFN_NONE			(~0ULL >> 12)

/*
 * Protocol versions that the module supports; the highest version on offer is a property of the VM.
 */
#define ES_GHCB_VERSION_MIN		1
#define ES_GHCB_VERSION_MAX		2

#endif
