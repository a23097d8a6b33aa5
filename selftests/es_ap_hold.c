// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A vCPU that asks for AP reset hold, by its GHCB page or by the GHCB MSR, stays parked (MP
 *	state 9) until INIT and SIPI, and the response is non-zero and uses the method of the hold.
 *	Nothing else ends the hold, and no wake-up is lost.
 * Source: AMD 56421 GHCB Specification, sections "AP Reset Hold" and "SMP Booting".
 * Why it matters: A lost wake-up is a guest that hangs while it boots.  A false one sends
 *	firmware's parked APs through the jump table to whatever it holds (edk2 does not check the
 *	response).
 * Not covered: reset by userspace, a response when the GHCB page is not mapped any more, real-mode
 *	start, which firmware defines (guest_boots uses it).
 * Fails with: stock kvm_amd: that of the SMI (6.12: KVM_RUN gives EIO; 6.1: the guest loses its
 *	memory), the NMI cases (6.1 and 6.12: the AP runs its NMI handler and gets 0), those of lost
 *	wake-ups (6.1 and 6.12: the AP is never woken after INIT and SIPI that came just before its
 *	hold), that of the control registers (KVM sets its copies of CR4 and EFER to 0 on INIT),
 *	those of the boot CPU that park it after INIT, and on 6.1 every case of the MSR protocol
 *	(the request is not known).  A module that reads KVM's APIC where there is none: the host's
 *	oops in KVM_SET_MP_STATE, no_apic.
 */
#include <kselftest_harness.h>
#include <errno.h>
#include <sys/ioctl.h>
#include "ap.h"
#include "env.h"

#define ROUNDS		200
#define KICKS		20
#define QUIET_MS	200
/* where KVM keeps a CPU's state in SMM: private memory here */
#define SMRAM_GPA	0x3fe00

FIXTURE(ap) {
	struct vmm_vm vm;
	struct vmm_vcpu *bsp, *ap;
};

FIXTURE_VARIANT(ap) {
	bool by_msr;
};

FIXTURE_VARIANT_ADD(ap, held_by_page) { .by_msr = false };
FIXTURE_VARIANT_ADD(ap, held_by_msr) { .by_msr = true };

FIXTURE_SETUP(ap)
{
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 2 });
	self->bsp = &self->vm.vcpus[0];
	self->ap = &self->vm.vcpus[1];
	vmm_vm_launch(&self->vm);
	vmm_boot_ap(self->bsp, self->ap);
}

FIXTURE_TEARDOWN(ap)
{
	vmm_vm_destroy(&self->vm);
}

/* Expect that the hold continues in that MP state, and that the guest does not run. */
#define EXPECT_HELD(vcpu, state) do {						\
	EXPECT_FALSE(vmm_vcpu_rings_within(vcpu, QUIET_MS));			\
	EXPECT_EQ(state, vmm_vcpu_mp_state(vcpu));				\
} while (0)

#define EXPECT_STILL_HELD(vcpu)	EXPECT_HELD(vcpu, KVM_MP_STATE_AP_RESET_HOLD)

TEST_F_TIMEOUT(ap, is_woken_by_init_and_sipi, 120)
{
	vmm_park(self->ap, variant->by_msr);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	EXPECT_STILL_HELD(self->ap);
	vmm_send_init_sipi(self->bsp, self->ap, 0x10);
	vmm_vcpu_wait(self->ap, "INIT and SIPI end the hold");
	EXPECT_TRUE(vmm_woken_by_sipi(self->ap, variant->by_msr));
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, vmm_vcpu_mp_state(self->ap));
	EXPECT_EQ(1, vmm_mailbox(self->ap)->starts);
}

/* INIT and SIPI reach the AP before, during and after its way into the hold, and long after. */
TEST_F_TIMEOUT(ap, never_misses_a_wake_up, 240)
{
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		vmm_park(self->ap, variant->by_msr);
		if (round % 2)
			vmm_sleep_ms(round % 16);
		else if (round % 4 && vmm_parked_mp_state(self->ap) != KVM_MP_STATE_AP_RESET_HOLD)
			vmm_fail("the AP does not park in round %u", round);
		vmm_send_init_sipi(self->bsp, self->ap, round % 256);
		vmm_vcpu_wait(self->ap, "INIT and SIPI end the hold in each round");
		EXPECT_TRUE(vmm_woken_by_sipi(self->ap, variant->by_msr));
	}
}

