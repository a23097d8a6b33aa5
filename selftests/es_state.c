// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: All state that a guest can notice of its vCPUs can be read and set; wrong values are
 *	rejected and change nothing; the order of setting does not matter.
 *	KVM_SET_MP_STATE(AP_RESET_HOLD) means held.  Every vCPU can be held and woken, the BSP too.
 * Source: include/uapi/linux/kvm_amd_es.h; Documentation/api.md; AMD 56421 GHCB Specification, "AP
 *	Reset Hold".
 * Why it matters: Snapshot and migration build a vCPU from the state that was read.
 * Not covered: Registers on their way to another host (es_migrate.c); moves (es_move.c).
 * Fails with: stock kvm_amd: the commands give EINVAL; the GHCB MSR cannot be read; a fresh vCPU
 *	that is set to AP_RESET_HOLD starts on an NMI; a BSP that is parked is never woken (6.1 and
 *	6.12).
 */
#include <kselftest_harness.h>
#include <errno.h>
#include <sys/ioctl.h>
#include "ap.h"
#include "env.h"
#include "state.h"

#define QUIET_MS	200
#define CR0_NW		(1ull << 29)
#define CR0_CD		(1ull << 30)
#define CR0_PG		(1ull << 31)
#define CR4_MCE		(1ull << 6)
#define CR4_VMXE	(1ull << 13)
#define CR4_FSGSBASE	(1ull << 16)
#define CR4_OSXSAVE	(1ull << 18)
#define EFER_SCE	1ull
#define EFER_SVME	(1ull << 12)
#define CPUID_OSXSAVE	(1u << 27)
#define CPUID_FSGSBASE	1u
#define PORT		0x1234

FIXTURE(state) {
	struct vmm_vm vm;
	struct vmm_vcpu *bsp, *ap;
};

FIXTURE_SETUP(state)
{
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 2 });
	self->bsp = &self->vm.vcpus[0];
	self->ap = &self->vm.vcpus[1];
	vmm_vm_launch(&self->vm);
	vmm_boot(&self->vm);
}

FIXTURE_TEARDOWN(state)
{
	vmm_vm_destroy(&self->vm);
}

static struct kvm_amd_es_vcpu state_of(struct vmm_vcpu *vcpu)
{
	struct kvm_amd_es_vcpu state;
	bool ran = vcpu->wish == ES_VCPU_GO;

	vmm_vcpu_pause(vcpu);
	if (vmm_get_vcpu_state(vcpu, &state))
		vmm_fail("KVM_AMD_ES_GET_VCPU failed: %m");
	if (ran)
		vmm_vcpu_go(vcpu);
	return state;
}

TEST_F(state, the_module_says_what_it_has)
{
	struct kvm_amd_es_api api;

	memset(&api, 0xff, sizeof(api));
	ASSERT_EQ(0, vmm_sev_cmd(&self->vm, KVM_AMD_ES_GET_API, &api, NULL));
	EXPECT_EQ(KVM_AMD_ES_API_STATE | KVM_AMD_ES_API_MOVE | KVM_AMD_ES_API_SEND_VMSA |
		  KVM_AMD_ES_API_RECEIVE_VMSA | KVM_AMD_ES_API_INIT2, api.features);
	EXPECT_EQ(0, api.reserved[0] | api.reserved[6]);
	EXPECT_EQ(-EFAULT, vmm_sev_cmd(&self->vm, KVM_AMD_ES_GET_API, (void *)1, NULL));
}

