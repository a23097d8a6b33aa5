/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CPUID, as KVM's model of the vCPU has it.
 */
#ifndef SVM_CPUID_HINT_H
#define SVM_CPUID_HINT_H

#include "es.h"

/* EAX, EBX, ECX, EDX of a leaf, in this order.  May take long: interrupts are on. */
void es_cpuid(struct kvm_vcpu *vcpu, u32 function, u32 index, u32 regs[4]);

/* The same if it is known where the leaf is; false: it is not.  Interrupts may be off. */
bool es_cpuid_quick(struct kvm_vcpu *vcpu, u32 function, u32 index, u32 regs[4]);

#endif