/* A guest's AP writes to memory that it parks before it does: INIT and SIPI may come in between. */
TEST_F_TIMEOUT(ap, a_wake_up_just_before_the_hold_is_not_lost, 120)
{
	unsigned int round;

	for (round = 0; round < 10; round++) {
		vmm_send_init_sipi(self->bsp, self->ap, 0x10);
		vmm_park(self->ap, variant->by_msr);
		vmm_vcpu_wait(self->ap, "INIT and SIPI from before the hold end it");
		EXPECT_TRUE(vmm_woken_by_sipi(self->ap, variant->by_msr));
	}
	vmm_park(self->ap, variant->by_msr);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	EXPECT_STILL_HELD(self->ap);
}

TEST_F_TIMEOUT(ap, is_not_woken_by_an_nmi_of_userspace, 120)
{
	vmm_park(self->ap, variant->by_msr);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	vmm_vcpu_nmi(self->ap);
	EXPECT_STILL_HELD(self->ap);
	EXPECT_EQ(0, vmm_mailbox(self->ap)->nmis);
	vmm_send_init_sipi(self->bsp, self->ap, 0x10);
	vmm_vcpu_wait(self->ap, "INIT and SIPI end the hold after an NMI did not");
	EXPECT_TRUE(vmm_woken_by_sipi(self->ap, variant->by_msr));
}

TEST_F_TIMEOUT(ap, is_not_woken_by_an_nmi_of_another_vcpu, 120)
{
	vmm_park(self->ap, variant->by_msr);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	vmm_send_icr(self->bsp, ES_ICR_NMI, self->ap->nr);
	EXPECT_STILL_HELD(self->ap);
	EXPECT_EQ(0, vmm_mailbox(self->ap)->nmis);
	vmm_send_init_sipi(self->bsp, self->ap, 0x10);
	vmm_vcpu_wait(self->ap, "INIT and SIPI end the hold after an NMI did not");
	EXPECT_TRUE(vmm_woken_by_sipi(self->ap, variant->by_msr));
}

static uint64_t smram(struct vmm_vcpu *vcpu)
{
	vmm_order(vcpu, AGENT_READ8, SMRAM_GPA, 0);
	return vmm_mailbox(vcpu)->out[0];
}

/*
 * There is no SMM: an SMI is dropped, whatever sends it, and INIT and SIPI end the holds after it.
 */
TEST_F_TIMEOUT(ap, an_smi_changes_nothing, 120)
{
	uint64_t before = smram(self->bsp);

	EXPECT_EQ(0, ioctl(self->vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_SMM));
	vmm_park(self->ap, variant->by_msr);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	vmm_vcpu_smi(self->ap);
	EXPECT_STILL_HELD(self->ap);
	vmm_send_icr(self->bsp, ES_ICR_SMI, self->ap->nr);
	EXPECT_STILL_HELD(self->ap);
	vmm_vcpu_set_mp_state(self->ap, KVM_MP_STATE_RUNNABLE);
	vmm_vcpu_wait(self->ap, "KVM_SET_MP_STATE ends the hold after an SMI");
	vmm_vcpu_smi(self->ap);
	EXPECT_TRUE(vmm_guest_answers(self->ap));
	vmm_park(self->ap, variant->by_msr);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	vmm_send_init_sipi(self->bsp, self->ap, 0x10);
	vmm_vcpu_wait(self->ap, "INIT and SIPI end a hold after an SMI");
	EXPECT_TRUE(vmm_woken_by_sipi(self->ap, variant->by_msr));
	EXPECT_EQ(before, smram(self->bsp));
}

/* INIT drops a pending NMI, as it does in every vCPU. */
TEST_F_TIMEOUT(ap, an_nmi_waits_until_the_hold_ends, 120)
{
	vmm_park(self->ap, variant->by_msr);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	vmm_vcpu_nmi(self->ap);
	EXPECT_STILL_HELD(self->ap);
	EXPECT_EQ(0, vmm_mailbox(self->ap)->nmis);
	vmm_vcpu_set_mp_state(self->ap, KVM_MP_STATE_RUNNABLE);
	vmm_vcpu_wait(self->ap, "KVM_SET_MP_STATE ends the hold");
	EXPECT_EQ(1, vmm_mailbox(self->ap)->nmis);
}

TEST_F_TIMEOUT(ap, is_not_woken_by_leaving_and_entering_kvm_run, 120)
{
	unsigned int kick;

	vmm_park(self->ap, variant->by_msr);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	for (kick = 0; kick < KICKS; kick++) {
		vmm_vcpu_pause(self->ap);
		vmm_vcpu_go(self->ap);
	}
	EXPECT_STILL_HELD(self->ap);
	vmm_send_init_sipi(self->bsp, self->ap, 0x10);
	vmm_vcpu_wait(self->ap, "INIT and SIPI end the hold after kicks did not");
	EXPECT_TRUE(vmm_woken_by_sipi(self->ap, variant->by_msr));
}

