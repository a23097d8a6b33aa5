// SPDX-License-Identifier: GPL-2.0
#include "cpu_state.h"

#include <sys/ioctl.h>
#include "../vmm/env.h"

#define TSC_DEADLINE	0x6e0

/* In the order in which they are set. */
static const uint32_t msrs[] = {
	/* TSC_ADJUST, MISC_ENABLE */
	0x3b, 0x1a0,
	0x200, 0x201, 0x202, 0x203, 0x204, 0x205, 0x206, 0x207,		/* MTRRs */
	0x208, 0x209, 0x20a, 0x20b, 0x20c, 0x20d, 0x20e, 0x20f,
	0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f, 0x2ff,
	0xc0010015,							/* HWCR */
	/* KVM's MSRs: wall clock, system time */
	0x4b564d00, 0x4b564d01,
	/* page faults, steal time, EOI, polling */
	0x4b564d06, 0x4b564d02, 0x4b564d03, 0x4b564d04, 0x4b564d05,
};

_Static_assert(ARRAY_SIZE(msrs) <= CPU_MAX_MSRS, "struct cpu_state is too small");

static void tsc_offset(struct vmm_vcpu *vcpu, unsigned long request, const uint64_t *offset)
{
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL, .attr = KVM_VCPU_TSC_OFFSET, .addr = (uintptr_t)offset,
	};

	if (ioctl(vcpu->fd, request, &attr))
		vmm_fail("the TSC offset of vCPU %u: %m", vcpu->nr);
}

void cpu_save(struct vmm_vcpu *vcpu, struct cpu_state *state)
{
	unsigned int i;

	vmm_vcpu_save(vcpu, &state->vcpu);
	tsc_offset(vcpu, KVM_GET_DEVICE_ATTR, &state->tsc_offset);
	state->known = 0;
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		if (vmm_get_msr(vcpu, msrs[i], &state->msrs[i]))
			state->known |= 1ull << i;
	}
	vmm_get_msr(vcpu, TSC_DEADLINE, &state->deadline);
}

/* Set the deadline last: it needs a timer that is set up, and the TSC. */
void cpu_restore(struct vmm_vcpu *vcpu, const struct cpu_state *state)
{
	unsigned int i;

	tsc_offset(vcpu, KVM_SET_DEVICE_ATTR, &state->tsc_offset);
	vmm_vcpu_restore(vcpu, &state->vcpu);
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		if (state->known >> i & 1 && !vmm_set_msr(vcpu, msrs[i], state->msrs[i]))
			vmm_fail("MSR 0x%x of vCPU %u cannot be set to 0x%llx", msrs[i], vcpu->nr,
				 (unsigned long long)state->msrs[i]);
	}
	if (!vmm_set_msr(vcpu, TSC_DEADLINE, state->deadline))
		vmm_fail("the timer of vCPU %u cannot be set", vcpu->nr);
}
