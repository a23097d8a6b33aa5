// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: CPUID returns the values of KVM_SET_CPUID2, the first time and each time after, whichever
 *	leaves come between; and KVM's event kvm_cpuid reports each request while it is enabled.
 *	Where the guest has turned CPUID faulting on it raises #GP above CPL 0.
 * Source: KVM API, KVM_SET_CPUID2; AMD 56421 GHCB Specification, "NAE Events" (CPUID) and "GHCB MSR
 *	Protocol" (CPUID).
 * Why it matters: The module remembers where it found a leaf.  A guest that got another leaf's
 *	registers would see another CPU.
 * Not covered: Leaf 0xd under another XCR0, see es_conformance.c.
 * Fails with: stock kvm_amd: the #GP of CPUID faulting is raised in the handler of #VC, not at the
 *	instruction that requested it.
 */
#include <kselftest_harness.h>
#include "env.h"
#include "order.h"
#include "tracefs.h"

#define MAX_LEAVES	256
#define XCR0_RESET	1
#define MSR_MISC_FEATURES_ENABLES	0x140
#define CPUID_FAULTING	1
/* EVENTINJ form: vector 13, an exception, with error code, valid. */
#define INJECT_GP	0x80000b0dull

static struct kvm_cpuid_entry2 told[MAX_LEAVES];
static unsigned int nr_told;

/*
 * Return true if KVM changes more of the entry than userspace set: APIC ID and OSXSAVE, XCR0, TSC.
 */
static bool is_variable(const struct kvm_cpuid_entry2 *entry)
{
	switch (entry->function) {
	case 0xd:
		return entry->index < 2;
	case 1: case 7: case 0xb: case 0x1f: case 0x40000001: case 0x80000007: case 0x8000001e:
		return true;
	default:
		return false;
	}
}

/*
 * Edit each entry before the vCPU gets it, so that each leaf differs from the others; keep a copy.
 */
static void mark_and_keep(struct kvm_cpuid_entry2 *entry)
{
	if (is_variable(entry) || nr_told == MAX_LEAVES)
		return;
	if (entry->function >= 0x80000009 ||
	    (entry->function >= 0x10 && entry->function < 0x40000000))
		entry->ecx ^= (entry->function << 8 | entry->index) & 0xffff;
	told[nr_told++] = *entry;
}

FIXTURE(cpuid) {
	struct vmm_vm vm;
	struct vmm_vcpu *vcpu;
};

FIXTURE_SETUP(cpuid)
{
	nr_told = 0;
	vmm_vm_create(&self->vm,
		      &(struct vmm_vm_options){ .nr_vcpus = 1, .edit_cpuid = mark_and_keep });
	self->vcpu = &self->vm.vcpus[0];
	vmm_vm_launch(&self->vm);
	vmm_boot(&self->vm);
}

FIXTURE_TEARDOWN(cpuid)
{
	vmm_vm_destroy(&self->vm);
}

static bool says(struct vmm_vcpu *vcpu, const struct kvm_cpuid_entry2 *entry)
{
	uint8_t *ghcb = vmm_request(vcpu, SPEC_EXIT_CPUID, 0, 0);
	const uint8_t *answer = vmm_answer(vcpu);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, entry->function);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, entry->index);
	if (entry->function == 0xd)
		spec_ghcb_put(ghcb, SPEC_GHCB_XCR0, XCR0_RESET);
	vmm_send(vcpu);
	return vmm_info1(vcpu) == SPEC_HANDLED &&
	       spec_ghcb_get(answer, SPEC_GHCB_RAX) == entry->eax &&
	       spec_ghcb_get(answer, SPEC_GHCB_RBX) == entry->ebx &&
	       spec_ghcb_get(answer, SPEC_GHCB_RCX) == entry->ecx &&
	       spec_ghcb_get(answer, SPEC_GHCB_RDX) == entry->edx;
}

static unsigned int wrong_leaves(struct vmm_vcpu *vcpu)
{
	unsigned int i, nr = 0;

	for (i = 0; i < nr_told; i++) {
		if (says(vcpu, &told[i]))
			continue;
		printf("# leaf 0x%x subleaf %u is not as told\n", told[i].function, told[i].index);
		nr++;
	}
	return nr;
}

