/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AP reset hold.
 */
#ifndef SVM_AP_HOLD_H
#define SVM_AP_HOLD_H

#include "es.h"

/*
 * Feed the AP state machine and do what it says, which can be to write an answer.  The vCPU is loaded, in a
 * task of the VM's process; may sleep.
 */
void es_ap_feed(struct kvm_vcpu *vcpu, enum es_ap_event event);

/* The guest executed a VMGEXIT. */
static inline void es_ap_ran(struct kvm_vcpu *vcpu)
{
	if (unlikely(to_es(vcpu)->ap_state != ES_AP_RUNNING))
		es_ap_feed(vcpu, ES_AP_VMGEXIT);
}

/* Hold the vCPU, by the road that @event names.  Returns as handlers do. */
int es_ap_hold(struct kvm_vcpu *vcpu, enum es_ap_event event);

/* Undo a wake-up of a held vCPU that is no end of the hold.  Does not sleep. */
void es_ap_keep_held(struct kvm_vcpu *vcpu);

/* At the start of KVM_RUN, where one of the two says so: has userspace ended a hold, or begun one? */
void es_ap_follow_mp_state(struct kvm_vcpu *vcpu);

/* Is the vCPU of this layer, and held? */
static inline bool es_vcpu_held(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	return es && es_ap_held(es->ap_state);
}

#endif