TEST_F_TIMEOUT(ap, is_held_after_its_mp_state_was_read_and_set_again, 120)
{
	vmm_park(self->ap, variant->by_msr);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	vmm_vcpu_set_mp_state(self->ap, KVM_MP_STATE_AP_RESET_HOLD);
	EXPECT_STILL_HELD(self->ap);
	vmm_send_init_sipi(self->bsp, self->ap, 0x10);
	vmm_vcpu_wait(self->ap, "INIT and SIPI end the hold that userspace set again");
	EXPECT_TRUE(vmm_woken_by_sipi(self->ap, variant->by_msr));
}

/* Userspace may end a hold; the response shows that it was no SIPI. */
TEST_F_TIMEOUT(ap, is_released_by_userspace_with_an_answer_of_zero, 120)
{
	vmm_park(self->ap, variant->by_msr);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	vmm_vcpu_set_mp_state(self->ap, KVM_MP_STATE_RUNNABLE);
	vmm_vcpu_wait(self->ap, "KVM_SET_MP_STATE ends the hold");
	EXPECT_FALSE(vmm_woken_by_sipi(self->ap, variant->by_msr));
	if (variant->by_msr) {
		EXPECT_EQ(SPEC_MSR_AP_HOLD_RESP, vmm_mailbox(self->ap)->out[0]);
	} else {
		EXPECT_EQ(SPEC_HANDLED, vmm_info1(self->ap));
		EXPECT_EQ(0, vmm_info2(self->ap));
	}
}

/* They are in the VMSA, which no INIT changes; KVM derives CPUID's OSXSAVE from CR4. */
TEST_F_TIMEOUT(ap, keeps_its_control_registers_over_init_as_kvm_knows_them, 120)
{
	struct kvm_sregs before = { }, after = { };

	ASSERT_EQ(0, ioctl(self->ap->fd, KVM_GET_SREGS, &before));
	vmm_park(self->ap, variant->by_msr);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
	vmm_send_init_sipi(self->bsp, self->ap, 0x10);
	vmm_vcpu_wait(self->ap, "INIT and SIPI end the hold");
	ASSERT_EQ(0, ioctl(self->ap->fd, KVM_GET_SREGS, &after));
	EXPECT_NE(0, after.cr4);
	EXPECT_EQ(before.cr0, after.cr0);
	EXPECT_EQ(before.cr4, after.cr4);
	EXPECT_EQ(before.efer, after.efer);
}

TEST_F_TIMEOUT(ap, may_be_held_both_ways_in_turn, 120)
{
	bool by_msr = variant->by_msr;
	unsigned int round;

	for (round = 0; round < 6; round++, by_msr = !by_msr) {
		vmm_park(self->ap, by_msr);
		ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->ap));
		vmm_send_init_sipi(self->bsp, self->ap, 0x10);
		vmm_vcpu_wait(self->ap, "INIT and SIPI end the hold");
		EXPECT_TRUE(vmm_woken_by_sipi(self->ap, by_msr));
	}
}

/*
 * The boot CPU, below: INIT stops it only when it is held, and the effect of INIT and SIPI is not
 * lost.
 */
#define EXPECT_BSP_WOKEN() do {							\
	vmm_vcpu_wait(self->bsp, "INIT and SIPI end the boot CPU's hold");	\
	EXPECT_TRUE(vmm_woken_by_sipi(self->bsp, variant->by_msr));		\
} while (0)

#define EXPECT_BSP_RUNS() do {							\
	EXPECT_TRUE(vmm_guest_answers(self->bsp));				\
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, vmm_vcpu_mp_state(self->bsp));		\
} while (0)

TEST_F_TIMEOUT(ap, boot_cpu_is_woken_by_init_and_sipi, 120)
{
	unsigned int round;

	for (round = 0; round < 10; round++) {
		vmm_park(self->bsp, variant->by_msr);
		EXPECT_HELD(self->bsp, KVM_MP_STATE_AP_RESET_HOLD);
		vmm_send_icr(self->ap, ES_ICR_INIT, self->bsp->nr);
		EXPECT_HELD(self->bsp, KVM_MP_STATE_INIT_RECEIVED);
		vmm_send_icr(self->ap, ES_ICR_SIPI | round, self->bsp->nr);
		EXPECT_BSP_WOKEN();
	}
}

TEST_F_TIMEOUT(ap, boot_cpu_runs_on_after_init, 120)
{
	unsigned int round;

	for (round = 0; round < 10; round++) {
		vmm_send_icr(self->ap, ES_ICR_INIT, self->bsp->nr);
		EXPECT_BSP_RUNS();
	}
	vmm_park(self->bsp, variant->by_msr);
	EXPECT_HELD(self->bsp, KVM_MP_STATE_INIT_RECEIVED);
	vmm_send_init_sipi(self->ap, self->bsp, 0x10);
	EXPECT_BSP_WOKEN();
}

