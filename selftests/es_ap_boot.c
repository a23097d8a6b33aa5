// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: An AP waits for its first SIPI, which runs it from its launch VMSA whatever the vector.
 *	The AP jump table is one value for the VM, set and read back.  Any number of APs may be held
 *	at the same time.
 * Source: AMD 56421 GHCB Specification, sections "SMP Booting", "AP Jump Table", "AP Reset Hold".
 * Why it matters: The state of an AP is frozen at launch: a host that applied the SIPI's vector, or
 *	started it early, would run it somewhere else.  Firmware hands its APs over through the jump
 *	table.
 * Not covered: The contents of the jump table's page, which firmware defines (guest_boots uses it).
 */
#include <kselftest_harness.h>
#include <errno.h>
#include "ap.h"
#include "env.h"

#define QUIET_MS	200

FIXTURE(boot) {
	struct vmm_vm vm;
	struct vmm_vcpu *bsp, *ap;
};

FIXTURE_SETUP(boot)
{
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 2 });
	self->bsp = &self->vm.vcpus[0];
	self->ap = &self->vm.vcpus[1];
	vmm_vm_launch(&self->vm);
}

FIXTURE_TEARDOWN(boot)
{
	vmm_vm_destroy(&self->vm);
}

TEST_F_TIMEOUT(boot, an_ap_waits_for_its_first_sipi, 120)
{
	vmm_boot(&self->vm);
	vmm_vcpu_go(self->ap);
	EXPECT_FALSE(vmm_vcpu_rings_within(self->ap, QUIET_MS));
	EXPECT_EQ(KVM_MP_STATE_UNINITIALIZED, vmm_vcpu_mp_state(self->ap));
	vmm_send_icr(self->bsp, ES_ICR_INIT, self->ap->nr);
	EXPECT_FALSE(vmm_vcpu_rings_within(self->ap, QUIET_MS));
	EXPECT_EQ(0, vmm_mailbox(self->ap)->starts);
}

TEST_F_TIMEOUT(boot, the_first_sipi_runs_the_launch_vmsa_and_not_its_vector, 120)
{
	vmm_boot_ap(self->bsp, self->ap);
	EXPECT_EQ(1, vmm_mailbox(self->ap)->starts);
	EXPECT_EQ(self->ap->cookie, vmm_mailbox(self->ap)->launch_cookie);
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, vmm_vcpu_mp_state(self->ap));
}

TEST_F_TIMEOUT(boot, the_jump_table_reads_back_as_it_was_set, 120)
{
	vmm_boot(&self->vm);
	vmm_request(self->bsp, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_GET, 0);
	vmm_send(self->bsp);
	EXPECT_EQ(SPEC_HANDLED, vmm_info1(self->bsp));
	EXPECT_EQ(0, vmm_info2(self->bsp));

	vmm_request(self->bsp, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_SET, AGENT_SPARE_GPA);
	vmm_send(self->bsp);
	EXPECT_EQ(SPEC_HANDLED, vmm_info1(self->bsp));

	vmm_request(self->bsp, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_GET, 0);
	vmm_send(self->bsp);
	EXPECT_EQ(SPEC_HANDLED, vmm_info1(self->bsp));
	EXPECT_EQ(AGENT_SPARE_GPA, vmm_info2(self->bsp));
}

TEST_F_TIMEOUT(boot, the_jump_table_is_the_same_for_every_vcpu, 120)
{
	vmm_boot_ap(self->bsp, self->ap);
	vmm_request(self->ap, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_SET, AGENT_SPARE_GPA);
	vmm_send(self->ap);
	vmm_request(self->bsp, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_GET, 0);
	vmm_send(self->bsp);
	EXPECT_EQ(AGENT_SPARE_GPA, vmm_info2(self->bsp));
}

/* Four vCPUs: the APs are held by different methods at the same time and woken in another order. */
FIXTURE(crowd) {
	struct vmm_vm vm;
	struct vmm_vcpu *vcpus;
};

FIXTURE_SETUP(crowd)
{
	unsigned int nr;

	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 4 });
	self->vcpus = self->vm.vcpus;
	vmm_vm_launch(&self->vm);
	for (nr = 1; nr < 4; nr++)
		vmm_boot_ap(&self->vcpus[0], &self->vcpus[nr]);
}

FIXTURE_TEARDOWN(crowd)
{
	vmm_vm_destroy(&self->vm);
}

TEST_F_TIMEOUT(crowd, a_sipi_wakes_the_ap_it_is_for_and_no_other, 240)
{
	unsigned int round, nr;

	for (nr = 1; nr < 4; nr++)
		vmm_park(&self->vcpus[nr], nr % 2);
	for (round = 0; round < 30; round++) {
		unsigned int woken = 1 + round * 2 % 3;
		bool by_msr = (round / 3 + woken) % 2;

		for (nr = 1; nr < 4; nr++)
			ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD,
				  vmm_parked_mp_state(&self->vcpus[nr]));
		vmm_send_init_sipi(&self->vcpus[0], &self->vcpus[woken], 0x10);
		vmm_vcpu_wait(&self->vcpus[woken], "the SIPI wakes its AP");
		EXPECT_TRUE(vmm_woken_by_sipi(&self->vcpus[woken], by_msr));
		vmm_park(&self->vcpus[woken], !by_msr);
	}
	for (nr = 1; nr < 4; nr++)
		EXPECT_EQ(1, vmm_mailbox(&self->vcpus[nr])->starts);
}

TEST_HARNESS_MAIN
