/* SPDX-License-Identifier: GPL-2.0 */
/*
 * INIT and SIPI.
 */
#ifndef SVM_SIPI_H
#define SVM_SIPI_H

#include "ap_hold.h"

/* No SIPI has come: the vCPU, and its APIC if KVM has one, are new. */
void es_sipi_create(struct kvm_vcpu *vcpu);

/* INIT, after KVM has reset what it keeps, and before it sets the MP state. */
void es_init_deliver(struct kvm_vcpu *vcpu);

/* KVM, which has an APIC for the vCPU, is about to take in what that has, INIT first.  Does not sleep. */
void es_sipi_expect(struct kvm_vcpu *vcpu);

/* From KVM's reset for an INIT until the vCPU waits for its SIPI, KVM does not take it for the BSP. */
static inline void es_bsp_show(struct kvm_vcpu *vcpu)
{
	if (unlikely(to_es(vcpu)->bsp_hidden)) {
		vcpu->arch.apic_base |= MSR_IA32_APICBASE_BSP;
		to_es(vcpu)->bsp_hidden = false;
	}
}

#endif
