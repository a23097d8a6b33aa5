// SPDX-License-Identifier: GPL-2.0
/*
 * AP bring-up, the steps that several tests take.
 */
#include "ap.h"

#include <linux/kvm_para.h>
#include <time.h>
#include "env.h"

void es_sleep_ms(unsigned int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l }, NULL);
}

void es_send_init_sipi(struct es_vcpu *from, struct es_vcpu *to, unsigned int vector)
{
	es_send_icr(from, ES_ICR_INIT, to->nr);
	es_send_icr(from, ES_ICR_SIPI | vector, to->nr);
}

void es_kick(struct es_vcpu *from, struct es_vcpu *to)
{
	uint8_t *ghcb = es_request(from, SPEC_EXIT_VMMCALL, 0, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_CPL, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, KVM_HC_KICK_CPU);
	spec_ghcb_put(ghcb, SPEC_GHCB_RBX, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, to->nr);
	es_send(from);
	if (es_info1(from) || spec_ghcb_get(es_answer(from), SPEC_GHCB_RAX))
		es_fail("vCPU %u cannot kick vCPU %u: answer %u", from->nr, to->nr, es_info1(from));
}

void es_boot_ap(struct es_vcpu *bsp, struct es_vcpu *ap)
{
	if (!bsp->at_doorbell)
		es_boot(bsp->vm);
	es_vcpu_go(ap);
	es_send_init_sipi(bsp, ap, 0x9f);
	es_vcpu_wait(ap, "the first SIPI starts the AP");
}

void es_park(struct es_vcpu *vcpu, bool by_msr)
{
	if (by_msr) {
		es_order_start(vcpu, AGENT_MSR_PROTO, SPEC_MSR_AP_HOLD_REQ, 0);
	} else {
		es_request(vcpu, SPEC_NAE_AP_RESET_HOLD, 0, 0);
		es_order_start(vcpu, AGENT_NAE, 0, 0);
	}
}

static int await_mp_state(struct es_vcpu *vcpu, int wanted)
{
	int state = -1, tries;

	for (tries = 0; tries < 100 && state != wanted; tries++) {
		es_sleep_ms(5);
		state = es_vcpu_mp_state(vcpu);
	}
	return state;
}

int es_parked_mp_state(struct es_vcpu *vcpu)
{
	return await_mp_state(vcpu, KVM_MP_STATE_AP_RESET_HOLD);
}

int es_halted_mp_state(struct es_vcpu *vcpu)
{
	return await_mp_state(vcpu, KVM_MP_STATE_HALTED);
}

bool es_woken_by_sipi(struct es_vcpu *vcpu, bool by_msr)
{
	uint64_t msr = es_mailbox(vcpu)->out[0];

	if (by_msr)
		return SPEC_MSR_INFO(msr) == SPEC_MSR_AP_HOLD_RESP && SPEC_MSR_DATA(msr);
	return es_info1(vcpu) == SPEC_HANDLED && es_info2(vcpu);
}
