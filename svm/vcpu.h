/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a vCPU, as this layer sees it.  hooks.h and the replaced kernel functions call these.
 */
#ifndef SVM_VCPU_H
#define SVM_VCPU_H

#include "sipi.h"

/* Allocate our state if the vCPU is one of ours.  0 or -ENOMEM. */
int es_vcpu_create(struct kvm_vcpu *vcpu);
void es_vcpu_free(struct kvm_vcpu *vcpu);

/*
 * Find an SEV-ES vCPU by ID and lock its mutex.  Return ERR_PTR(-EINVAL) if there is none, ERR_PTR(-EINTR) if
 * the task is killed while it waits.
 */
struct kvm_vcpu *es_vcpu_lock(struct kvm *kvm, u32 vcpu_id);

/* INIT, after KVM has reset what it keeps. */
void es_vcpu_init_event(struct kvm_vcpu *vcpu);

/* Start of KVM_RUN, an exit to userspace being completed.  Returns as handlers do; may sleep. */
int es_vcpu_pre_run(struct kvm_vcpu *vcpu);

/*
 * The vCPU gets or loses its task or CPU; does not sleep.
 *
 * mp_state turns RUNNABLE under a held vCPU either because vcpu_block() woke it, which is undone,
 * or because userspace said so, which ends the hold at the next KVM_RUN.  The former can only
 * happen in a KVM_RUN that is past es_vcpu_pre_run(), the latter only outside KVM_RUN;
 * wants_to_run is set during KVM_RUN only.
 */
void es_vcpu_load_slow(struct kvm_vcpu *vcpu);

static inline void es_vcpu_load(struct kvm_vcpu *vcpu)
{
	if (unlikely(!vcpu->wants_to_run || kvm_test_request(KVM_REQ_SMI, vcpu)))
		es_vcpu_load_slow(vcpu);
}

static inline void es_vcpu_put(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	/* Neither held, nor is the BSP flag off: INIT has not come. */
	if (likely(!es || es->ap_state == ES_AP_RUNNING))
		return;
	if (es_ap_held(es->ap_state) && es->in_run && vcpu->wants_to_run)
		es_ap_keep_held(vcpu);
	if (vcpu->arch.mp_state != KVM_MP_STATE_AP_RESET_HOLD)
		es_bsp_show(vcpu);
}

/*
 * Userspace works on the exit that KVM_RUN returned, and its result is in kvm_run at the earliest.  KVM_RUN
 * takes it from there, with immediate_exit if the vCPU shall not run on.  Until then the vCPU's state is
 * not complete.
 */
static inline bool es_vcpu_io_pending(struct kvm_vcpu *vcpu)
{
	return to_es(vcpu) && vcpu->arch.complete_userspace_io;
}

/*
 * Another vCPU has kicked this one (KVM_HC_KICK_CPU), and it has not slept since.  The kick of one that sleeps
 * is in the MP state: KVM_GET_MP_STATE says RUNNABLE.
 */
static inline bool es_vcpu_kicked(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.pv.pv_unhalted && vcpu->arch.mp_state != KVM_MP_STATE_HALTED;
}

/* KVM resets control registers, which INIT cannot: they are in the VMSA. */
static inline bool es_vcpu_in_init(struct kvm_vcpu *vcpu)
{
	return to_es(vcpu) && to_es(vcpu)->in_init;
}

/* End of an emulated RDMSR or WRMSR: @err says that it must raise #GP.  Returns as handlers do. */
int es_vcpu_complete_msr(struct kvm_vcpu *vcpu, int err);

#endif
