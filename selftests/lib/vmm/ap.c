// SPDX-License-Identifier: GPL-2.0
/*
 * AP bring-up, the steps that several tests take.
 */
#include "ap.h"

#include <linux/kvm_para.h>
#include <time.h>
#include "env.h"

void vmm_sleep_ms(unsigned int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l }, NULL);
}

void vmm_send_init_sipi(struct vmm_vcpu *from, struct vmm_vcpu *to, unsigned int vector)
{
	vmm_send_icr(from, ES_ICR_INIT, to->nr);
	vmm_send_icr(from, ES_ICR_SIPI | vector, to->nr);
}

void vmm_kick(struct vmm_vcpu *from, struct vmm_vcpu *to)
{
	uint8_t *ghcb = vmm_request(from, SPEC_EXIT_VMMCALL, 0, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_CPL, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, KVM_HC_KICK_CPU);
	spec_ghcb_put(ghcb, SPEC_GHCB_RBX, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, to->nr);
	vmm_send(from);
	if (vmm_info1(from) || spec_ghcb_get(vmm_answer(from), SPEC_GHCB_RAX))
		vmm_fail("vCPU %u cannot kick vCPU %u: answer %u", from->nr, to->nr,
			 vmm_info1(from));
}

void vmm_boot_ap(struct vmm_vcpu *bsp, struct vmm_vcpu *ap)
{
	if (!bsp->at_doorbell)
		vmm_boot(bsp->vm);
	vmm_vcpu_go(ap);
	vmm_send_init_sipi(bsp, ap, 0x9f);
	vmm_vcpu_wait(ap, "the first SIPI starts the AP");
}

void vmm_park(struct vmm_vcpu *vcpu, bool by_msr)
{
	if (by_msr) {
		vmm_order_start(vcpu, AGENT_MSR_PROTO, SPEC_MSR_AP_HOLD_REQ, 0);
	} else {
		vmm_request(vcpu, SPEC_NAE_AP_RESET_HOLD, 0, 0);
		vmm_order_start(vcpu, AGENT_NAE, 0, 0);
	}
}

static int await_mp_state(struct vmm_vcpu *vcpu, int wanted)
{
	int state = -1, tries;

	for (tries = 0; tries < 100 && state != wanted; tries++) {
		vmm_sleep_ms(5);
		state = vmm_vcpu_mp_state(vcpu);
	}
	return state;
}

int vmm_parked_mp_state(struct vmm_vcpu *vcpu)
{
	return await_mp_state(vcpu, KVM_MP_STATE_AP_RESET_HOLD);
}

int vmm_halted_mp_state(struct vmm_vcpu *vcpu)
{
	return await_mp_state(vcpu, KVM_MP_STATE_HALTED);
}

bool vmm_woken_by_sipi(struct vmm_vcpu *vcpu, bool by_msr)
{
	uint64_t msr = vmm_mailbox(vcpu)->out[0];

	if (by_msr)
		return SPEC_MSR_INFO(msr) == SPEC_MSR_AP_HOLD_RESP && SPEC_MSR_DATA(msr);
	return vmm_info1(vcpu) == SPEC_HANDLED && vmm_info2(vcpu);
}
