// SPDX-License-Identifier: GPL-2.0
/*
 * The test's side of the mailbox.
 */
#include "order.h"

#include <string.h>
#include "env.h"

#define MSR_X2APIC_ICR	0x830
#define VENDOR_EBX	0x68747541	/* "Auth" */

static uint8_t *page(struct es_vcpu *vcpu, unsigned int offset)
{
	return (uint8_t *)es_mailbox(vcpu) + offset;
}

uint8_t *es_request(struct es_vcpu *vcpu, uint64_t exit, uint64_t info1, uint64_t info2)
{
	uint8_t *ghcb = page(vcpu, AGENT_REQUEST_PAGE);

	memset(ghcb, 0, SPEC_GHCB_BYTES);
	*(uint16_t *)(ghcb + SPEC_GHCB_VERSION) = 1;
	spec_ghcb_put(ghcb, SPEC_GHCB_EXITCODE, exit);
	spec_ghcb_put(ghcb, SPEC_GHCB_EXITINFO1, info1);
	spec_ghcb_put(ghcb, SPEC_GHCB_EXITINFO2, info2);
	return ghcb;
}

uint8_t *es_answer(struct es_vcpu *vcpu)
{
	return page(vcpu, AGENT_ANSWER_PAGE);
}

uint32_t es_info1(struct es_vcpu *vcpu)
{
	return spec_ghcb_get(es_answer(vcpu), SPEC_GHCB_EXITINFO1);
}

uint64_t es_info2(struct es_vcpu *vcpu)
{
	return spec_ghcb_get(es_answer(vcpu), SPEC_GHCB_EXITINFO2);
}

/* The answer page starts as garbage, so that an answer that is not written cannot look like one. */
void es_order_start(struct es_vcpu *vcpu, enum agent_order order, uint64_t in0, uint64_t in1)
{
	struct agent_mailbox *box = es_mailbox(vcpu);

	memset(es_answer(vcpu), 0xa5, SPEC_GHCB_BYTES);
	memset(box->out, 0xa5, sizeof(box->out));
	box->order = order;
	box->exception = 0;
	box->in[0] = in0;
	box->in[1] = in1;
	es_vcpu_go(vcpu);
}

void es_order(struct es_vcpu *vcpu, enum agent_order order, uint64_t in0, uint64_t in1)
{
	es_order_start(vcpu, order, in0, in1);
	es_vcpu_wait(vcpu, "the guest carries out an order");
}

void es_send(struct es_vcpu *vcpu)
{
	es_order(vcpu, AGENT_NAE, 0, 0);
}

uint64_t es_msr_proto(struct es_vcpu *vcpu, uint64_t request)
{
	es_order(vcpu, AGENT_MSR_PROTO, request, 0);
	return es_mailbox(vcpu)->out[0];
}

void es_send_icr(struct es_vcpu *from, uint32_t icr, unsigned int to)
{
	uint8_t *ghcb = es_request(from, SPEC_EXIT_MSR, 1, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, MSR_X2APIC_ICR);
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, icr);
	spec_ghcb_put(ghcb, SPEC_GHCB_RDX, to);
	es_send(from);
	if (es_info1(from))
		es_fail("vCPU %u cannot send interrupt command 0x%x: answer %u, 0x%llx", from->nr, icr,
			es_info1(from), (unsigned long long)es_info2(from));
}

bool es_guest_answers(struct es_vcpu *vcpu)
{
	uint8_t *ghcb = es_request(vcpu, SPEC_EXIT_CPUID, 0, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, 0);
	es_send(vcpu);
	return es_info1(vcpu) == SPEC_HANDLED &&
	       (uint32_t)spec_ghcb_get(es_answer(vcpu), SPEC_GHCB_RBX) == VENDOR_EBX;
}

void es_boot(struct es_vm *vm)
{
	es_vcpu_go(&vm->vcpus[0]);
	es_vcpu_wait(&vm->vcpus[0], "the boot vCPU starts from its launch VMSA");
}
