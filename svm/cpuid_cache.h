/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CPUID leaves of a vCPU.
 */
#ifndef SVM_CPUID_CACHE_H
#define SVM_CPUID_CACHE_H

#include "es.h"

/*
 * Return EAX, EBX, ECX and EDX of a leaf in @regs, in this order.  Called with interrupts enabled.
 */
void es_cpuid_lookup(struct kvm_vcpu *vcpu, u32 function, u32 index, u32 regs[4]);

/*
 * Like es_cpuid_lookup(), but return false if the leaf's index is not cached.  Interrupts may be
 * disabled.
 */
bool es_cpuid_lookup_cached(struct kvm_vcpu *vcpu, u32 function, u32 index, u32 regs[4]);

#endif
