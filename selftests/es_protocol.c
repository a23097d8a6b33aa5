// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A correct request through the GHCB page or the GHCB MSR gets its response, whether the
 *	guest writes it by hand or its #VC handler does for an instruction that was really executed.
 * Source: AMD 56421 GHCB Specification, sections "NAE Events" (required and returned state) and
 *	"GHCB MSR Protocol".
 * Why it matters: Each guest kernel and firmware depends on these responses; this is the first test
 *	of the GHCB page and of the MSR protocol.
 * Not covered: Every field of every event, protocol version 2, races, floods: one case for each
 *	method is here, the rest is in the conformance suite.  Rejected requests are in
 *	es_refused.c.
 * Fails with: stock kvm_amd, "rdmsr_of_an_unknown_msr": the error code of the #GP is 0xffffffff.
 */
#include <kselftest_harness.h>
#include <errno.h>
#include <sys/ioctl.h>
#include "env.h"
#include "order.h"

#define APIC_GPA		0xfee00000
#define MSR_APIC_BASE		0x1b
#define MSR_TSC_ADJUST		0x3b
#define MSR_NOBODY_HAS		0x12345678
#define APIC_BASE_BSP		0x100u
#define APIC_BASE_ENABLED	0x800u
#define APIC_BASE_X2		0x400u
/* EVENTINJ form: vector 13, an exception, with error code, valid. */
#define INJECT_GP		0x80000b0dull
#define PORT			0x1234
#define STRING_BYTES		64u

/* The last exit as userspace saw it, and its response to reads. */
struct seen {
	unsigned int exits;
	uint32_t reason;
	uint64_t where;
	bool out;
	uint32_t len_bytes;
	uint8_t bytes[256];
	uint8_t reply;		/* each byte of the response */
};

FIXTURE(protocol) {
	struct vmm_vm vm;
	struct vmm_vcpu *vcpu;
	struct seen seen;
};

static void take_io(struct seen *seen, struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	seen->where = run->io.port;
	seen->out = run->io.direction == KVM_EXIT_IO_OUT;
	seen->len_bytes = run->io.size * run->io.count;
	if (seen->len_bytes > sizeof(seen->bytes))
		vmm_fail("an exit carries %u bytes", seen->len_bytes);
	if (seen->out)
		memcpy(seen->bytes, data, seen->len_bytes);
	else
		memset(data, seen->reply, seen->len_bytes);
}

static void take_mmio(struct seen *seen, struct kvm_run *run)
{
	seen->where = run->mmio.phys_addr;
	seen->out = run->mmio.is_write;
	seen->len_bytes = run->mmio.len;
	if (seen->out)
		memcpy(seen->bytes, run->mmio.data, seen->len_bytes);
	else
		memset(run->mmio.data, seen->reply, seen->len_bytes);
}

static bool on_exit_to_userspace(struct vmm_vcpu *vcpu, struct kvm_run *run)
{
	struct seen *seen = vcpu->vm->context;

	seen->exits++;
	seen->reason = run->exit_reason;
	if (run->exit_reason == KVM_EXIT_IO)
		take_io(seen, run);
	else if (run->exit_reason == KVM_EXIT_MMIO)
		take_mmio(seen, run);
	else
		return false;
	return true;
}

FIXTURE_SETUP(protocol)
{
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 1 });
	self->vcpu = &self->vm.vcpus[0];
	self->seen.reply = 0x5a;
	self->vm.context = &self->seen;
	self->vm.on_exit = on_exit_to_userspace;
	vmm_vm_launch(&self->vm);
	vmm_boot(&self->vm);
}

FIXTURE_TEARDOWN(protocol)
{
	vmm_vm_destroy(&self->vm);
}

/* Prepare a request in the vCPU's own shared buffer. */
static uint8_t *request_with_buffer(struct vmm_vcpu *vcpu, uint64_t exit, uint64_t info1,
				    uint64_t info2)
{
	uint8_t *ghcb = vmm_request(vcpu, exit, info1, info2);

	spec_ghcb_put(ghcb, SPEC_GHCB_SCRATCH, vmm_ghcb_gpa(vcpu) + SPEC_GHCB_BUFFER);
	return ghcb;
}

