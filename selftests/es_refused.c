// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A request that lacks a field, holds an unacceptable value or names an unknown event gets
 *	SW_EXITINFO1 = 2 and the reason; no part of it is carried out, and the vCPU continues.
 * Source: AMD 56421 GHCB Specification, sections "NAE Events" (required state) and "Invalid GHCB
 *	content".
 * Why it matters: The guest owns every byte of its GHCB.  A request that is not rejected works on
 *	leftovers, and a rejected request that ends KVM_RUN with an error lets a guest's slip, or
 *	its malice, take its VM down.
 * Not covered: Every field of every event (unit/request.c has the rules), version 2, races.
 */
#include <kselftest_harness.h>
#include <errno.h>
#include "env.h"
#include "order.h"

#define PORT	0x1234

static bool count_exit(struct vmm_vcpu *vcpu, struct kvm_run *run)
{
	unsigned int *exits = vcpu->vm->context;

	(void)run;
	++*exits;
	return true;
}

FIXTURE(refused) {
	struct vmm_vm vm;
	struct vmm_vcpu *vcpu;
	unsigned int exits;
};

FIXTURE_VARIANT(refused) {
	uint64_t exit, info1, info2;
	unsigned int omit;	/* a field that is not marked valid */
	uint32_t usage;
	int scratch;		/* offset of the scratch area in the GHCB page */
	enum spec_malformed reason;
};

FIXTURE_VARIANT_ADD(refused, unknown_event) {
	.exit = 0x8000abcd, .reason = SPEC_INVALID_EVENT,
};

FIXTURE_VARIANT_ADD(refused, unknown_event_above_32_bits) {
	.exit = 0x100000072, .reason = SPEC_INVALID_EVENT,
};

FIXTURE_VARIANT_ADD(refused, usage_of_another_hypervisor) {
	.exit = SPEC_EXIT_WBINVD, .usage = 1, .reason = SPEC_INVALID_USAGE,
};

FIXTURE_VARIANT_ADD(refused, without_exit_code) {
	.exit = SPEC_EXIT_WBINVD, .omit = SPEC_GHCB_EXITCODE, .reason = SPEC_MISSING_INPUT,
};

FIXTURE_VARIANT_ADD(refused, without_exit_info_1) {
	.exit = SPEC_EXIT_WBINVD, .omit = SPEC_GHCB_EXITINFO1, .reason = SPEC_MISSING_INPUT,
};

FIXTURE_VARIANT_ADD(refused, without_exit_info_2) {
	.exit = SPEC_EXIT_WBINVD, .omit = SPEC_GHCB_EXITINFO2, .reason = SPEC_MISSING_INPUT,
};

FIXTURE_VARIANT_ADD(refused, rdmsr_without_rcx) {
	.exit = SPEC_EXIT_MSR, .reason = SPEC_MISSING_INPUT,
};

FIXTURE_VARIANT_ADD(refused, out_without_rax) {
	.exit = SPEC_EXIT_IOIO, .info1 = SPEC_IO_PORT(PORT) | SPEC_IO_BYTES(1),
	.reason = SPEC_MISSING_INPUT,
};

FIXTURE_VARIANT_ADD(refused, mmio_without_scratch) {
	.exit = SPEC_NAE_MMIO_READ, .info1 = AGENT_MMIO_GPA, .info2 = 4,
	.reason = SPEC_MISSING_INPUT,
};

FIXTURE_VARIANT_ADD(refused, scratch_across_the_end_of_the_buffer) {
	.exit = SPEC_NAE_MMIO_WRITE, .info1 = AGENT_MMIO_GPA, .info2 = 4,
	.scratch = SPEC_GHCB_BUFFER + SPEC_GHCB_BUFFER_BYTES - 2, .reason = SPEC_INVALID_SCRATCH,
};

FIXTURE_VARIANT_ADD(refused, scratch_over_the_fields_of_the_ghcb) {
	.exit = SPEC_NAE_MMIO_READ, .info1 = AGENT_MMIO_GPA, .info2 = 4,
	.scratch = SPEC_GHCB_EXITINFO1, .reason = SPEC_INVALID_SCRATCH,
};

FIXTURE_VARIANT_ADD(refused, jump_table_sub_function) {
	.exit = SPEC_NAE_AP_JUMP_TABLE, .info1 = 2, .reason = SPEC_INVALID_INPUT,
};

FIXTURE_SETUP(refused)
{
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 1 });
	self->vcpu = &self->vm.vcpus[0];
	self->vm.context = &self->exits;
	self->vm.on_exit = count_exit;
	vmm_vm_launch(&self->vm);
	vmm_boot(&self->vm);
}

FIXTURE_TEARDOWN(refused)
{
	vmm_vm_destroy(&self->vm);
}

TEST_F(refused, with_its_reason_and_the_guest_goes_on)
{
	uint8_t *ghcb = vmm_request(self->vcpu, variant->exit, variant->info1, variant->info2);

	if (variant->omit)
		spec_ghcb_omit(ghcb, variant->omit);
	if (variant->scratch)
		spec_ghcb_put(ghcb, SPEC_GHCB_SCRATCH, vmm_ghcb_gpa(self->vcpu) + variant->scratch);
	*(uint32_t *)(ghcb + SPEC_GHCB_USAGE) = variant->usage;
	vmm_send(self->vcpu);
	EXPECT_EQ(SPEC_MALFORMED, vmm_info1(self->vcpu));
	EXPECT_EQ(variant->reason, vmm_info2(self->vcpu));
	EXPECT_EQ(0, self->exits);
	EXPECT_TRUE(vmm_guest_answers(self->vcpu));
}

TEST_HARNESS_MAIN
