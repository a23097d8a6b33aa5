// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A guest is launched in the order START, UPDATE_DATA, UPDATE_VMSA, MEASURE, FINISH, and each
 *	step moves it through the states launch-update, launch-secret, running.  A step out of order
 *	is rejected, and no VMSA joins after the measurement.
 * Source: AMD 55766 SEV API, chapters "Guest Launch" and "Guest Context" (states, nonce,
 *	measurement).
 * Why it matters: The measurement is what a guest's owner trusts.  All that this module replaces
 *	depends on a launch that is still KVM's code.
 * Not covered: Whether the measurement is correct for its contents (the platform's tests recompute
 *	it), LAUNCH_SECRET, other policies.
 * Fails with: a security processor that reports success for everything (an early sketch of the
 *	platform's): five of the eight cases.
 */
#include <kselftest_harness.h>
#include <errno.h>
#include "env.h"
#include "order.h"

FIXTURE(launch) {
	struct vmm_vm vm;
};

FIXTURE_SETUP(launch)
{
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 1 });
}

FIXTURE_TEARDOWN(launch)
{
	vmm_vm_destroy(&self->vm);
}

TEST_F(launch, goes_through_the_states_of_a_guest)
{
	struct vmm_vm *vm = &self->vm;

	ASSERT_EQ(0, vmm_launch_start(vm));
	EXPECT_EQ(ES_LAUNCH_UPDATE, vmm_guest_state(vm));
	ASSERT_EQ(0, vmm_launch_data(vm));
	ASSERT_EQ(0, vmm_launch_vmsa(vm));
	EXPECT_EQ(ES_LAUNCH_UPDATE, vmm_guest_state(vm));
	ASSERT_EQ(0, vmm_launch_measure(vm));
	EXPECT_EQ(ES_LAUNCH_SECRET, vmm_guest_state(vm));
	ASSERT_EQ(0, vmm_launch_finish(vm));
	EXPECT_EQ(ES_RUNNING, vmm_guest_state(vm));
	vmm_boot(vm);
	EXPECT_EQ(1, vmm_mailbox(&vm->vcpus[0])->starts);
}

TEST_F(launch, status_reports_the_policy)
{
	struct kvm_sev_guest_status status = { 0 };

	ASSERT_EQ(0, vmm_launch_start(&self->vm));
	ASSERT_EQ(0, vmm_sev_cmd(&self->vm, KVM_SEV_GUEST_STATUS, &status, NULL));
	EXPECT_EQ(ES_POLICY_NODBG | ES_POLICY_ES, status.policy);
	EXPECT_NE(0, status.handle);
}

TEST_F(launch, measurement_says_its_length_when_asked_with_none)
{
	struct kvm_sev_launch_measure measure = { 0 };
	uint32_t fw_error = 0;

	ASSERT_EQ(0, vmm_launch_start(&self->vm));
	ASSERT_EQ(0, vmm_launch_data(&self->vm));
	ASSERT_EQ(0, vmm_launch_vmsa(&self->vm));
	vmm_sev_cmd(&self->vm, KVM_SEV_LAUNCH_MEASURE, &measure, &fw_error);
	EXPECT_EQ(ES_MEASURE_BYTES + ES_NONCE_BYTES, measure.len);
	EXPECT_EQ(ES_LAUNCH_UPDATE, vmm_guest_state(&self->vm));
}

static bool all_zero(const uint8_t *bytes, unsigned int len_bytes)
{
	while (len_bytes--) {
		if (*bytes++)
			return false;
	}
	return true;
}

TEST_F(launch, two_launches_of_the_same_guest_measure_differently)
{
	struct vmm_vm other;
	const uint8_t *a = self->vm.measurement, *b = other.measurement;

	vmm_vm_create(&other, &(struct vmm_vm_options){ .nr_vcpus = 1 });
	vmm_vm_launch(&self->vm);
	vmm_vm_launch(&other);
	EXPECT_FALSE(all_zero(a, ES_MEASURE_BYTES));
	EXPECT_FALSE(all_zero(a + ES_MEASURE_BYTES, ES_NONCE_BYTES));
	EXPECT_NE(0, memcmp(a, b, ES_MEASURE_BYTES));
	EXPECT_NE(0, memcmp(a + ES_MEASURE_BYTES, b + ES_MEASURE_BYTES, ES_NONCE_BYTES));
	vmm_vm_destroy(&other);
}

TEST_F(launch, nothing_before_start)
{
	EXPECT_NE(0, vmm_launch_data(&self->vm));
	EXPECT_NE(0, vmm_launch_vmsa(&self->vm));
	EXPECT_NE(0, vmm_launch_measure(&self->vm));
	EXPECT_NE(0, vmm_launch_finish(&self->vm));
}

TEST_F(launch, no_finish_before_measure)
{
	ASSERT_EQ(0, vmm_launch_start(&self->vm));
	ASSERT_EQ(0, vmm_launch_data(&self->vm));
	ASSERT_EQ(0, vmm_launch_vmsa(&self->vm));
	EXPECT_NE(0, vmm_launch_finish(&self->vm));
	EXPECT_EQ(ES_LAUNCH_UPDATE, vmm_guest_state(&self->vm));
}

TEST_F(launch, no_data_and_no_vmsa_after_measure)
{
	ASSERT_EQ(0, vmm_launch_start(&self->vm));
	ASSERT_EQ(0, vmm_launch_data(&self->vm));
	ASSERT_EQ(0, vmm_launch_vmsa(&self->vm));
	ASSERT_EQ(0, vmm_launch_measure(&self->vm));
	EXPECT_NE(0, vmm_launch_data(&self->vm));
	EXPECT_NE(0, vmm_launch_vmsa(&self->vm));
	EXPECT_EQ(0, vmm_launch_finish(&self->vm));
}

TEST_F(launch, no_second_start)
{
	ASSERT_EQ(0, vmm_launch_start(&self->vm));
	EXPECT_NE(0, vmm_launch_start(&self->vm));
}

TEST_HARNESS_MAIN
