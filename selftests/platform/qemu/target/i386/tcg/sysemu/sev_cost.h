/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each exit of a SEV-ES guest costs, counted in instructions
 *
 * A help that no hardware gives: with -icount and the trace event
 * sev_exit_cost enabled, each VMRUN reports the exit before it of the same
 * vCPU.  Without either, nothing is done and nothing changes.
 */
#ifndef TARGET_I386_SEV_COST_H
#define TARGET_I386_SEV_COST_H

#include "cpu.h"

typedef struct SevVmsa SevVmsa;

/* The last exit of a vCPU; valid from its #VMEXIT to its next VMRUN. */
typedef struct SevCost {
    bool pending;
    uint64_t code, ghcb_msr;
    int64_t entered;        /* instructions of all, at VMRUN */
    int64_t guest;          /* the guest's own, VMRUN to #VMEXIT */
    int64_t host;           /* the host's since power-on, at #VMEXIT */
} SevCost;

void sev_cost_vmrun(CPUX86State *env, SevVmsa *vmsa);
void sev_cost_vmexit(CPUX86State *env, SevVmsa *vmsa);

#endif
