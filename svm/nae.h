/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handlers of NAE events, which the guest requests by the GHCB page.  es->req holds the validated
 * request.
 *
 * A handler that returns int returns 1 to resume the guest, 0 to exit to userspace, -errno on host
 * error.
 */
#ifndef SVM_NAE_H
#define SVM_NAE_H

#include "es.h"

/* Return true for port and MMIO accesses.  They have no fastpath; most exit to userspace. */
static inline bool es_nae_is_io(const struct es_rule *rule)
{
	return rule->event == ES_NAE_IOIO || rule->event == ES_NAE_MMIO_READ ||
	       rule->event == ES_NAE_MMIO_WRITE;
}

/* nae_fast.c: handlers that never sleep. */

/*
 * Handle the event and return true, or do nothing and return false.  Called with interrupts
 * disabled.
 */
bool es_nae_fastpath(struct kvm_vcpu *vcpu);

/*
 * Handle an event that needs nothing but the vCPU's own state.  Return false for any other event.
 */
bool es_nae_simple(struct kvm_vcpu *vcpu);

/* Put the guest's TSC into RDX:RAX. */
void es_nae_return_tsc(struct kvm_vcpu *vcpu);

/* nae.c: handlers that may sleep, emulate an instruction, or exit to userspace. */

int es_nae_handle(struct kvm_vcpu *vcpu);

/* Complete an emulated RDMSR or WRMSR.  @err: it raises #GP. */
int es_nae_complete_msr(struct kvm_vcpu *vcpu, int err);

/* nae_cpuid.c */

/* Like es_nae_fastpath() and es_nae_handle(). */
bool es_nae_cpuid_fastpath(struct kvm_vcpu *vcpu);
int es_nae_cpuid(struct kvm_vcpu *vcpu);

/* nae_io.c */

int es_nae_ioio(struct kvm_vcpu *vcpu);
int es_nae_mmio(struct kvm_vcpu *vcpu);

/* Handle an event for which es_nae_is_io() is true. */
static inline int es_nae_io(struct kvm_vcpu *vcpu)
{
	return to_es(vcpu)->rule->event == ES_NAE_IOIO ? es_nae_ioio(vcpu) : es_nae_mmio(vcpu);
}

/* jump_table.c */

/* Return or set the AP jump table's address.  Does not sleep. */
void es_nae_jump_table(struct kvm_vcpu *vcpu);

#endif
