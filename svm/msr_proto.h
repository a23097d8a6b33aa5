/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The GHCB MSR protocol.
 */
#ifndef SVM_MSR_PROTO_H
#define SVM_MSR_PROTO_H

#include "es.h"

/*
 * Handle the request in the GHCB MSR.  Return 1 to resume the guest, 0 to exit to userspace.  May
 * sleep.
 */
int es_msr_proto_handle(struct kvm_vcpu *vcpu);

/*
 * Handle the request in the GHCB MSR and return true, or do nothing and return false.  Called with
 * interrupts disabled.
 */
bool es_msr_proto_fastpath(struct kvm_vcpu *vcpu);

/* Return the SEV information, which the GHCB MSR holds after reset. */
u64 es_msr_proto_sev_info(struct kvm_vcpu *vcpu);

#endif