TEST_F(state, each_step_of_bring_up_can_be_read)
{
	EXPECT_EQ(KVM_AMD_ES_AP_RUNNING, state_of(self->bsp).ap_state);
	EXPECT_EQ(KVM_AMD_ES_AP_WAITING, state_of(self->ap).ap_state);
	EXPECT_EQ(0, state_of(self->ap).status);
	vmm_boot_ap(self->bsp, self->ap);
	EXPECT_EQ(KVM_AMD_ES_AP_RUNNING, state_of(self->ap).ap_state);
	EXPECT_EQ(KVM_AMD_ES_VCPU_FIRST_SIPI, state_of(self->ap).status);
	vmm_park(self->ap, false);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	EXPECT_EQ(KVM_AMD_ES_AP_HELD_NAE, state_of(self->ap).ap_state);
	vmm_send_icr(self->bsp, ES_ICR_INIT, self->ap->nr);
	EXPECT_EQ(KVM_MP_STATE_INIT_RECEIVED, vmm_vcpu_mp_state(self->ap));
	EXPECT_EQ(KVM_AMD_ES_AP_HELD_NAE_INIT, state_of(self->ap).ap_state);
	vmm_send_icr(self->bsp, ES_ICR_SIPI | 0x10, self->ap->nr);
	vmm_vcpu_wait(self->ap, "INIT and SIPI end the hold");
	vmm_park(self->ap, true);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	EXPECT_EQ(KVM_AMD_ES_AP_HELD_MSR, state_of(self->ap).ap_state);
	vmm_send_init_sipi(self->bsp, self->ap, 0x10);
	vmm_vcpu_wait(self->ap, "INIT and SIPI end the hold");
	vmm_send_init_sipi(self->bsp, self->ap, 0x10);
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, vmm_vcpu_mp_state(self->ap));
	EXPECT_EQ(KVM_AMD_ES_AP_RUNNING_SIPI, state_of(self->ap).ap_state);
	EXPECT_EQ(KVM_AMD_ES_AP_RUNNING, state_of(self->bsp).ap_state);
}

/*
 * IN completes when KVM has copied its value from kvm_run; reading the state then writes the
 * response.
 */
TEST_F(state, reading_writes_the_answer_that_is_due)
{
	uint8_t *ghcb = self->vm.memory + vmm_ghcb_gpa(self->bsp);
	struct kvm_amd_es_vcpu state;

	vmm_order_start(self->bsp, AGENT_IN, PORT, 0);
	vmm_vcpu_wait_stop(self->bsp, "IN exits to userspace");
	*(uint32_t *)((uint8_t *)self->bsp->run + self->bsp->run->io.data_offset) = 0x1badb002;
	EXPECT_EQ(-EBUSY, vmm_get_vcpu_state(self->bsp, &state));
	EXPECT_TRUE(vmm_vcpu_complete_io(self->bsp));
	EXPECT_EQ(SPEC_EXIT_IOIO, spec_ghcb_get(ghcb, SPEC_GHCB_EXITCODE));
	EXPECT_EQ(0, spec_ghcb_get(ghcb, SPEC_GHCB_RAX));
	state = state_of(self->bsp);
	EXPECT_EQ(-EINVAL, vmm_set_vcpu_state(self->bsp, &(struct kvm_amd_es_vcpu){ .flags = 1 }));
	EXPECT_EQ(0x1badb002, spec_ghcb_get(ghcb, SPEC_GHCB_RAX));
	EXPECT_EQ(0, spec_ghcb_get(ghcb, SPEC_GHCB_EXITINFO1));
	EXPECT_EQ(0, vmm_set_vcpu_state(self->bsp, &state));
	vmm_vcpu_go(self->bsp);
	vmm_vcpu_wait(self->bsp, "the guest goes on after IN");
	EXPECT_EQ(0x1badb002, vmm_mailbox(self->bsp)->out[0]);
}

TEST_F(state, setting_while_an_exit_is_unfinished_is_refused)
{
	struct kvm_amd_es_vcpu state = state_of(self->bsp);

	vmm_order_start(self->bsp, AGENT_IN, PORT, 0);
	vmm_vcpu_wait_stop(self->bsp, "IN exits to userspace");
	EXPECT_EQ(-EBUSY, vmm_set_vcpu_state(self->bsp, &state));
	*(uint32_t *)((uint8_t *)self->bsp->run + self->bsp->run->io.data_offset) = 0x1badb002;
	EXPECT_TRUE(vmm_vcpu_complete_io(self->bsp));
	EXPECT_EQ(-EBUSY, vmm_set_vcpu_state(self->bsp, &state));
	vmm_vcpu_go(self->bsp);
	vmm_vcpu_wait(self->bsp, "the guest goes on after IN");
	EXPECT_EQ(0x1badb002, vmm_mailbox(self->bsp)->out[0]);
}

TEST_F(state, of_a_vcpu_can_be_set_as_it_was_read)
{
	struct kvm_amd_es_vcpu state = state_of(self->ap), again;
	unsigned int ap_state;

	for (ap_state = 0; ap_state <= KVM_AMD_ES_AP_HELD_USER; ap_state++) {
		state.ap_state = ap_state;
		state.status = ap_state % 4;
		state.dr7 = 0x400 + ap_state;
		state.end = ap_state % 5;
		state.end_reason = state.end ? 0x100 : 0;
		ASSERT_EQ(0, vmm_set_vcpu_state(self->ap, &state));
		again = state_of(self->ap);
		EXPECT_EQ(0, memcmp(&state, &again, sizeof(state)));
	}
}