TEST_F_TIMEOUT(ap, boot_cpu_is_woken_by_a_sipi_whose_init_came_before_the_hold, 120)
{
	unsigned int round;

	for (round = 0; round < 10; round++) {
		vmm_send_icr(self->ap, ES_ICR_INIT, self->bsp->nr);
		EXPECT_BSP_RUNS();
		vmm_park(self->bsp, variant->by_msr);
		EXPECT_HELD(self->bsp, KVM_MP_STATE_INIT_RECEIVED);
		vmm_send_icr(self->ap, ES_ICR_SIPI | round, self->bsp->nr);
		EXPECT_BSP_WOKEN();
	}
}

TEST_F_TIMEOUT(ap, boot_cpu_does_not_lose_a_wake_up_just_before_the_hold, 120)
{
	unsigned int round;

	for (round = 0; round < 10; round++) {
		vmm_send_icr(self->ap, ES_ICR_INIT, self->bsp->nr);
		if (round % 2)
			EXPECT_BSP_RUNS();
		vmm_send_icr(self->ap, ES_ICR_SIPI | round, self->bsp->nr);
		if (round % 3)
			EXPECT_BSP_RUNS();
		vmm_park(self->bsp, variant->by_msr);
		EXPECT_BSP_WOKEN();
	}
	vmm_park(self->bsp, variant->by_msr);
	EXPECT_HELD(self->bsp, KVM_MP_STATE_AP_RESET_HOLD);
}

/* A SIPI without INIT has no effect, and a later INIT gives it none. */
TEST_F_TIMEOUT(ap, boot_cpu_forgets_a_sipi_that_no_init_came_before, 120)
{
	vmm_send_icr(self->ap, ES_ICR_SIPI | 0x10, self->bsp->nr);
	EXPECT_BSP_RUNS();
	vmm_send_icr(self->ap, ES_ICR_INIT, self->bsp->nr);
	EXPECT_BSP_RUNS();
	vmm_park(self->bsp, variant->by_msr);
	EXPECT_HELD(self->bsp, KVM_MP_STATE_INIT_RECEIVED);
	vmm_send_icr(self->ap, ES_ICR_SIPI | 0x10, self->bsp->nr);
	EXPECT_BSP_WOKEN();
}

/* A VMM with its own APIC keeps the MP state: a hold is an exit, and KVM_RUN ends it. */
FIXTURE(no_apic) {
	struct vmm_vm vm;
	struct vmm_vcpu *bsp;
};

FIXTURE_VARIANT(no_apic) {
	bool by_msr;
};

FIXTURE_VARIANT_ADD(no_apic, held_by_page) { .by_msr = false };
FIXTURE_VARIANT_ADD(no_apic, held_by_msr) { .by_msr = true };

FIXTURE_SETUP(no_apic)
{
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 1, .no_apic = true });
	self->bsp = &self->vm.vcpus[0];
	vmm_vm_launch(&self->vm);
	vmm_boot(&self->vm);
}

FIXTURE_TEARDOWN(no_apic)
{
	vmm_vm_destroy(&self->vm);
}

static int set_mp_state(struct vmm_vcpu *vcpu, unsigned int state)
{
	return ioctl(vcpu->fd, KVM_SET_MP_STATE, &(struct kvm_mp_state){ state }) ? errno : 0;
}

TEST_F_TIMEOUT(no_apic, a_hold_is_an_exit_that_kvm_run_ends, 120)
{
	unsigned int round;

	for (round = 0; round < 3; round++) {
		vmm_park(self->bsp, variant->by_msr);
		vmm_vcpu_wait_stop(self->bsp, "a hold is an exit");
		EXPECT_EQ(KVM_EXIT_AP_RESET_HOLD, self->bsp->run->exit_reason);
		EXPECT_EQ(EINVAL, set_mp_state(self->bsp, KVM_MP_STATE_AP_RESET_HOLD));
		EXPECT_EQ(EINVAL, set_mp_state(self->bsp, KVM_MP_STATE_INIT_RECEIVED));
		EXPECT_EQ(EINVAL, set_mp_state(self->bsp, KVM_MP_STATE_SIPI_RECEIVED));
		EXPECT_EQ(0, set_mp_state(self->bsp, KVM_MP_STATE_RUNNABLE));
		vmm_vcpu_go(self->bsp);
		vmm_vcpu_wait(self->bsp, "KVM_RUN ends the hold");
		EXPECT_FALSE(vmm_woken_by_sipi(self->bsp, variant->by_msr));
	}
}

TEST_HARNESS_MAIN
