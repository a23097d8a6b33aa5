// SPDX-License-Identifier: GPL-2.0
/*
 * AP bring-up: INIT, SIPI and AP reset hold.  rules/ap.c has the states; this file performs the
 * actions.
 * AMD 56421 GHCB Specification, "SMP Booting" and "AP Reset Hold".
 *
 * The first SIPI starts a vCPU from the VMSA that was measured at launch; its vector has no
 * meaning.  A later SIPI ends an AP reset hold with a non-zero response, by the method of the
 * hold.  A SIPI that finds no hold lets the vCPU resume where INIT stopped it, because the host
 * cannot reset its registers, and ends the next hold immediately.
 *
 * The hold
 *
 * kvm.ko parks the vCPU in KVM_MP_STATE_AP_RESET_HOLD, but vcpu_block() makes it runnable for
 * anything that would wake a HLT.  An early return would be legal, yet firmware exists that
 * mistakes any return for a SIPI.  So es->ap_state, not mp_state, says whether the vCPU is held,
 * and two things make mp_state follow:
 *
 *  - Nothing is injectable while the vCPU is held (hooks.h: NMI and interrupt are "not allowed"),
 *    so what arrives stays pending in KVM and no longer wakes the vCPU.  One wake-up per event
 *    remains, for KVM to turn a request (KVM_REQ_NMI, ...) into pending state.
 *  - Such a vCPU reaches vcpu_enter_guest().  The last vendor code there,
 *    prepare_switch_to_guest(), calls es_ap_block_entry(): mp_state is put back, and
 *    KVM_REQ_UNBLOCK makes KVM cancel the entry and return to vcpu_run(), which clears that request
 *    and blocks again.  KVM_RUN may also end on the way, for example for a signal; vcpu_put() then
 *    puts mp_state back.
 *
 * No wake-up is lost.  INIT and SIPI are bits in the APIC (pending_events), which only
 * kvm_apic_accept_events() consumes, in this vCPU's task.  If they are sent before the vCPU blocks,
 * the block sees them, because it checks after it has announced that it sleeps.  If they are sent
 * later, the sender's kick wakes the vCPU.  If they are sent while the vCPU is in
 * vcpu_enter_guest(), they are consumed there, or stay set and prevent the next block.  Putting
 * mp_state back touches neither these bits nor any request but UNBLOCK.  ap_state and mp_state are
 * written only by the task that has the vCPU loaded, so INIT and SIPI cannot race with a hold: they
 * are consumed either before the guest's request (ES_AP_RUNNING_SIPI remembers them) or after it.
 *
 * INIT and SIPI of a BSP
 *
 * INIT stops an AP until its SIPI, and so it does a BSP that is held.  A BSP that runs continues,
 * like any x86 guest's BSP under KVM, which then drops the SIPI.  But that SIPI may mean the hold
 * that the BSP is about to ask for, so KVM must deliver it.  KVM delivers SIPI only to a vCPU in
 * KVM_MP_STATE_INIT_RECEIVED, which does not run:
 *
 *  - INIT puts the BSP into that state and sets the SIPI bit in its APIC.  The same call of
 *    kvm_apic_accept_events() finds the bit and makes the BSP runnable again.
 *  - Another vCPU may have set the bit, too.  The vector shows that: it is NO_SIPI from when a SIPI
 *    was taken or dropped until the next SIPI is sent.
 *  - A SIPI that comes later finds the BSP in RUNNING_INIT.  es_ap_prepare_sipi(), which KVM calls
 *    just before it checks for INIT and SIPI, puts the BSP into that state again.
 *
 * One error remains, on the safe side: if INIT overwrites the bit of a SIPI that KVM has not yet
 * seen, or a second SIPI comes while KVM drops one, a vector is left, and INIT counts as INIT and
 * SIPI.
 *
 * A model checks all orders of these steps: selftests/proof/hold.pml.  Change it with this file.
 *
 * The guest controls when a vCPU asks for a hold, by which method, and (through another vCPU's
 * APIC) INIT and SIPI.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "lapic.h"
#include "ap.h"
#include "es_trace.h"
#include "respond.h"

#define NO_SIPI		0x100	/* vectors end at 0xff */

