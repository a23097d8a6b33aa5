// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: No wake-up is lost, whenever INIT and SIPI arrive: during the request for the hold, the way
 *	into it, the sleep, an NMI, a signal that takes the vCPU out of KVM_RUN, the way out.
 * Source: AMD 56421 GHCB Specification, sections "SMP Booting" and "AP Reset Hold".
 * Why it matters: A lost wake-up is a guest that hangs, once in many thousand boots.
 * Not covered: Races that need two CPUs at the same instant, on an emulated host whose CPUs take
 *	turns.
 * Fails with: stock kvm_amd (6.1 and 6.12): INIT and SIPI that come just before the hold are lost.
 *
 * ES_ROUNDS is the number of rounds (default 1000); `make -C selftests run_tests TESTS=es_wake
 * ES_ROUNDS=100000`.
 */
#include <kselftest_harness.h>
#include <stdlib.h>
#include "ap.h"
#include "env.h"

/* rounds of one order: each is waited for, so that a hang is reported soon */
#define STEP		500

FIXTURE(wake) {
	struct vmm_vm vm;
	struct vmm_vcpu *waker, *sleeper;
	unsigned int rounds;
};

FIXTURE_VARIANT(wake) {
	unsigned int sleeper;
};

FIXTURE_VARIANT_ADD(wake, ap) { .sleeper = 1 };
FIXTURE_VARIANT_ADD(wake, bsp) { .sleeper = 0 };

FIXTURE_SETUP(wake)
{
	const char *rounds = getenv("ES_ROUNDS");

	self->rounds = rounds ? atoi(rounds) : 1000;
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 2 });
	self->sleeper = &self->vm.vcpus[variant->sleeper];
	self->waker = &self->vm.vcpus[!variant->sleeper];
	vmm_vm_launch(&self->vm);
	vmm_boot_ap(&self->vm.vcpus[0], &self->vm.vcpus[1]);
}

FIXTURE_TEARDOWN(wake)
{
	vmm_vm_destroy(&self->vm);
}

static void begin_step(struct vmm_vcpu *sleeper, struct vmm_vcpu *waker, unsigned int step)
{
	vmm_mailbox(sleeper)->passes = 0;
	vmm_mailbox(sleeper)->out[0] = 0;
	vmm_order_start(sleeper, AGENT_PARK, STEP, step);
	vmm_order_start(waker, AGENT_WAKE, STEP, sleeper->nr);
}

/* Show that a long run makes progress. */
static void show(unsigned int step)
{
	if (step && step * STEP % 5000 == 0)
		printf("# %u wake-ups so far\n", step * STEP);
	fflush(stdout);
}

static unsigned int end_step(struct vmm_vcpu *sleeper, struct vmm_vcpu *waker)
{
	vmm_vcpu_wait(sleeper, "each INIT and SIPI ends a hold");
	vmm_vcpu_wait(waker, "the waking vCPU is done");
	return vmm_mailbox(sleeper)->out[1];
}

TEST_F_TIMEOUT(wake, comes_each_time, 3600)
{
	unsigned int step;

	for (step = 0; step < self->rounds / STEP; step++) {
		show(step);
		begin_step(self->sleeper, self->waker, step);
		ASSERT_EQ(0, end_step(self->sleeper, self->waker));
		EXPECT_EQ(STEP, vmm_mailbox(self->sleeper)->out[0]);
	}
	TH_LOG("%u wake-ups", step * STEP);
}

/*
 * Return false if the agent gives up when NMI handlers pile up: on a busy machine each one takes
 * long.
 */
static bool takes_nmi(struct vmm_vcpu *vcpu)
{
	struct agent_mailbox *box = vmm_mailbox(vcpu);

	return shared_read(&box->nmis) == shared_read(&box->nmis_done);
}

/* NMIs, and signals that take it out of KVM_RUN, hit the vCPU that parks wherever it is. */
TEST_F_TIMEOUT(wake, comes_each_time_under_disturbance, 3600)
{
	unsigned int step, nr, disturbed = 0;

	for (step = 0; step < self->rounds / STEP; step++) {
		show(step);
		begin_step(self->sleeper, self->waker, step);
		for (nr = 0; !vmm_vcpu_rings_within(self->sleeper, nr % 3); nr++, disturbed++) {
			if (nr % 2 && takes_nmi(self->sleeper))
				vmm_vcpu_nmi(self->sleeper);
			else
				vmm_vcpu_mp_state(self->sleeper);
			if (nr > 100000)
				vmm_fail("the sleeping vCPU does not get to its end");
		}
		ASSERT_EQ(0, end_step(self->sleeper, self->waker));
		EXPECT_EQ(STEP, vmm_mailbox(self->sleeper)->out[0]);
	}
	TH_LOG("%u wake-ups, %u disturbances, %lu NMIs", step * STEP, disturbed,
	       (unsigned long)vmm_mailbox(self->sleeper)->nmis);
}

TEST_HARNESS_MAIN