TEST_F(state, wrong_values_are_refused_and_change_nothing)
{
	struct kvm_amd_es_vcpu before = state_of(self->ap), after, bad[19];
	struct kvm_amd_es_vm vm = { }, bad_vm[8], vm_after;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		bad[i] = before;
	bad[0].flags = 1;
	bad[1].flags = 1u << 31;
	bad[2].vcpu_id = 2;
	bad[3].ap_state = KVM_AMD_ES_AP_HELD_USER + 1;
	bad[4].status = 8;
	bad[5].dr7 = 1ull << 32;
	bad[6].end = KVM_AMD_ES_TERM_NO_GHCB + 1;
	bad[7].pad = 1;
	bad[8].reserved[5] = 1;
	bad[9].end_reason = 1;
	bad[10].cr0 |= 1ull << 32;
	bad[11].cr0 = (before.cr0 | CR0_NW) & ~CR0_CD;
	bad[12].cr0 = (before.cr0 | CR0_PG) & ~1ull;
	bad[13].cr4 |= CR4_VMXE;
	bad[14].efer |= EFER_SVME;
	bad[15].efer |= 1ull << 63;
	bad[16].xcr0 = 0;
	bad[17].xcr0 |= 1ull << 62;
	bad[18].xss |= 1ull << 63;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		bad[i].ap_state ^= i == 3 ? 0 : 1;
		EXPECT_EQ(-EINVAL, vmm_set_vcpu_state(self->ap, &bad[i])) {
			TH_LOG("wrong value %u", i);
		}
	}
	after = state_of(self->ap);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	EXPECT_EQ(-EFAULT, vmm_sev_cmd(&self->vm, KVM_AMD_ES_SET_VCPU, (void *)1, NULL));
	EXPECT_EQ(-EINVAL, vmm_get_vm_state(&self->vm, &(struct kvm_amd_es_vm){ .flags = 1 }));

	ASSERT_EQ(0, vmm_get_vm_state(&self->vm, &vm));
	for (i = 0; i < ARRAY_SIZE(bad_vm); i++) {
		bad_vm[i] = vm;
		bad_vm[i].ap_jump_table = AGENT_SPARE_GPA;
	}
	bad_vm[0].flags = 1;
	bad_vm[1].flags = 1u << 31;
	bad_vm[2].ghcb_version = 0;
	bad_vm[3].ghcb_version++;
	bad_vm[4].ap_jump_table++;
	bad_vm[5].ap_jump_table = 1ull << 52;
	bad_vm[6].reserved[4] = 1;
	bad_vm[7].vmsa_features++;
	for (i = 0; i < ARRAY_SIZE(bad_vm); i++) {
		EXPECT_EQ(-EINVAL, vmm_set_vm_state(&self->vm, &bad_vm[i])) {
			TH_LOG("wrong value %u of the VM", i);
		}
	}
	vm_after.flags = 0;
	ASSERT_EQ(0, vmm_get_vm_state(&self->vm, &vm_after));
	EXPECT_EQ(0, memcmp(&vm, &vm_after, sizeof(vm)));
}

TEST_F(state, of_the_vm_is_what_the_guest_reads_and_writes)
{
	struct kvm_amd_es_vm state = { };

	ASSERT_EQ(0, vmm_get_vm_state(&self->vm, &state));
	EXPECT_EQ(1, state.ghcb_version);
	EXPECT_EQ(0, state.ap_jump_table);
	EXPECT_EQ(0, state.vmsa_features);
	vmm_request(self->bsp, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_SET, AGENT_SPARE_GPA);
	vmm_send(self->bsp);
	ASSERT_EQ(0, vmm_get_vm_state(&self->vm, &state));
	EXPECT_EQ(AGENT_SPARE_GPA, state.ap_jump_table);
	state.ap_jump_table += 0x1000;
	ASSERT_EQ(0, vmm_set_vm_state(&self->vm, &state));
	vmm_request(self->bsp, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_GET, 0);
	vmm_send(self->bsp);
	EXPECT_EQ(AGENT_SPARE_GPA + 0x1000, vmm_info2(self->bsp));
}

