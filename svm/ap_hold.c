// SPDX-License-Identifier: GPL-2.0
/*
 * AP reset hold: a vCPU stays out of the guest until a SIPI, a reset, or userspace says otherwise.
 * AMD 56421 GHCB Specification, "AP Reset Hold".  The states are in ap_state.c.
 *
 * The guest controls when a vCPU asks for a hold, and by which road.
 *
 * kvm.ko parks the vCPU in KVM_MP_STATE_AP_RESET_HOLD, but vcpu_block() makes it runnable for
 * anything that would wake a HLT.  An early return would be legal, yet firmware exists that takes
 * any return for a SIPI.  So es->ap_state, not mp_state, says whether the vCPU is held, and two
 * things make mp_state follow:
 *
 *  - Nothing is injectable while held (hooks.h: NMI and interrupt are "not allowed"), so what
 *    arrives stays pending in KVM and no longer wakes the vCPU.  One wake-up per event remains,
 *    for KVM to turn a request (KVM_REQ_NMI, ...) into pending state.
 *  - Such a woken vCPU reaches vcpu_enter_guest().  The last step there that is vendor code,
 *    prepare_switch_to_guest, calls es_ap_keep_held(): mp_state goes back, and KVM_REQ_UNBLOCK
 *    makes KVM cancel the entry and return to vcpu_run(), which clears that request and blocks
 *    again.  KVM_RUN may also end on the way (a signal, say): vcpu_put then puts mp_state back.
 *
 * No wake-up is lost.  INIT and SIPI are bits in the APIC (pending_events), which only
 * kvm_apic_accept_events() consumes, in this vCPU's task.  Sent before the vCPU blocks, the block
 * sees them, because it looks after it has announced that it sleeps; sent later, the sender's
 * kick wakes it; sent while the vCPU goes through vcpu_enter_guest(), they are consumed there or
 * stay set and prevent the next block.  Putting mp_state back touches neither these bits nor any
 * request but UNBLOCK.  ap_state and mp_state are written only by the task that has the vCPU
 * loaded, so INIT and SIPI cannot race with a hold: they are consumed either before the guest's
 * request (ES_AP_RUNNING_SIPI remembers them for it) or after.  A model tries all orders of
 * these steps: selftests/proof/hold.pml; who changes them changes it as well.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "lapic.h"
#include "ap_hold.h"
#include "es_trace.h"
#include "respond.h"

/*
 * The page with the answer can have gone while the vCPU slept, and there is no way to userspace
 * from here: KVM_REQ_TRIPLE_FAULT ends the guest with KVM_EXIT_SHUTDOWN before its next entry.
 */
static void answer_nae(struct kvm_vcpu *vcpu, bool by_sipi)
{
	struct es_vcpu *es = to_es(vcpu);

	/* The request may have been another VM's, or another host's (state.c). */
	es->rule = es_rule_find(ES_EXIT_AP_RESET_HOLD);
	es_respond_done(es, by_sipi);
	if (!es_respond_write(vcpu))
		kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
}

void es_ap_feed(struct kvm_vcpu *vcpu, enum es_ap_event event)
{
	struct es_vcpu *es = to_es(vcpu);
	struct es_ap_step step = es_ap_next(es->ap_state, event);
	bool by_sipi = event != ES_AP_RELEASE;

	if (step.next != es->ap_state)
		trace_es_ap(vcpu->vcpu_id, es->ap_state, step.next,
			    step.action == ES_AP_START ? "first-sipi" : es_ap_event_name(event));
	es->ap_state = step.next;

	switch (step.action) {
	case ES_AP_NOTHING:
		break;
	case ES_AP_START:
		es->first_sipi = true;
		break;
	case ES_AP_ANSWER_NAE:
		answer_nae(vcpu, by_sipi);
		break;
	case ES_AP_ANSWER_MSR:
		es_set_ghcb_msr(vcpu, es_msr_hold_answer(by_sipi));
		break;
	}
}

static u32 held_mp_state(struct kvm_vcpu *vcpu)
{
	return es_ap_held_after_init(to_es(vcpu)->ap_state) ? KVM_MP_STATE_INIT_RECEIVED : KVM_MP_STATE_AP_RESET_HOLD;
}

/*
 * INIT and SIPI that came just before end the hold at once.  Without an APIC in the kernel,
 * userspace keeps the MP state and gets KVM_EXIT_AP_RESET_HOLD; running the vCPU again ends it.
 */
int es_ap_hold(struct kvm_vcpu *vcpu, enum es_ap_event event)
{
	++vcpu->stat.halt_exits;
	es_ap_feed(vcpu, event);
	if (!es_vcpu_held(vcpu))
		return 1;
	if (!lapic_in_kernel(vcpu)) {
		vcpu->run->exit_reason = KVM_EXIT_AP_RESET_HOLD;
		return 0;
	}
	vcpu->arch.mp_state = held_mp_state(vcpu);
	return 1;
}

void es_ap_keep_held(struct kvm_vcpu *vcpu)
{
	if (vcpu->arch.mp_state == KVM_MP_STATE_RUNNABLE && lapic_in_kernel(vcpu))
		vcpu->arch.mp_state = held_mp_state(vcpu);
}

/* The road that a vCPU restored from elsewhere was held by shows in its GHCB MSR. */
static enum es_ap_event road_by_msr(struct kvm_vcpu *vcpu)
{
	u64 value = es_ghcb_msr(vcpu);

	if ((value & ES_MSR_INFO_MASK) == ES_MSR_AP_HOLD_REQ)
		return ES_AP_HOLD_MSR;
	return value && PAGE_ALIGNED(value) ? ES_AP_HOLD_NAE : ES_AP_HOLD_USER;
}

/*
 * Userspace may have set two states that do not fit: held without INIT, and INIT_RECEIVED, or the other way
 * round.  INIT has come where one of them says so.
 */
void es_ap_follow_mp_state(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	u32 mp_state = vcpu->arch.mp_state;

	if (!es_ap_held(es->ap_state)) {
		if (mp_state == KVM_MP_STATE_AP_RESET_HOLD)
			es_ap_feed(vcpu, es->ap_state == ES_AP_WAITING ? road_by_msr(vcpu) : ES_AP_HOLD_USER);
	} else if (mp_state == KVM_MP_STATE_INIT_RECEIVED) {
		es_ap_feed(vcpu, ES_AP_INIT);
	} else if (mp_state == KVM_MP_STATE_AP_RESET_HOLD) {
		if (es_ap_held_after_init(es->ap_state))
			vcpu->arch.mp_state = KVM_MP_STATE_INIT_RECEIVED;
	} else {
		es_ap_feed(vcpu, ES_AP_RELEASE);
		kvm_make_request(KVM_REQ_EVENT, vcpu);
	}
}