/*
 * The GHCB page may have gone while the vCPU slept, and there is no way to userspace from here:
 * KVM_REQ_TRIPLE_FAULT ends the guest with KVM_EXIT_SHUTDOWN before its next entry.
 */
static void respond_to_hold(struct kvm_vcpu *vcpu, bool by_sipi)
{
	struct es_vcpu *es = to_es(vcpu);

	/* The request may have been sent in another VM, or on another host. */
	es->rule = es_rule_find(ES_EXIT_AP_RESET_HOLD);
	es_respond_success(es, by_sipi);
	if (!es_respond_write(vcpu))
		kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
}

void es_ap_handle_event(struct kvm_vcpu *vcpu, enum es_ap_event event)
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
	case ES_AP_RESPOND_NAE:
		respond_to_hold(vcpu, by_sipi);
		break;
	case ES_AP_RESPOND_MSR:
		es_set_ghcb_msr(vcpu, es_msr_hold_response(by_sipi));
		break;
	}
}

static u32 held_mp_state(struct kvm_vcpu *vcpu)
{
	return es_ap_held_after_init(to_es(vcpu)->ap_state) ? KVM_MP_STATE_INIT_RECEIVED :
							      KVM_MP_STATE_AP_RESET_HOLD;
}

/*
 * INIT and SIPI that came just before the request end the hold immediately.  Without an in-kernel
 * APIC, userspace keeps the MP state and gets KVM_EXIT_AP_RESET_HOLD; the next KVM_RUN ends the
 * hold.
 */
int es_ap_hold(struct kvm_vcpu *vcpu, enum es_ap_event event)
{
	++vcpu->stat.halt_exits;
	es_ap_handle_event(vcpu, event);
	if (!es_ap_is_held(vcpu))
		return 1;
	if (!lapic_in_kernel(vcpu)) {
		vcpu->run->exit_reason = KVM_EXIT_AP_RESET_HOLD;
		return 0;
	}
	vcpu->arch.mp_state = held_mp_state(vcpu);
	return 1;
}

void es_ap_restore_mp_state(struct kvm_vcpu *vcpu)
{
	if (vcpu->arch.mp_state == KVM_MP_STATE_RUNNABLE && lapic_in_kernel(vcpu))
		vcpu->arch.mp_state = held_mp_state(vcpu);
}

/* Derive the hold method of a restored vCPU from its GHCB MSR. */
static enum es_ap_event hold_method_from_msr(struct kvm_vcpu *vcpu)
{
	u64 value = es_ghcb_msr(vcpu);

	if ((value & ES_MSR_INFO_MASK) == ES_MSR_AP_RESET_HOLD_REQ)
		return ES_AP_HOLD_MSR;
	return value && PAGE_ALIGNED(value) ? ES_AP_HOLD_NAE : ES_AP_HOLD_USER;
}

/*
 * Userspace may have set two states that do not fit: a hold before INIT with INIT_RECEIVED, or a
 * hold after INIT with AP_RESET_HOLD.  INIT has come if one of them says so.
 */
void es_ap_follow_mp_state(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	u32 mp_state = vcpu->arch.mp_state;

	if (!es_ap_held(es->ap_state)) {
		if (mp_state == KVM_MP_STATE_AP_RESET_HOLD)
			es_ap_handle_event(vcpu, es->ap_state == ES_AP_WAITING ?
					   hold_method_from_msr(vcpu) : ES_AP_HOLD_USER);
	} else if (mp_state == KVM_MP_STATE_INIT_RECEIVED) {
		es_ap_handle_event(vcpu, ES_AP_INIT);
	} else if (mp_state == KVM_MP_STATE_AP_RESET_HOLD) {
		if (es_ap_held_after_init(es->ap_state))
			vcpu->arch.mp_state = KVM_MP_STATE_INIT_RECEIVED;
	} else {
		es_ap_handle_event(vcpu, ES_AP_RELEASE);
		kvm_make_request(KVM_REQ_EVENT, vcpu);
	}
}