TEST_F(state, the_ghcb_msr_is_an_msr_for_userspace)
{
	uint64_t value = 0;
	uint8_t *ghcb, answer = 0;
	unsigned int i;

	EXPECT_TRUE(vmm_get_msr(self->bsp, SPEC_MSR_GHCB, &value));
	EXPECT_EQ(vmm_ghcb_gpa(self->bsp), value);
	EXPECT_TRUE(vmm_get_msr(self->ap, SPEC_MSR_GHCB, &value));
	EXPECT_EQ(SPEC_MSR_SEV_INFO, SPEC_MSR_INFO(value));
	EXPECT_TRUE(vmm_set_msr(self->ap, SPEC_MSR_GHCB, 0x123000));
	EXPECT_TRUE(vmm_get_msr(self->ap, SPEC_MSR_GHCB, &value));
	EXPECT_EQ(0x123000, value);
	/* A guest that requests the MSR by its GHCB gets nothing of it, and changes nothing. */
	/* the value would become the address of its response */
	ghcb = vmm_request(self->bsp, SPEC_EXIT_MSR, 1, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, SPEC_MSR_GHCB);
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, AGENT_PLAIN_GPA);
	spec_ghcb_put(ghcb, SPEC_GHCB_RDX, 0);
	vmm_send(self->bsp);
	EXPECT_TRUE(vmm_get_msr(self->bsp, SPEC_MSR_GHCB, &value));
	EXPECT_EQ(vmm_ghcb_gpa(self->bsp), value);
	for (i = 0; i < SPEC_GHCB_BYTES; i++)
		answer |= self->vm.memory[AGENT_PLAIN_GPA + i];
	EXPECT_EQ(0, answer);
}

/* A guest may read the offer there without requesting it. */
TEST_F_TIMEOUT(state, the_ghcb_msr_of_a_fresh_vcpu_offers_what_the_vm_was_made_with, 120)
{
	uint64_t value = 0;
	unsigned int version;

	for (version = 1; version <= 2; version++) {
		struct vmm_vm vm;

		vmm_vm_create(&vm,
			      &(struct vmm_vm_options){ .nr_vcpus = 1, .ghcb_version = version });
		EXPECT_TRUE(vmm_get_msr(&vm.vcpus[0], SPEC_MSR_GHCB, &value));
		EXPECT_EQ(SPEC_MSR_SEV_INFO, SPEC_MSR_INFO(value));
		EXPECT_EQ(version, value >> 48);
		EXPECT_EQ(1, value >> 32 & 0xffff);
		EXPECT_EQ(vm.c_bit, 1ull << (value >> 24 & 0x3f));
		vmm_vm_destroy(&vm);
	}
}

/*
 * The response of a hold that is to end, and a GHCB that crosses a page, or where there is no
 * memory.
 */
TEST_F_TIMEOUT(state, a_ghcb_msr_that_makes_no_sense_harms_the_guest_only, 120)
{
	static const uint64_t values[] = {
		AGENT_PLAIN_GPA + 0x123, AGENT_PLAIN_GPA + 0xff8, 0x7000000000, ~0ull
	};
	struct kvm_amd_es_vcpu held = state_of(self->ap);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		held.ap_state = KVM_AMD_ES_AP_HELD_NAE;
		held.end = held.end_reason = 0;
		ASSERT_EQ(0, vmm_set_vcpu_state(self->ap, &held));
		ASSERT_TRUE(vmm_set_msr(self->ap, SPEC_MSR_GHCB, values[i]));
		vmm_vcpu_set_mp_state(self->ap, KVM_MP_STATE_RUNNABLE);
		vmm_vcpu_go(self->ap);
		vmm_vcpu_wait_stop(self->ap, "a guest whose GHCB cannot be reached ends");
		EXPECT_TRUE(self->ap->run->exit_reason == KVM_EXIT_SHUTDOWN ||
			    self->ap->run->exit_reason == KVM_EXIT_SYSTEM_EVENT);
		EXPECT_EQ(KVM_AMD_ES_TERM_NO_GHCB, state_of(self->ap).end);
	}
	EXPECT_TRUE(vmm_guest_answers(self->bsp));
}

