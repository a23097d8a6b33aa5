/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a vCPU: create, reset, run, free.  INIT is in ap.h.
 */
#ifndef SVM_VCPU_H
#define SVM_VCPU_H

#include "es.h"

/* Allocate our state if the vCPU is an SEV-ES one.  Return 0 or -ENOMEM. */
int es_vcpu_create(struct kvm_vcpu *vcpu);
void es_vcpu_free(struct kvm_vcpu *vcpu);

/* Reset our state, after KVM has reset the vCPU. */
void es_vcpu_reset(struct kvm_vcpu *vcpu);

/*
 * Find an SEV-ES vCPU by ID and lock its mutex.  Return ERR_PTR(-EINVAL) if there is none,
 * ERR_PTR(-EINTR) if the task is killed while it waits.
 */
struct kvm_vcpu *es_vcpu_lock(struct kvm *kvm, u32 vcpu_id);

/*
 * At the start of KVM_RUN, after KVM has completed an exit to userspace.  Return 1 to run the
 * guest, 0 to exit to userspace.  May sleep.
 */
int es_vcpu_pre_run(struct kvm_vcpu *vcpu);

/*
 * The vCPU gets a task or CPU.  Does not sleep.
 *
 * mp_state of a held vCPU becomes RUNNABLE for two reasons: vcpu_block() woke it, which is undone,
 * or userspace set it, which ends the hold at the next KVM_RUN.  The former happens only in a
 * KVM_RUN that is past es_vcpu_pre_run(), the latter only outside KVM_RUN; wants_to_run is set
 * during KVM_RUN only.
 */
void es_vcpu_load_slow(struct kvm_vcpu *vcpu);

static inline void es_vcpu_load(struct kvm_vcpu *vcpu)
{
	if (unlikely(!vcpu->wants_to_run || kvm_test_request(KVM_REQ_SMI, vcpu)))
		es_vcpu_load_slow(vcpu);
}

/*
 * Return true if userspace works on the exit that KVM_RUN returned.  Its result is in kvm_run at
 * the earliest, and KVM_RUN consumes it, with immediate_exit if the vCPU shall not run on.  Until
 * then the vCPU's state is not complete.
 */
static inline bool es_vcpu_io_pending(struct kvm_vcpu *vcpu)
{
	return to_es(vcpu) && vcpu->arch.complete_userspace_io;
}

/*
 * Return true if another vCPU has kicked this one (KVM_HC_KICK_CPU), and it has not slept since.
 * The kick of a vCPU that sleeps is in the MP state: KVM_GET_MP_STATE reports RUNNABLE.
 */
static inline bool es_vcpu_kicked(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.pv.pv_unhalted && vcpu->arch.mp_state != KVM_MP_STATE_HALTED;
}

#endif
