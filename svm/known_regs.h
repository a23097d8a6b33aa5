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

/* Can a vCPU of this host, with this vCPU's CPUID, have told KVM of them? */
bool es_known_regs_valid(struct kvm_vcpu *vcpu, const struct es_known_regs *regs);

/*
 * KVM knows these from now on, and the vCPU's CPUID follows.  The caller holds the vCPU's mutex.  The
 * values are valid, or another vCPU of this host has them.  SVME stays as it is.  Cannot fail.
 */
void es_known_regs_set(struct kvm_vcpu *vcpu, const struct es_known_regs *regs);

#endif