TEST_F(state, dr7_is_as_the_guest_wrote_it)
{
	uint8_t *ghcb = vmm_request(self->bsp, SPEC_EXIT_DR7_WRITE, 0, 0);

	EXPECT_EQ(0x400, state_of(self->bsp).dr7);
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0x455);
	vmm_send(self->bsp);
	EXPECT_EQ(0x455, state_of(self->bsp).dr7);
}

/*
 * No DR7 has them, and no instruction gives them; the host accepts such a request as the stock
 * module does.
 */
TEST_F(state, dr7_is_kept_without_what_no_dr7_has)
{
	uint8_t *ghcb = vmm_request(self->bsp, SPEC_EXIT_DR7_WRITE, 0, 0);
	struct kvm_amd_es_vcpu state;

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0xffffffff00000455);
	vmm_send(self->bsp);
	EXPECT_EQ(SPEC_HANDLED, vmm_info1(self->bsp));
	state = state_of(self->bsp);
	EXPECT_EQ(0x455, state.dr7);
	EXPECT_EQ(0, vmm_set_vcpu_state(self->bsp, &state));
	vmm_request(self->bsp, SPEC_EXIT_DR7_READ, 0, 0);
	vmm_send(self->bsp);
	EXPECT_EQ(0x455, spec_ghcb_get(vmm_answer(self->bsp), SPEC_GHCB_RAX));
}

static bool has_osxsave(struct vmm_vcpu *vcpu)
{
	vmm_order(vcpu, AGENT_CPUID, 1, 0);
	return vmm_mailbox(vcpu)->out[2] & CPUID_OSXSAVE;
}

/* As at the launch, and as the guest changes them; CPUID is derived from them. */
TEST_F(state, control_registers_are_as_kvm_knows_them)
{
	struct kvm_amd_es_vcpu state = state_of(self->bsp), other;
	uint8_t *ghcb;

	EXPECT_EQ(0x80000033, state.cr0);
	EXPECT_EQ(0x40620, state.cr4);
	EXPECT_EQ(0x500, state.efer);
	EXPECT_EQ(1, state.xcr0);
	EXPECT_EQ(0, state.xss);
	vmm_order(self->bsp, AGENT_CONTROL, AGENT_CR0, 1ull << 16);
	vmm_order(self->bsp, AGENT_CONTROL, AGENT_CR4, CR4_OSXSAVE);
	vmm_order(self->bsp, AGENT_CONTROL, AGENT_EFER, EFER_SCE);
	ghcb = vmm_request(self->bsp, SPEC_EXIT_CPUID, 0, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0xd);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_XCR0, 3);
	vmm_send(self->bsp);
	other = state_of(self->bsp);
	EXPECT_EQ(0x80010033, other.cr0);
	EXPECT_EQ(0x620, other.cr4 & ~CR4_MCE);	/* the launch gives a guest the host's MCE */
	EXPECT_EQ(0x501, other.efer);
	EXPECT_EQ(3, other.xcr0);
	EXPECT_FALSE(has_osxsave(self->bsp));
	state_of(self->bsp);
	EXPECT_EQ(0, vmm_set_vcpu_state(self->bsp, &state));
	EXPECT_TRUE(has_osxsave(self->bsp));
	state_of(self->bsp);
	EXPECT_EQ(0, vmm_set_vcpu_state(self->bsp, &other));
	EXPECT_FALSE(has_osxsave(self->bsp));
	state = state_of(self->bsp);
	EXPECT_EQ(0, memcmp(&state, &other, sizeof(state)));
}

static void hide_fsgsbase(struct kvm_cpuid_entry2 *entry)
{
	if (entry->function == 7 && !entry->index)
		entry->ebx &= ~CPUID_FSGSBASE;
}

/* The CPU allows a guest features that only its CPUID hides.  KVM_SET_SREGS would reject that. */
TEST_F(state, what_cpuid_hides_can_be_read_and_set)
{
	struct kvm_amd_es_vcpu state;

	vmm_vm_destroy(&self->vm);
	vmm_vm_create(&self->vm,
		      &(struct vmm_vm_options){ .nr_vcpus = 2, .edit_cpuid = hide_fsgsbase });
	vmm_vm_launch(&self->vm);
	vmm_boot(&self->vm);
	vmm_order(self->bsp, AGENT_CONTROL, AGENT_CR4, CR4_FSGSBASE);
	EXPECT_NE(0, vmm_mailbox(self->bsp)->out[0] & CR4_FSGSBASE);
	state = state_of(self->bsp);
	EXPECT_NE(0, state.cr4 & CR4_FSGSBASE);
	EXPECT_EQ(0, vmm_set_vcpu_state(self->bsp, &state));
	EXPECT_TRUE(vmm_guest_answers(self->bsp));
}

