/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KVM's state of a vCPU: that of lib/vmm/state.h, and the state that only a whole operating system
 * uses: the offset of its TSC, the MSRs that KVM emulates.
 */
#ifndef ES_PC_CPU_STATE_H
#define ES_PC_CPU_STATE_H

#include "../vmm/state.h"

#define CPU_MAX_MSRS	64

struct cpu_state {
	struct vmm_vcpu_state vcpu;
	uint64_t tsc_offset, deadline;
	uint64_t msrs[CPU_MAX_MSRS];
	uint64_t known;		/* a bit for each of them that KVM has */
};

void cpu_save(struct vmm_vcpu *vcpu, struct cpu_state *state);
void cpu_restore(struct vmm_vcpu *vcpu, const struct cpu_state *state);

#endif
