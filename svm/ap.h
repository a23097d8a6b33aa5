/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AP bring-up: INIT, SIPI and AP reset hold.
 *
 * All of this runs in the task that has the vCPU loaded, or that holds its mutex.
 */
#ifndef SVM_AP_H
#define SVM_AP_H

#include "es.h"

/* No SIPI has come: the vCPU, and its in-kernel APIC if it has one, are new. */
void es_ap_create(struct kvm_vcpu *vcpu);

/*
 * Apply @event to the AP state machine and perform its action, which may write a response.  Call
 * with the vCPU loaded, in a task of the VM's process.  May sleep.
 */
void es_ap_handle_event(struct kvm_vcpu *vcpu, enum es_ap_event event);

/* The guest executed a VMGEXIT. */
static inline void es_ap_note_vmgexit(struct kvm_vcpu *vcpu)
{
	if (unlikely(to_es(vcpu)->ap_state != ES_AP_RUNNING))
		es_ap_handle_event(vcpu, ES_AP_VMGEXIT);
}

/*
 * Put the vCPU in AP reset hold; @event is the method, ES_AP_HOLD_NAE or ES_AP_HOLD_MSR.  Return 1
 * to resume the guest, 0 to exit to userspace.
 */
int es_ap_hold(struct kvm_vcpu *vcpu, enum es_ap_event event);

/* Return true if the vCPU is in AP reset hold. */
static inline bool es_ap_is_held(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	return es && es_ap_held(es->ap_state);
}

/* Put mp_state of a held vCPU back after a wake-up that does not end the hold.  Does not sleep. */
void es_ap_restore_mp_state(struct kvm_vcpu *vcpu);

/*
 * Keep a held vCPU out of the guest: the last step before an entry.  Called with interrupts
 * enabled.
 */
static inline void es_ap_block_entry(struct kvm_vcpu *vcpu)
{
	if (unlikely(es_ap_is_held(vcpu))) {
		es_ap_restore_mp_state(vcpu);
		kvm_make_request(KVM_REQ_UNBLOCK, vcpu);
	}
}

/* At KVM_RUN, enter or leave the hold if userspace changed mp_state.  May sleep. */
void es_ap_follow_mp_state(struct kvm_vcpu *vcpu);

/* Deliver INIT, after KVM's reset of the vCPU, and before KVM sets mp_state. */
void es_ap_deliver_init(struct kvm_vcpu *vcpu);

/* KVM is about to accept INIT and SIPI from the in-kernel APIC, INIT first.  Does not sleep. */
void es_ap_prepare_sipi(struct kvm_vcpu *vcpu);

/* Deliver SIPI.  May sleep. */
void es_ap_deliver_sipi(struct kvm_vcpu *vcpu);

/*
 * Put APICBASE.BSP back, which es_ap_deliver_init() clears until the vCPU waits for its SIPI: KVM
 * would let a BSP run on, and drop its SIPI.
 */
static inline void es_ap_restore_bsp_flag(struct kvm_vcpu *vcpu)
{
	if (unlikely(to_es(vcpu)->bsp_flag_cleared)) {
		vcpu->arch.apic_base |= MSR_IA32_APICBASE_BSP;
		to_es(vcpu)->bsp_flag_cleared = false;
	}
}

/* The vCPU loses its task or CPU.  Does not sleep. */
static inline void es_ap_vcpu_put(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	/* A running vCPU is neither held, nor is its BSP flag cleared. */
	if (likely(!es || es->ap_state == ES_AP_RUNNING))
		return;
	if (es_ap_held(es->ap_state) && es->in_run && vcpu->wants_to_run)
		es_ap_restore_mp_state(vcpu);
	if (vcpu->arch.mp_state != KVM_MP_STATE_AP_RESET_HOLD)
		es_ap_restore_bsp_flag(vcpu);
}

/* KVM is resetting its copies of the control registers for INIT, which does not change the VMSA. */
static inline bool es_ap_in_init(struct kvm_vcpu *vcpu)
{
	return to_es(vcpu) && to_es(vcpu)->in_init;
}

#endif
