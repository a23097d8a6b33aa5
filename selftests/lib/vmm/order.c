// SPDX-License-Identifier: GPL-2.0
/*
 * The test's side of the mailbox.
 */
#include "order.h"

#include <string.h>
#include "env.h"

#define MSR_X2APIC_ICR	0x830
#define VENDOR_EBX	0x68747541	/* "Auth" */

static uint8_t *page(struct vmm_vcpu *vcpu, unsigned int offset)
{
	return (uint8_t *)vmm_mailbox(vcpu) + offset;
}

uint8_t *vmm_request(struct vmm_vcpu *vcpu, uint64_t exit, uint64_t info1, uint64_t info2)
{
	uint8_t *ghcb = page(vcpu, AGENT_REQUEST_PAGE);

	memset(ghcb, 0, SPEC_GHCB_BYTES);
	*(uint16_t *)(ghcb + SPEC_GHCB_VERSION) = 1;
	spec_ghcb_put(ghcb, SPEC_GHCB_EXITCODE, exit);
	spec_ghcb_put(ghcb, SPEC_GHCB_EXITINFO1, info1);
	spec_ghcb_put(ghcb, SPEC_GHCB_EXITINFO2, info2);
	return ghcb;
}

uint8_t *vmm_answer(struct vmm_vcpu *vcpu)
{
	return page(vcpu, AGENT_ANSWER_PAGE);
}

uint32_t vmm_info1(struct vmm_vcpu *vcpu)
{
	return spec_ghcb_get(vmm_answer(vcpu), SPEC_GHCB_EXITINFO1);
}

uint64_t vmm_info2(struct vmm_vcpu *vcpu)
{
	return spec_ghcb_get(vmm_answer(vcpu), SPEC_GHCB_EXITINFO2);
}

/*
 * Fill the response page with garbage, so that a response that is not written cannot look like one.
 */
void vmm_order_start(struct vmm_vcpu *vcpu, enum agent_order order, uint64_t in0, uint64_t in1)
{
	struct agent_mailbox *box = vmm_mailbox(vcpu);

	memset(vmm_answer(vcpu), 0xa5, SPEC_GHCB_BYTES);
	memset(box->out, 0xa5, sizeof(box->out));
	box->order = order;
	box->exception = 0;
	box->in[0] = in0;
	box->in[1] = in1;
	vmm_vcpu_go(vcpu);
}

void vmm_order(struct vmm_vcpu *vcpu, enum agent_order order, uint64_t in0, uint64_t in1)
{
	vmm_order_start(vcpu, order, in0, in1);
	vmm_vcpu_wait(vcpu, "the guest carries out an order");
}

void vmm_send(struct vmm_vcpu *vcpu)
{
	vmm_order(vcpu, AGENT_NAE, 0, 0);
}

uint64_t vmm_msr_proto(struct vmm_vcpu *vcpu, uint64_t request)
{
	vmm_order(vcpu, AGENT_MSR_PROTO, request, 0);
	return vmm_mailbox(vcpu)->out[0];
}

void vmm_send_icr(struct vmm_vcpu *from, uint32_t icr, unsigned int to)
{
	uint8_t *ghcb = vmm_request(from, SPEC_EXIT_MSR, 1, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, MSR_X2APIC_ICR);
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, icr);
	spec_ghcb_put(ghcb, SPEC_GHCB_RDX, to);
	vmm_send(from);
	if (vmm_info1(from))
		vmm_fail("vCPU %u cannot send interrupt command 0x%x: answer %u, 0x%llx", from->nr,
			 icr, vmm_info1(from), (unsigned long long)vmm_info2(from));
}

bool vmm_guest_answers(struct vmm_vcpu *vcpu)
{
	uint8_t *ghcb = vmm_request(vcpu, SPEC_EXIT_CPUID, 0, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, 0);
	vmm_send(vcpu);
	return vmm_info1(vcpu) == SPEC_HANDLED &&
	       (uint32_t)spec_ghcb_get(vmm_answer(vcpu), SPEC_GHCB_RBX) == VENDOR_EBX;
}

void vmm_boot(struct vmm_vm *vm)
{
	vmm_vcpu_go(&vm->vcpus[0]);
	vmm_vcpu_wait(&vm->vcpus[0], "the boot vCPU starts from its launch VMSA");
}
