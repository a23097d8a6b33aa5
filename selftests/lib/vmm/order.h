/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Orders from the test to the agent on a vCPU (guest/agent.h): prepare, start, wait, read the answer.
 */
#ifndef ES_VMM_ORDER_H
#define ES_VMM_ORDER_H

#include "../spec/events.h"
#include "../spec/ghcb.h"
#include "vm.h"

static inline struct agent_mailbox *es_mailbox(struct es_vcpu *vcpu)
{
	return (void *)(vcpu->vm->memory + AGENT_MAILBOX_GPA + vcpu->nr * AGENT_MAILBOX_BYTES);
}

static inline uint64_t es_ghcb_gpa(struct es_vcpu *vcpu)
{
	return AGENT_MAILBOX_GPA + vcpu->nr * AGENT_MAILBOX_BYTES + AGENT_GHCB_PAGE;
}

/* A cleared request page with exit code and exit information set and marked valid. */
uint8_t *es_request(struct es_vcpu *vcpu, uint64_t exit, uint64_t info1, uint64_t info2);
/* The GHCB as it was after VMGEXIT. */
uint8_t *es_answer(struct es_vcpu *vcpu);
uint32_t es_info1(struct es_vcpu *vcpu);
uint64_t es_info2(struct es_vcpu *vcpu);

/* Starts an order and returns; or also waits for its end. */
void es_order_start(struct es_vcpu *vcpu, enum agent_order order, uint64_t in0, uint64_t in1);
void es_order(struct es_vcpu *vcpu, enum agent_order order, uint64_t in0, uint64_t in1);
/* Sends the request page as it is and waits. */
void es_send(struct es_vcpu *vcpu);
/* GHCB MSR protocol: request in, answer out. */
uint64_t es_msr_proto(struct es_vcpu *vcpu, uint64_t request);

/* The guest's own interrupt command: WRMSR of the x2APIC ICR by way of its GHCB. */
#define ES_ICR_INIT	0x4500u
#define ES_ICR_SIPI	0x4600u
#define ES_ICR_NMI	0x4400u
#define ES_ICR_SMI	0x4200u
void es_send_icr(struct es_vcpu *from, uint32_t icr, unsigned int to);

/* A request that always works: CPUID(0) says AuthenticAMD.  Shows that the guest goes on. */
bool es_guest_answers(struct es_vcpu *vcpu);

/* The boot vCPU up to its first doorbell. */
void es_boot(struct es_vm *vm);

#endif