static uint64_t answer_field(struct vmm_vcpu *vcpu, unsigned int field)
{
	return spec_ghcb_get(vmm_answer(vcpu), field);
}

TEST_F(protocol, msr_sev_info_offers_version_1_and_the_c_bit)
{
	uint64_t info = vmm_msr_proto(self->vcpu, SPEC_MSR_SEV_INFO_REQ);

	EXPECT_EQ(SPEC_MSR_SEV_INFO, SPEC_MSR_INFO(info));
	EXPECT_EQ(1, info >> 48);
	EXPECT_EQ(1, info >> 32 & 0xffff);
	EXPECT_EQ(self->vm.c_bit, 1ull << (info >> 24 & 0x3f));
}

TEST_F(protocol, msr_cpuid_returns_each_register)
{
	static const uint32_t vendor[] = { [1] = 0x68747541, [2] = 0x444d4163, [3] = 0x69746e65 };
	unsigned int reg;

	for (reg = 1; reg <= 3; reg++) {
		uint64_t answer = vmm_msr_proto(self->vcpu, SPEC_MSR_CPUID(0, reg));

		EXPECT_EQ(SPEC_MSR_CPUID_RESP, SPEC_MSR_INFO(answer));
		EXPECT_EQ(reg, answer >> 30 & 3);
		EXPECT_EQ(vendor[reg], answer >> 32);
	}
}

TEST_F(protocol, msr_unknown_request_is_not_answered_and_the_guest_goes_on)
{
	uint64_t answer = vmm_msr_proto(self->vcpu, 0xabc);

	EXPECT_EQ(0xabc, answer);
	EXPECT_TRUE(vmm_guest_answers(self->vcpu));
}

TEST_F(protocol, msr_terminate_ends_the_guest_with_its_reason)
{
	vmm_order_start(self->vcpu, AGENT_MSR_PROTO, SPEC_MSR_TERM(3, 0x42), 0);
	vmm_vcpu_wait_stop(self->vcpu, "a termination request ends the guest");
	EXPECT_EQ(0, self->vcpu->run_errno);
	EXPECT_EQ(KVM_EXIT_SYSTEM_EVENT, self->vcpu->run->exit_reason);
	EXPECT_EQ(KVM_SYSTEM_EVENT_SEV_TERM, self->vcpu->run->system_event.type);
	EXPECT_EQ(1, self->vcpu->run->system_event.ndata);
	EXPECT_EQ(SPEC_MSR_TERM(3, 0x42), self->vcpu->run->system_event.data[0]);
}

TEST_F(protocol, cpuid_returns_four_registers)
{
	ASSERT_TRUE(vmm_guest_answers(self->vcpu));
	EXPECT_TRUE(spec_ghcb_valid(vmm_answer(self->vcpu), SPEC_GHCB_RAX));
	EXPECT_TRUE(spec_ghcb_valid(vmm_answer(self->vcpu), SPEC_GHCB_RBX));
	EXPECT_TRUE(spec_ghcb_valid(vmm_answer(self->vcpu), SPEC_GHCB_RCX));
	EXPECT_TRUE(spec_ghcb_valid(vmm_answer(self->vcpu), SPEC_GHCB_RDX));
	EXPECT_FALSE(spec_ghcb_valid(vmm_answer(self->vcpu), SPEC_GHCB_EXITCODE));
	EXPECT_EQ(0x444d4163, (uint32_t)answer_field(self->vcpu, SPEC_GHCB_RCX));
	EXPECT_EQ(0x69746e65, (uint32_t)answer_field(self->vcpu, SPEC_GHCB_RDX));
}

TEST_F(protocol, cpuid_executed_raises_vc_and_gets_the_same_answer)
{
	struct agent_mailbox *box = vmm_mailbox(self->vcpu);

	vmm_order(self->vcpu, AGENT_CPUID, 0, 0);
	EXPECT_EQ(SPEC_EXIT_CPUID, box->last_vc);
	EXPECT_EQ(0, box->exception);
	EXPECT_EQ(0x68747541, (uint32_t)box->out[1]);
}

