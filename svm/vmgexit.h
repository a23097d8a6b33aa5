/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way of a VMGEXIT through this layer.
 */
#ifndef SVM_VMGEXIT_H
#define SVM_VMGEXIT_H

#include "es.h"

/* Serve the GHCB MSR protocol (msr_proto.c).  Returns as handlers do. */
int es_msr_protocol(struct kvm_vcpu *vcpu);

/* The same for requests that are answered at once: does nothing and returns false for others. */
bool es_msr_protocol_quick(struct kvm_vcpu *vcpu);

/*
 * Fetch and judge a page-based request (fastpath.c); es->stage tells the outcome, NEW when the page
 * cannot be reached (with page faults disabled: perhaps only now).
 */
void es_vmgexit_take(struct kvm_vcpu *vcpu);

#endif