static void forget_sipi(struct kvm_lapic *apic)
{
	WRITE_ONCE(apic->sipi_vector, NO_SIPI);
	/*
	 * An INIT and the vector of its SIPI may have come before the store, which then lost the
	 * vector.  Senders store INIT first (__apic_accept_irq()), so its bit shows that.
	 */
	smp_mb();
	if (test_bit(KVM_APIC_INIT, &apic->pending_events))
		WRITE_ONCE(apic->sipi_vector, 0);
}

void es_ap_create(struct kvm_vcpu *vcpu)
{
	if (to_es(vcpu) && lapic_in_kernel(vcpu))
		vcpu->arch.apic->sipi_vector = NO_SIPI;
}

static bool is_bsp(struct kvm_vcpu *vcpu)
{
	return to_es(vcpu)->bsp_flag_cleared || vcpu->arch.apic_base & MSR_IA32_APICBASE_BSP;
}

/*
 * KVM checks the BSP flag right after its reset, then sets mp_state.  Until that is done, mp_state
 * is AP_RESET_HOLD, so that a preemption in between does not put the flag back (es_ap_vcpu_put()).
 * The guest does not run in between, and userspace cannot see it, because it would have to load the
 * vCPU.
 */
static void clear_bsp_flag(struct kvm_vcpu *vcpu)
{
	vcpu->arch.mp_state = KVM_MP_STATE_AP_RESET_HOLD;
	vcpu->arch.apic_base &= ~(u64)MSR_IA32_APICBASE_BSP;
	to_es(vcpu)->bsp_flag_cleared = true;
}

void es_ap_deliver_init(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	u32 mp_state = vcpu->arch.mp_state;

	if (!es)
		return;
	es->in_init = vcpu->arch.guest_state_protected;
	/* The BSP has been running since it was created; an AP's first SIPI would start it. */
	if (is_bsp(vcpu) && (mp_state == KVM_MP_STATE_RUNNABLE || mp_state == KVM_MP_STATE_HALTED))
		es_ap_note_vmgexit(vcpu);
	es_ap_handle_event(vcpu, ES_AP_INIT);
	if (!is_bsp(vcpu))
		return;
	clear_bsp_flag(vcpu);
	if (es->ap_state == ES_AP_RUNNING_INIT)
		es->own_sipi = !test_and_set_bit(KVM_APIC_SIPI, &vcpu->arch.apic->pending_events);
}

/*
 * KVM also asks whether something would wake another task's vCPU, which must not be changed.  An
 * INIT that is still pending will be accepted first, and es_ap_deliver_init() sets the same state.
 */
void es_ap_prepare_sipi(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (kvm_get_running_vcpu() != vcpu ||
	    READ_ONCE(apic->pending_events) != BIT(KVM_APIC_SIPI) ||
	    vcpu->arch.mp_state == KVM_MP_STATE_INIT_RECEIVED)
		return;
	if (to_es(vcpu)->ap_state == ES_AP_RUNNING_INIT)
		vcpu->arch.mp_state = KVM_MP_STATE_INIT_RECEIVED;
	else
		forget_sipi(apic);
}

void es_ap_deliver_sipi(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	bool sent;

	es_ap_restore_bsp_flag(vcpu);
	sent = !es->own_sipi || READ_ONCE(vcpu->arch.apic->sipi_vector) != NO_SIPI;
	es->own_sipi = false;
	forget_sipi(vcpu->arch.apic);
	if (sent)
		es_ap_handle_event(vcpu, ES_AP_SIPI);
}