/* Return true if there are several subleaves of leaf 0xd, which differ. */
static bool have_subleaves(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < nr_told; i++)
		nr += told[i].function == 0xd;
	return nr > 1;
}

TEST_F(cpuid, each_leaf_is_as_told_however_often_it_is_asked)
{
	unsigned int round;

	ASSERT_LT(10, nr_told);
	ASSERT_TRUE(have_subleaves());
	for (round = 0; round < 3; round++)
		EXPECT_EQ(0, wrong_leaves(self->vcpu));
}

/* Twice: the first time the module does not know yet where the leaf is. */
TEST_F(cpuid, a_leaf_that_does_not_exist_has_no_other_ones_registers)
{
	const struct kvm_cpuid_entry2 none = { .function = 0x8fffffff };

	EXPECT_EQ(0, wrong_leaves(self->vcpu));
	EXPECT_TRUE(says(self->vcpu, &none));
	EXPECT_TRUE(says(self->vcpu, &none));
}

TEST_F(cpuid, the_msr_protocol_says_the_same)
{
	unsigned int i, reg, round, wrong = 0;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < nr_told; i++) {
			const uint32_t *regs = &told[i].eax;

			for (reg = 0; reg < 4 && !told[i].index; reg++)
				wrong += vmm_msr_proto(self->vcpu, SPEC_MSR_CPUID(told[i].function,
										  reg)) >> 32 !=
					 regs[reg];
		}
	}
	EXPECT_EQ(0, wrong);
}

static bool raises_gp(struct vmm_vcpu *vcpu, bool marked, unsigned int cpl)
{
	uint8_t *ghcb = vmm_request(vcpu, SPEC_EXIT_CPUID, 0, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, 0);
	if (marked)
		spec_ghcb_put(ghcb, SPEC_GHCB_CPL, cpl);
	vmm_send(vcpu);
	if (vmm_info1(vcpu) == SPEC_EXCEPTION && vmm_info2(vcpu) == INJECT_GP)
		return true;
	if (vmm_info1(vcpu) != SPEC_HANDLED)
		vmm_fail("CPUID gives SW_EXITINFO1 %u", vmm_info1(vcpu));
	return false;
}

/*
 * KVM's model has CPUID faulting; the request contains the CPL.  The second time the leaf is
 * already found.
 */
TEST_F(cpuid, only_cpl_0_may_ask_where_the_guest_wants_it)
{
	unsigned int round;

	for (round = 0; round < 2; round++) {
		vmm_order(self->vcpu, AGENT_WRMSR, MSR_MISC_FEATURES_ENABLES, CPUID_FAULTING);
		ASSERT_EQ(0, vmm_mailbox(self->vcpu)->exception);
		EXPECT_FALSE(raises_gp(self->vcpu, false, 0));
		EXPECT_FALSE(raises_gp(self->vcpu, true, 0));
		EXPECT_TRUE(raises_gp(self->vcpu, true, 3));
		EXPECT_EQ(0x68747541, vmm_msr_proto(self->vcpu, SPEC_MSR_CPUID(0, 1)) >> 32);
		vmm_order(self->vcpu, AGENT_WRMSR, MSR_MISC_FEATURES_ENABLES, 0);
		EXPECT_FALSE(raises_gp(self->vcpu, true, 3));
	}
}

TEST_F(cpuid, kvm_cpuid_is_traced_while_somebody_listens)
{
	EXPECT_TRUE(vmm_guest_answers(self->vcpu));
	vmm_trace("kvm/kvm_cpuid", true);
	EXPECT_TRUE(vmm_guest_answers(self->vcpu));
	EXPECT_TRUE(vmm_guest_answers(self->vcpu));
	vmm_trace("kvm/kvm_cpuid", false);
	EXPECT_TRUE(vmm_guest_answers(self->vcpu));
	EXPECT_EQ(2, vmm_traced("kvm_cpuid: func 0 idx 0"));
}

TEST_HARNESS_MAIN
