/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The entry points of a VMGEXIT.
 */
#ifndef SVM_VMGEXIT_H
#define SVM_VMGEXIT_H

#include "es.h"

/*
 * Begin to handle a VMGEXIT of an SEV-ES vCPU.  Return EXIT_FASTPATH_REENTER_GUEST if it is
 * complete, or EXIT_FASTPATH_NONE to have es_vmgexit_handle() called.  Called with interrupts
 * disabled, without SRCU.
 */
fastpath_t es_vmgexit_fastpath(struct kvm_vcpu *vcpu);

/*
 * Exit handler: handle what es_vmgexit_fastpath() left, or pass the VMGEXIT of a vCPU of another VM
 * type on to KVM.  Return 1 to resume the guest, 0 to exit to userspace, -errno on host error.  May
 * sleep.
 */
int es_vmgexit_handle(struct kvm_vcpu *vcpu);

#endif
