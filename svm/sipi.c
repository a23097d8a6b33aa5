// SPDX-License-Identifier: GPL-2.0
/*
 * INIT and SIPI.
 * AMD 56421 GHCB Specification, "SMP Booting".
 *
 * The first SIPI starts a vCPU in the state that the VMM measured at launch; its vector means
 * nothing.  A later one ends an AP reset hold with a non-zero answer, by the road on which the
 * hold came.  One that finds no hold (INIT came first) lets the vCPU go on where it was, because
 * the host cannot reset its registers, and ends the next hold at once.
 *
 * INIT stops an AP until its SIPI, and so it does a BSP that is held.  A BSP that runs goes on, as any
 * x86 guest's does under KVM, which drops the SIPI then.  But that may mean the hold that the BSP is
 * about to ask for, so KVM must deliver it.  It does so to a vCPU in KVM_MP_STATE_INIT_RECEIVED only,
 * which does not run:
 *
 *  - INIT puts the BSP into that state and sets the SIPI's bit in its APIC.  The same call of
 *    kvm_apic_accept_events() finds it and makes the BSP runnable again.
 *  - Another vCPU may have set the bit, too.  The vector tells: it is NO_SIPI from when a SIPI has been
 *    taken or dropped until the next is sent.
 *  - A SIPI that comes later finds the BSP in RUNNING_INIT.  The call in which KVM asks whether INIT is
 *    blocked, just before it looks for INIT and SIPI, puts the BSP into that state again.
 *
 * One mistake is left, on the safe side: if INIT overwrites the bit of a SIPI that KVM has not yet seen,
 * or a second SIPI comes while KVM drops one, a vector is left, and INIT counts as INIT and SIPI.
 *
 * The guest controls when INIT and SIPI come, through another vCPU's APIC.
 */
#include <linux/kvm_host.h>

#include "lapic.h"
#include "sipi.h"
#include "stock.h"

#define NO_SIPI		0x100	/* vectors end at 0xff */

static void forget_sipi(struct kvm_lapic *apic)
{
	WRITE_ONCE(apic->sipi_vector, NO_SIPI);
	/*
	 * An INIT and the vector of its SIPI may have come before the store, which then lost the vector.
	 * Senders store INIT first (__apic_accept_irq()), so it shows.
	 */
	smp_mb();
	if (test_bit(KVM_APIC_INIT, &apic->pending_events))
		WRITE_ONCE(apic->sipi_vector, 0);
}

static bool is_bsp(struct kvm_vcpu *vcpu)
{
	return to_es(vcpu)->bsp_hidden || vcpu->arch.apic_base & MSR_IA32_APICBASE_BSP;
}

void es_sipi_create(struct kvm_vcpu *vcpu)
{
	if (to_es(vcpu) && lapic_in_kernel(vcpu))
		vcpu->arch.apic->sipi_vector = NO_SIPI;
}

/*
 * KVM asks for the BSP flag right after its reset, then sets mp_state.  Until that is done, mp_state says
 * AP_RESET_HOLD, so that a preemption between the two does not bring the flag back (es_vcpu_put()).
 * The guest does not run in between, and userspace cannot look: it would have to load the vCPU.
 */
static void hide_bsp(struct kvm_vcpu *vcpu)
{
	vcpu->arch.mp_state = KVM_MP_STATE_AP_RESET_HOLD;
	vcpu->arch.apic_base &= ~(u64)MSR_IA32_APICBASE_BSP;
	to_es(vcpu)->bsp_hidden = true;
}

/* What KVM makes of INIT and its SIPI comes behind this, in the same call. */
void es_init_deliver(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	u32 mp_state = vcpu->arch.mp_state;

	/* The BSP has been running since it was created; an AP's first SIPI would start it. */
	if (is_bsp(vcpu) && (mp_state == KVM_MP_STATE_RUNNABLE || mp_state == KVM_MP_STATE_HALTED))
		es_ap_ran(vcpu);
	es_ap_feed(vcpu, ES_AP_INIT);
	if (!is_bsp(vcpu))
		return;
	hide_bsp(vcpu);
	if (es->ap_state == ES_AP_RUNNING_INIT)
		es->own_sipi = !test_and_set_bit(KVM_APIC_SIPI, &vcpu->arch.apic->pending_events);
}

/*
 * KVM asks others' vCPUs, too, whether something would wake them; they must not be changed.  An INIT that is
 * still there will be taken first, and set what this would.
 */
void es_sipi_expect(struct kvm_vcpu *vcpu)
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

/* Takes the place of the kernel's function; called in the task of @vcpu, where it may sleep. */
void sev_vcpu_deliver_sipi_vector(struct kvm_vcpu *vcpu, u8 vector)
{
	struct es_vcpu *es = to_es(vcpu);
	bool sent;

	if (!es) {
		stock_sev_vcpu_deliver_sipi_vector(vcpu, vector);
		return;
	}
	es_bsp_show(vcpu);
	sent = !es->own_sipi || READ_ONCE(vcpu->arch.apic->sipi_vector) != NO_SIPI;
	es->own_sipi = false;
	forget_sipi(vcpu->arch.apic);
	if (sent)
		es_ap_feed(vcpu, ES_AP_SIPI);
}
