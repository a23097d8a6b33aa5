/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Orders from the test to the agent on a vCPU (guest/agent.h): prepare, start, wait, read the
 * response.
 */
#ifndef ES_VMM_ORDER_H
#define ES_VMM_ORDER_H

#include "../spec/events.h"
#include "../spec/ghcb.h"
#include "vm.h"

static inline struct agent_mailbox *vmm_mailbox(struct vmm_vcpu *vcpu)
{
	return (void *)(vcpu->vm->memory + AGENT_MAILBOX_GPA + vcpu->nr * AGENT_MAILBOX_BYTES);
}

static inline uint64_t vmm_ghcb_gpa(struct vmm_vcpu *vcpu)
{
	return AGENT_MAILBOX_GPA + vcpu->nr * AGENT_MAILBOX_BYTES + AGENT_GHCB_PAGE;
}

/* Prepare a cleared request page with exit code and exit information set and marked valid. */
uint8_t *vmm_request(struct vmm_vcpu *vcpu, uint64_t exit, uint64_t info1, uint64_t info2);
/* Return the GHCB as it was after VMGEXIT. */
uint8_t *vmm_answer(struct vmm_vcpu *vcpu);
uint32_t vmm_info1(struct vmm_vcpu *vcpu);
uint64_t vmm_info2(struct vmm_vcpu *vcpu);

/* Start an order and return; or also wait for its end. */
void vmm_order_start(struct vmm_vcpu *vcpu, enum agent_order order, uint64_t in0, uint64_t in1);
void vmm_order(struct vmm_vcpu *vcpu, enum agent_order order, uint64_t in0, uint64_t in1);
/* Send the request page as it is and wait. */
void vmm_send(struct vmm_vcpu *vcpu);
/* Send a request of the MSR protocol and return the response. */
uint64_t vmm_msr_proto(struct vmm_vcpu *vcpu, uint64_t request);

/* The guest's own interrupt command: WRMSR of the x2APIC ICR by its GHCB. */
#define ES_ICR_INIT	0x4500u
#define ES_ICR_SIPI	0x4600u
#define ES_ICR_NMI	0x4400u
#define ES_ICR_SMI	0x4200u
void vmm_send_icr(struct vmm_vcpu *from, uint32_t icr, unsigned int to);

/*
 * Send a request that always works: CPUID(0) returns AuthenticAMD, which shows that the guest
 * continues.
 */
bool vmm_guest_answers(struct vmm_vcpu *vcpu);

/* Run the boot vCPU up to its first doorbell. */
void vmm_boot(struct vmm_vm *vm);

#endif