/* KVM_SET_NESTED_STATE treats SVME as proof that there is nested state. */
TEST_F(state, svme_is_never_told_and_never_set)
{
	struct kvm_amd_es_vcpu state = state_of(self->ap);

	EXPECT_EQ(0, state.efer & EFER_SVME);
	state.efer |= EFER_SVME;
	EXPECT_EQ(-EINVAL, vmm_set_vcpu_state(self->ap, &state));
}

TEST_F_TIMEOUT(state, the_interrupt_flag_of_a_sleeping_vcpu_is_on, 120)
{
	EXPECT_EQ(0, state_of(self->bsp).status & KVM_AMD_ES_VCPU_INTERRUPTS_ON);
	vmm_order_start(self->bsp, AGENT_HALT, 0, 0);
	EXPECT_EQ(KVM_MP_STATE_HALTED, vmm_halted_mp_state(self->bsp));
	EXPECT_NE(0, state_of(self->bsp).status & KVM_AMD_ES_VCPU_INTERRUPTS_ON);
	vmm_vcpu_pause(self->bsp);
}

/* Never started, and held because the VMM set it: only INIT and SIPI start it. */
TEST_F_TIMEOUT(state, a_fresh_vcpu_that_is_set_to_hold_is_held, 120)
{
	vmm_vcpu_set_mp_state(self->ap, KVM_MP_STATE_AP_RESET_HOLD);
	vmm_vcpu_go(self->ap);
	EXPECT_FALSE(vmm_vcpu_rings_within(self->ap, QUIET_MS));
	EXPECT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_vcpu_mp_state(self->ap));
	EXPECT_EQ(KVM_AMD_ES_AP_HELD_USER, state_of(self->ap).ap_state);
	vmm_vcpu_nmi(self->ap);
	EXPECT_FALSE(vmm_vcpu_rings_within(self->ap, QUIET_MS));
	EXPECT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_vcpu_mp_state(self->ap));
	EXPECT_EQ(0, vmm_mailbox(self->ap)->starts);
	vmm_send_init_sipi(self->bsp, self->ap, 0x10);
	vmm_vcpu_wait(self->ap, "INIT and SIPI start a vCPU that was set to hold");
	EXPECT_EQ(1, vmm_mailbox(self->ap)->starts);
}

/*
 * A guest's kick for a vCPU that sleeps in HLT.  In KVM_RUN or out of it, it has no effect on a
 * held vCPU.
 */
TEST_F_TIMEOUT(state, a_kick_is_no_end_of_a_hold, 120)
{
	vmm_boot_ap(self->bsp, self->ap);
	vmm_park(self->ap, false);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	vmm_kick(self->bsp, self->ap);
	EXPECT_FALSE(vmm_vcpu_rings_within(self->ap, QUIET_MS));
	vmm_vcpu_pause(self->ap);
	vmm_kick(self->bsp, self->ap);
	EXPECT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_vcpu_mp_state(self->ap));
	EXPECT_EQ(KVM_AMD_ES_AP_HELD_NAE, state_of(self->ap).ap_state);
	vmm_vcpu_set_mp_state(self->ap, vmm_vcpu_mp_state(self->ap));
	vmm_vcpu_go(self->ap);
	EXPECT_FALSE(vmm_vcpu_rings_within(self->ap, QUIET_MS));
	vmm_send_init_sipi(self->bsp, self->ap, 0x10);
	vmm_vcpu_wait(self->ap, "INIT and SIPI end the hold");
	EXPECT_TRUE(vmm_woken_by_sipi(self->ap, false));
}

/*
 * A vCPU that userspace has set to be held may be kicked before it runs: it is held when it does.
 */
