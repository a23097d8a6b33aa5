/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's control registers as KVM knows them.
 */
#ifndef SVM_KNOWN_REGS_H
#define SVM_KNOWN_REGS_H

#include <linux/kvm_host.h>

struct es_known_regs {
	u64 cr0;
	u64 cr4;
	u64 efer;		/* without SVME, which is no matter of an SEV-ES guest */
	u64 xcr0;
	u64 xss;
};

void es_known_regs_get(const struct kvm_vcpu *vcpu, struct es_known_regs *regs);

/* Return true if a vCPU of this host, with this vCPU's CPUID, can have these values. */
bool es_known_regs_valid(struct kvm_vcpu *vcpu, const struct es_known_regs *regs);

/*
 * Set KVM's copies, except SVME, and update the vCPU's CPUID.  @regs must be valid, or come from
 * another vCPU of this host.  Caller must hold the vCPU's mutex.  Cannot fail.
 */
void es_known_regs_set(struct kvm_vcpu *vcpu, const struct es_known_regs *regs);

#endif