TEST_F(protocol, rdmsr_executed_reads_the_apic_base)
{
	struct agent_mailbox *box = vmm_mailbox(self->vcpu);

	vmm_order(self->vcpu, AGENT_RDMSR, MSR_APIC_BASE, 0);
	EXPECT_EQ(SPEC_EXIT_MSR, box->last_vc);
	EXPECT_EQ(0, box->exception);
	EXPECT_EQ(0xfee00800 | APIC_BASE_X2 | APIC_BASE_BSP, box->out[0]);
}

TEST_F(protocol, wrmsr_executed_is_read_back)
{
	struct agent_mailbox *box = vmm_mailbox(self->vcpu);
	const uint64_t value = 0x123456789abcdef;

	vmm_order(self->vcpu, AGENT_WRMSR, MSR_TSC_ADJUST, value);
	EXPECT_EQ(0, box->exception);
	vmm_order(self->vcpu, AGENT_RDMSR, MSR_TSC_ADJUST, 0);
	EXPECT_EQ(value, box->out[0]);
}

TEST_F(protocol, rdmsr_of_an_unknown_msr_asks_the_guest_to_raise_gp)
{
	uint8_t *ghcb = vmm_request(self->vcpu, SPEC_EXIT_MSR, 0, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, MSR_NOBODY_HAS);
	vmm_send(self->vcpu);
	EXPECT_EQ(SPEC_EXCEPTION, vmm_info1(self->vcpu));
	EXPECT_EQ(INJECT_GP, vmm_info2(self->vcpu));
	EXPECT_TRUE(vmm_guest_answers(self->vcpu));
}

TEST_F(protocol, out_executed_reaches_userspace)
{
	vmm_order(self->vcpu, AGENT_OUT, PORT, 0xcafebabe);
	EXPECT_EQ(SPEC_EXIT_IOIO, vmm_mailbox(self->vcpu)->last_vc);
	EXPECT_EQ(1, self->seen.exits);
	EXPECT_EQ(KVM_EXIT_IO, self->seen.reason);
	EXPECT_EQ(PORT, self->seen.where);
	EXPECT_TRUE(self->seen.out);
	EXPECT_EQ(4, self->seen.len_bytes);
	EXPECT_EQ(0xcafebabe, *(uint32_t *)self->seen.bytes);
}

TEST_F(protocol, in_executed_gets_what_userspace_answers)
{
	vmm_order(self->vcpu, AGENT_IN, PORT, 0);
	EXPECT_EQ(SPEC_EXIT_IOIO, vmm_mailbox(self->vcpu)->last_vc);
	EXPECT_EQ(1, self->seen.exits);
	EXPECT_FALSE(self->seen.out);
	EXPECT_EQ(0x5a5a5a5a, vmm_mailbox(self->vcpu)->out[0]);
}

TEST_F(protocol, string_out_from_the_ghcb_reaches_userspace)
{
	uint32_t info1 = SPEC_IO_PORT(PORT) | SPEC_IO_STRING | SPEC_IO_REP | SPEC_IO_ADDR64;
	uint8_t *ghcb = request_with_buffer(self->vcpu, SPEC_EXIT_IOIO, info1 | SPEC_IO_BYTES(1),
					    STRING_BYTES);
	unsigned int i;

	for (i = 0; i < STRING_BYTES; i++)
		ghcb[SPEC_GHCB_BUFFER + i] = i * 3;
	vmm_send(self->vcpu);
	EXPECT_EQ(SPEC_HANDLED, vmm_info1(self->vcpu));
	EXPECT_EQ(1, self->seen.exits);
	EXPECT_TRUE(self->seen.out);
	ASSERT_EQ(STRING_BYTES, self->seen.len_bytes);
	EXPECT_EQ(0, memcmp(self->seen.bytes, ghcb + SPEC_GHCB_BUFFER, STRING_BYTES));
}