TEST_F_TIMEOUT(state, a_kick_does_not_take_back_that_a_vcpu_is_set_to_hold, 120)
{
	struct kvm_amd_es_vcpu state;
	unsigned int ran;

	for (ran = 0; ran < 2; ran++) {
		vmm_vcpu_pause(self->ap);
		vmm_vcpu_set_mp_state(self->ap, KVM_MP_STATE_AP_RESET_HOLD);
		vmm_kick(self->bsp, self->ap);
		EXPECT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_vcpu_mp_state(self->ap)) {
			TH_LOG("%s", ran ? "a vCPU that ran" : "a fresh vCPU");
		}
		state = state_of(self->ap);
		vmm_vcpu_set_mp_state(self->ap, vmm_vcpu_mp_state(self->ap));
		EXPECT_EQ(0, vmm_set_vcpu_state(self->ap, &state));
		vmm_kick(self->bsp, self->ap);
		vmm_vcpu_go(self->ap);
		EXPECT_FALSE(vmm_vcpu_rings_within(self->ap, QUIET_MS));
		EXPECT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_vcpu_mp_state(self->ap));
		vmm_send_init_sipi(self->bsp, self->ap, 0x10);
		vmm_vcpu_wait(self->ap, "INIT and SIPI start a vCPU that was set to hold");
	}
}

/* INIT is pending if the AP state or the MP state indicates it. */
TEST_F_TIMEOUT(state, init_may_be_in_one_of_both_states, 120)
{
	struct kvm_amd_es_vcpu state;
	unsigned int in_mp_state;

	vmm_boot_ap(self->bsp, self->ap);
	for (in_mp_state = 0; in_mp_state < 2; in_mp_state++) {
		vmm_park(self->ap, false);
		ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
		vmm_vcpu_pause(self->ap);
		state = state_of(self->ap);
		state.ap_state = in_mp_state ? KVM_AMD_ES_AP_HELD_NAE : KVM_AMD_ES_AP_HELD_NAE_INIT;
		ASSERT_EQ(0, vmm_set_vcpu_state(self->ap, &state));
		if (in_mp_state)
			vmm_vcpu_set_mp_state(self->ap, KVM_MP_STATE_INIT_RECEIVED);
		vmm_vcpu_go(self->ap);
		EXPECT_FALSE(vmm_vcpu_rings_within(self->ap, QUIET_MS));
		EXPECT_EQ(KVM_MP_STATE_INIT_RECEIVED, vmm_vcpu_mp_state(self->ap));
		EXPECT_EQ(KVM_AMD_ES_AP_HELD_NAE_INIT, state_of(self->ap).ap_state);
		vmm_send_icr(self->bsp, ES_ICR_SIPI | 0x10, self->ap->nr);
		vmm_vcpu_wait(self->ap, "the SIPI alone ends the hold");
		EXPECT_TRUE(vmm_woken_by_sipi(self->ap, false));
	}
}

/*
 * A guest that checks its lock once more, and then sleeps, would miss a kick that came in between.
 */
TEST_F_TIMEOUT(state, a_kick_of_a_vcpu_that_does_not_sleep_yet_is_kept, 120)
{
	struct kvm_amd_es_vcpu state;
	unsigned int kicked;

	vmm_boot_ap(self->bsp, self->ap);
	EXPECT_EQ(0, state_of(self->ap).status & KVM_AMD_ES_VCPU_KICKED);
	vmm_kick(self->bsp, self->ap);
	state = state_of(self->ap);
	EXPECT_EQ(KVM_AMD_ES_VCPU_KICKED, state.status & KVM_AMD_ES_VCPU_KICKED);
	for (kicked = 0; kicked < 2; kicked++) {
		state.status ^= KVM_AMD_ES_VCPU_KICKED;
		ASSERT_EQ(0, vmm_set_vcpu_state(self->ap, &state));
		vmm_order_start(self->ap, AGENT_HALT, 0, 0);
		EXPECT_EQ(kicked, vmm_vcpu_rings_within(self->ap, QUIET_MS));
		if (!kicked) {
			EXPECT_EQ(KVM_MP_STATE_HALTED, vmm_halted_mp_state(self->ap));
			vmm_kick(self->bsp, self->ap);
			vmm_vcpu_wait(self->ap, "a kick ends the HLT");
			state = state_of(self->ap);
		}
	}
}

