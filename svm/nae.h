/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handlers of page-based events that have a file of their own.  They return as handlers do.
 */
#ifndef SVM_NAE_H
#define SVM_NAE_H

#include "es.h"

/*
 * Carry out an event that neither sleeps, nor needs userspace, nor searches the vCPU's CPUID, and
 * return true; or do nothing and return false.
 */
bool es_nae_quick(struct kvm_vcpu *vcpu);

/* One of them. */
void es_nae_jump_table(struct kvm_vcpu *vcpu);

int es_nae_ioio(struct kvm_vcpu *vcpu);
int es_nae_mmio(struct kvm_vcpu *vcpu);

/* All that is neither quick nor one of the two before. */
int es_nae_other(struct kvm_vcpu *vcpu);

/* Dispatch a validated page-based request that is not quick. */
static inline int es_nae_handle(struct kvm_vcpu *vcpu)
{
	switch (to_es(vcpu)->rule->event) {
	case ES_EV_IOIO:
		return es_nae_ioio(vcpu);
	case ES_EV_MMIO_READ:
	case ES_EV_MMIO_WRITE:
		return es_nae_mmio(vcpu);
	default:
		return es_nae_other(vcpu);
	}
}

#endif
