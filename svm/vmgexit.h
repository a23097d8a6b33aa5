/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way of a VMGEXIT through this layer.
 */
#ifndef SVM_VMGEXIT_H
#define SVM_VMGEXIT_H

#include "es.h"

/* Dispatch a validated page-based request (nae.c).  Returns as handlers do. */
int es_nae_handle(struct kvm_vcpu *vcpu);

/* Serve the GHCB MSR protocol (msr_proto.c).  Returns as handlers do. */
int es_msr_protocol(struct kvm_vcpu *vcpu);

#endif