/* KVM rejects a pending SMI for a vCPU that waits for its SIPI; an SEV-ES guest cannot have one. */
TEST_F_TIMEOUT(state, an_smi_keeps_nothing_from_being_set, 120)
{
	struct vmm_vcpu_state state;

	vmm_boot_ap(self->bsp, self->ap);
	vmm_send_icr(self->bsp, ES_ICR_INIT, self->ap->nr);
	EXPECT_EQ(KVM_MP_STATE_INIT_RECEIVED, vmm_vcpu_mp_state(self->ap));
	vmm_vcpu_smi(self->ap);
	vmm_vcpu_save(self->ap, &state);
	EXPECT_EQ(0, state.events.smi.pending);
	vmm_vcpu_restore(self->ap, &state);
	vmm_send_icr(self->bsp, ES_ICR_SIPI | 0x10, self->ap->nr);
	EXPECT_TRUE(vmm_guest_answers(self->ap));
}

/* The end of a hold that userspace has set stays, whatever the earlier KVM_RUN did. */
TEST_F_TIMEOUT(state, what_was_set_outlives_a_kvm_run_that_fails, 120)
{
	struct kvm_amd_es_vcpu state;

	vmm_boot_ap(self->bsp, self->ap);
	state = state_of(self->ap);
	state.ap_state = KVM_AMD_ES_AP_HELD_NAE;
	vmm_order_start(self->ap, AGENT_FLOOD, AGENT_FLOOD_NOTHING, 0);
	EXPECT_FALSE(vmm_vcpu_rings_within(self->ap, 20));
	vmm_vcpu_pause(self->ap);
	ASSERT_EQ(0, vmm_set_vcpu_state(self->ap, &state));
	self->ap->run->immediate_exit = 0;
	self->ap->run->kvm_valid_regs = ~0ull;
	EXPECT_EQ(-1, ioctl(self->ap->fd, KVM_RUN, 0));
	EXPECT_EQ(EINVAL, errno);
	self->ap->run->kvm_valid_regs = 0;
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, vmm_vcpu_mp_state(self->ap));
	vmm_mailbox(self->ap)->order = AGENT_NOTHING;
	vmm_vcpu_go(self->ap);
	vmm_vcpu_wait(self->ap, "the hold has ended");
}

TEST_F_TIMEOUT(state, the_bsp_is_held_and_woken_as_any_vcpu, 120)
{
	unsigned int round;

	vmm_boot_ap(self->bsp, self->ap);
	for (round = 0; round < 40; round++) {
		bool by_msr = round % 2;

		vmm_park(self->bsp, by_msr);
		if (round % 4 < 2)
			ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->bsp));
		vmm_send_init_sipi(self->ap, self->bsp, 0x10);
		vmm_vcpu_wait(self->bsp, "INIT and SIPI end the hold of the BSP");
		EXPECT_TRUE(vmm_woken_by_sipi(self->bsp, by_msr));
	}
	vmm_park(self->bsp, false);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->bsp));
	vmm_send_icr(self->ap, ES_ICR_INIT, self->bsp->nr);
	EXPECT_FALSE(vmm_vcpu_rings_within(self->bsp, QUIET_MS));
	vmm_send_icr(self->ap, ES_ICR_SIPI | 0x10, self->bsp->nr);
	vmm_vcpu_wait(self->bsp, "a SIPI long after INIT ends the hold of the BSP");
	EXPECT_TRUE(vmm_woken_by_sipi(self->bsp, false));
}

/* KVM checks the flag when it handles INIT; neither guest nor userspace may see it changed. */
TEST_F_TIMEOUT(state, the_bsp_stays_the_bsp, 120)
{
	uint64_t base = 0;

	vmm_boot_ap(self->bsp, self->ap);
	vmm_park(self->bsp, false);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->bsp));
	vmm_send_icr(self->ap, ES_ICR_INIT, self->bsp->nr);
	EXPECT_EQ(KVM_MP_STATE_INIT_RECEIVED, vmm_vcpu_mp_state(self->bsp));
	vmm_vcpu_pause(self->bsp);
	EXPECT_TRUE(vmm_get_msr(self->bsp, 0x1b, &base));
	EXPECT_EQ(0xfee00d00, base);
	vmm_vcpu_go(self->bsp);
	vmm_send_icr(self->ap, ES_ICR_SIPI | 0x10, self->bsp->nr);
	vmm_vcpu_wait(self->bsp, "INIT and SIPI end the hold of the BSP");
	vmm_order(self->bsp, AGENT_RDMSR, 0x1b, 0);
	EXPECT_EQ(0xfee00d00, vmm_mailbox(self->bsp)->out[0]);
}

TEST_HARNESS_MAIN
