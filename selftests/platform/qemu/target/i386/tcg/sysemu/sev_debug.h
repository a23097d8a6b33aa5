/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debug registers of a SEV-ES guest over VMRUN and #VMEXIT
 *
 * AMD 24593 APM Volume 2, 15.35.2 "Enabling SEV-ES" (DebugSwap) and Appendix B.
 */
#ifndef TARGET_I386_SEV_DEBUG_H
#define TARGET_I386_SEV_DEBUG_H

#include "cpu.h"

#define SEV_FEATURE_DEBUG_SWAP (1ULL << 5)

/* Offsets in a VMSA and in a VMCB's save area. */
enum { VMSA_DR7 = 0x160, VMSA_DR6 = 0x168, VMSA_DR0 = 0x180 };

/* @page: the VMSA; @swap: its SEV_FEATURES have DebugSwap. */
void sev_debug_load(CPUX86State *env, const uint8_t *page, bool swap);
void sev_debug_save(CPUX86State *env, uint8_t *page, bool swap);

/* The host's, which VMRUN saved: @page is the save area. */
void sev_debug_load_host(CPUX86State *env, const uint8_t *page);

#endif