TEST_F(protocol, string_in_lands_in_the_ghcb)
{
	uint32_t info1 = SPEC_IO_PORT(PORT) | SPEC_IO_STRING | SPEC_IO_REP | SPEC_IO_ADDR64 |
			 SPEC_IO_IN;
	uint8_t *answer = vmm_answer(self->vcpu) + SPEC_GHCB_BUFFER;
	unsigned int i, wrong = 0;

	request_with_buffer(self->vcpu, SPEC_EXIT_IOIO, info1 | SPEC_IO_BYTES(4), STRING_BYTES / 4);
	vmm_send(self->vcpu);
	EXPECT_EQ(SPEC_HANDLED, vmm_info1(self->vcpu));
	EXPECT_EQ(STRING_BYTES, self->seen.len_bytes);
	for (i = 0; i < STRING_BYTES; i++)
		wrong += answer[i] != 0x5a;
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(0, answer[STRING_BYTES]);
}

TEST_F(protocol, mmio_write_executed_reaches_userspace)
{
	vmm_order(self->vcpu, AGENT_STORE, AGENT_MMIO_GPA + 0x40, 0xfeedface);
	EXPECT_EQ(SPEC_EXIT_NPF, vmm_mailbox(self->vcpu)->last_vc);
	EXPECT_EQ(1, self->seen.exits);
	EXPECT_EQ(KVM_EXIT_MMIO, self->seen.reason);
	EXPECT_EQ(AGENT_MMIO_GPA + 0x40, self->seen.where);
	EXPECT_TRUE(self->seen.out);
	EXPECT_EQ(4, self->seen.len_bytes);
	EXPECT_EQ(0xfeedface, *(uint32_t *)self->seen.bytes);
}

TEST_F(protocol, mmio_read_executed_gets_what_userspace_answers)
{
	vmm_order(self->vcpu, AGENT_LOAD, AGENT_MMIO_GPA + 0x44, 0);
	EXPECT_EQ(SPEC_EXIT_NPF, vmm_mailbox(self->vcpu)->last_vc);
	EXPECT_EQ(1, self->seen.exits);
	EXPECT_FALSE(self->seen.out);
	EXPECT_EQ(0x5a5a5a5a, vmm_mailbox(self->vcpu)->out[0]);
}

/* Use the APIC in memory, not the x2APIC of the library's vCPUs. */
static int use_xapic(struct vmm_vcpu *vcpu)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msr = {
		.head.nmsrs = 1,
		.entry = { .index = MSR_APIC_BASE,
			   .data = APIC_GPA | APIC_BASE_ENABLED | APIC_BASE_BSP }
	};

	return ioctl(vcpu->fd, KVM_SET_MSRS, &msr);
}

/* KVM's APIC accepts an access of 8 bytes and does nothing. */
TEST_F(protocol, mmio_read_that_no_device_fills_returns_zeroes)
{
	uint8_t *answer = vmm_answer(self->vcpu) + SPEC_GHCB_BUFFER;
	unsigned int i, wrong = 0;

	ASSERT_EQ(1, use_xapic(self->vcpu));
	memset(request_with_buffer(self->vcpu, SPEC_NAE_MMIO_WRITE, AGENT_MMIO_GPA, 8) +
	       SPEC_GHCB_BUFFER, 0x77, 8);
	vmm_send(self->vcpu);
	EXPECT_EQ(1, self->seen.exits);
	memset(request_with_buffer(self->vcpu, SPEC_NAE_MMIO_READ, APIC_GPA, 8) +
	       SPEC_GHCB_BUFFER, 0x77, 8);
	vmm_send(self->vcpu);
	EXPECT_EQ(1, self->seen.exits);
	EXPECT_EQ(SPEC_HANDLED, vmm_info1(self->vcpu));
	for (i = 0; i < 8; i++)
		wrong += answer[i] != 0;
	EXPECT_EQ(0, wrong);
}

TEST_F(protocol, wbinvd_is_answered)
{
	vmm_request(self->vcpu, SPEC_EXIT_WBINVD, 0, 0);
	vmm_send(self->vcpu);
	EXPECT_EQ(SPEC_HANDLED, vmm_info1(self->vcpu));
	EXPECT_EQ(0, vmm_info2(self->vcpu));
}

TEST_HARNESS_MAIN
