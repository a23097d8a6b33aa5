// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM moves a guest to another VM of the same host with all that
 *	it can notice: its responses, its jump table, the offered versions, holds, sleep and
 *	interrupts, and the exit that its VMM was working on.  KVM_CAP_VM_COPY_ENC_CONTEXT_FROM
 *	gives a mirror the owner's negotiated values.
 * Source: KVM API, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM and KVM_CAP_VM_COPY_ENC_CONTEXT_FROM; AMD 56421
 *	GHCB Specification, sections "SMP Booting" and "GHCB MSR Protocol".
 * Why it matters: This is how a VMM is upgraded under a running guest.
 * Not covered: A move to another process (es_move_process.c); AVIC, which the emulated host does
 *	not have.
 * Fails with: stock kvm_amd: 6.1: jump table, hold after a pause, sleep, each exit in flight, the
 *	file of /dev/sev.  6.12: every case, because the moved VM cannot be run (KVM_SEV_ES_INIT:
 *	VMRUN without LBR virtualization; KVM_SEV_INIT2: EINVAL).
 */
#include <kselftest_harness.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "ap.h"
#include "env.h"
#include "migrate.h"

#define PORT		0x1234
#define X2APIC_SPIV	0x80f
#define SPIV_ENABLED	0x1ff
#define ICR_FIXED	(0x4000u | AGENT_VECTOR)
#define MOVES		100
#define EFER_SVME	0x1000

struct moving {
	struct vmm_vm vms[2];
	struct vmm_vm_options options;
	struct vmm_vm *vm;		/* where the guest is */
	struct vmm_vcpu *bsp, *ap;
};

FIXTURE(move) {
	struct moving m;
};

FIXTURE_VARIANT(move) {
	unsigned int ghcb_version;
};

FIXTURE_VARIANT_ADD(move, es_init) { .ghcb_version = 0 };
FIXTURE_VARIANT_ADD(move, init2) { .ghcb_version = ES_GHCB_DEFAULT };

static void guest_is_in(struct moving *self, unsigned int nr)
{
	self->vm = &self->vms[nr];
	self->bsp = &self->vm->vcpus[0];
	self->ap = &self->vm->vcpus[1];
}

static void move(struct moving *self)
{
	unsigned int to = self->vm == &self->vms[0];

	vmm_vm_move(&self->vms[to], self->vm, &self->options);
	guest_is_in(self, to);
}

FIXTURE_SETUP(move)
{
	self->m.options = (struct vmm_vm_options){ .nr_vcpus = 2,
						   .ghcb_version = variant->ghcb_version };
	vmm_vm_create(&self->m.vms[0], &self->m.options);
	guest_is_in(&self->m, 0);
	vmm_vm_launch(self->m.vm);
	vmm_boot_ap(self->m.bsp, self->m.ap);
}

FIXTURE_TEARDOWN(move)
{
	vmm_vm_destroy(self->m.vm);
}

TEST_F_TIMEOUT(move, the_guest_goes_on, 120)
{
	move(&self->m);
	EXPECT_TRUE(vmm_guest_answers(self->m.bsp));
	EXPECT_TRUE(vmm_guest_answers(self->m.ap));
	EXPECT_EQ(1, vmm_mailbox(self->m.ap)->starts);
}

TEST_F_TIMEOUT(move, the_jump_table_goes_with_it, 120)
{
	vmm_request(self->m.bsp, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_SET, AGENT_SPARE_GPA);
	vmm_send(self->m.bsp);
	move(&self->m);
	vmm_request(self->m.bsp, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_GET, 0);
	vmm_send(self->m.bsp);
	EXPECT_EQ(AGENT_SPARE_GPA, vmm_info2(self->m.bsp));
}

TEST_F_TIMEOUT(move, the_same_versions_are_on_offer, 120)
{
	uint64_t before = vmm_msr_proto(self->m.bsp, SPEC_MSR_SEV_INFO_REQ);

	EXPECT_EQ(SPEC_MSR_SEV_INFO, SPEC_MSR_INFO(before));
	move(&self->m);
	EXPECT_EQ(before, vmm_msr_proto(self->m.bsp, SPEC_MSR_SEV_INFO_REQ));
}

/* CPUID shows CR4 to the guest; userspace cannot set KVM's copies of encrypted registers. */
/* 6.12 does not show registers of a VM created with KVM_SEV_INIT2. */
TEST_F_TIMEOUT(move, what_kvm_knows_of_control_registers_goes_with_it, 120)
{
	struct kvm_sregs before = { }, after = { };
	int shown = ioctl(self->m.bsp->fd, KVM_GET_SREGS, &before);

	EXPECT_TRUE(!shown || variant->ghcb_version);
	move(&self->m);
	EXPECT_EQ(shown, ioctl(self->m.bsp->fd, KVM_GET_SREGS, &after));
	EXPECT_EQ(before.cr0, after.cr0);
	EXPECT_EQ(before.cr4, after.cr4);
	EXPECT_EQ(before.efer, after.efer);
}

/*
 * KVM treats EFER.SVME as proof that it has memory for the state of nested guests.  The source has
 * such memory, because its VMM set SVME before the launch; the target has not.
 */
TEST_F_TIMEOUT(move, nested_state_stays_behind, 120)
{
	struct { struct kvm_nested_state head; uint8_t data[4096]; } nested = {
		.head = { .format = KVM_STATE_NESTED_FORMAT_SVM, .size = sizeof(nested),
			  .flags = KVM_STATE_NESTED_GUEST_MODE | KVM_STATE_NESTED_GIF_SET,
			  .hdr.svm.vmcb_pa = 0x1000 },
	};
	struct vmm_vm_options twin = self->m.options;
	struct kvm_sregs sregs;
	struct vmm_vm from, to;

	vmm_vm_create(&from, &self->m.options);
	ASSERT_EQ(0, ioctl(from.vcpus[0].fd, KVM_GET_SREGS, &sregs));
	sregs.efer |= EFER_SVME;
	ASSERT_EQ(0, ioctl(from.vcpus[0].fd, KVM_SET_SREGS, &sregs));
	vmm_vm_launch(&from);
	twin.twin_of = &from;
	vmm_vm_create(&to, &twin);
	ASSERT_EQ(0, vmm_move_context(&to, &from));
	/* Intercept VMRUN, ASID 1; CR0, EFER, DR6, DR7 and RFLAGS as KVM requires them. */
	*(uint32_t *)(nested.data + 0x10) = 1;
	*(uint32_t *)(nested.data + 0x58) = 1;
	*(uint64_t *)(nested.data + 0x400 + 0xd0) = EFER_SVME;
	*(uint64_t *)(nested.data + 0x400 + 0x158) = 0x80000011;
	*(uint64_t *)(nested.data + 0x400 + 0x160) = 0x400;
	*(uint64_t *)(nested.data + 0x400 + 0x168) = 0xffff0ff0;
	*(uint64_t *)(nested.data + 0x400 + 0x170) = 2;
	EXPECT_EQ(-1, ioctl(to.vcpus[0].fd, KVM_SET_NESTED_STATE, &nested));
	EXPECT_EQ(EINVAL, errno);
	vmm_vm_close(&to);
	vmm_vm_destroy(&from);
}

/* Linux writes them when a CPU comes online; there is no request for them. */
TEST_F_TIMEOUT(move, the_guest_may_use_its_debug_registers, 120)
{
	vmm_order(self->m.ap, AGENT_DR0, 0x1234000, 0);
	EXPECT_EQ(0x1234000, vmm_mailbox(self->m.ap)->out[0]);
	move(&self->m);
	vmm_order(self->m.ap, AGENT_DR0, 0x5678000, 0);
	EXPECT_EQ(0x5678000, vmm_mailbox(self->m.ap)->out[0]);
}

TEST_F_TIMEOUT(move, a_held_vcpu_stays_held_and_is_woken_by_its_own_road, 120)
{
	unsigned int by_msr;

	for (by_msr = 0; by_msr < 2; by_msr++) {
		vmm_park(self->m.ap, by_msr);
		ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->m.ap));
		move(&self->m);
		EXPECT_FALSE(vmm_vcpu_rings_within(self->m.ap, 200));
		EXPECT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_vcpu_mp_state(self->m.ap));
		vmm_send_init_sipi(self->m.bsp, self->m.ap, 0x10);
		vmm_vcpu_wait(self->m.ap,
			      "INIT and SIPI end the hold in the VM that the guest was moved to");
		EXPECT_TRUE(vmm_woken_by_sipi(self->m.ap, by_msr));
	}
}

/* INIT and SIPI that no vCPU has checked yet are in the MP state that the VMM reads. */
TEST_F_TIMEOUT(move, a_wake_up_on_its_way_is_not_lost, 120)
{
	vmm_park(self->m.ap, false);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->m.ap));
	vmm_vcpu_pause(self->m.ap);
	vmm_send_init_sipi(self->m.bsp, self->m.ap, 0x10);
	move(&self->m);
	vmm_vcpu_go(self->m.ap);
	vmm_vcpu_wait(self->m.ap, "INIT and SIPI from before the move end the hold");
	EXPECT_TRUE(vmm_woken_by_sipi(self->m.ap, false));
}

TEST_F_TIMEOUT(move, an_nmi_that_waits_for_the_end_of_a_hold_goes_with_it, 120)
{
	vmm_park(self->m.ap, false);
	ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->m.ap));
	vmm_vcpu_nmi(self->m.ap);
	EXPECT_FALSE(vmm_vcpu_rings_within(self->m.ap, 200));
	move(&self->m);
	EXPECT_FALSE(vmm_vcpu_rings_within(self->m.ap, 200));
	EXPECT_EQ(0, vmm_mailbox(self->m.ap)->nmis);
	vmm_vcpu_set_mp_state(self->m.ap, KVM_MP_STATE_RUNNABLE);
	vmm_vcpu_wait(self->m.ap,
		      "KVM_SET_MP_STATE ends the hold in the VM that the guest was moved to");
	EXPECT_EQ(1, vmm_mailbox(self->m.ap)->nmis);
}

TEST_F_TIMEOUT(move, a_sleeping_vcpu_is_woken_by_an_interrupt, 120)
{
	vmm_order(self->m.ap, AGENT_WRMSR, X2APIC_SPIV, SPIV_ENABLED);
	vmm_order_start(self->m.ap, AGENT_HALT, 0, 0);
	ASSERT_EQ(KVM_MP_STATE_HALTED, vmm_halted_mp_state(self->m.ap));
	move(&self->m);
	EXPECT_FALSE(vmm_vcpu_rings_within(self->m.ap, 200));
	vmm_send_icr(self->m.bsp, ICR_FIXED, self->m.ap->nr);
	vmm_vcpu_wait(self->m.ap, "an interrupt wakes the vCPU that sleeps in HLT");
	EXPECT_EQ(1, vmm_mailbox(self->m.ap)->interrupts);
}

TEST_F_TIMEOUT(move, an_in_that_the_vmm_works_on_gets_its_value, 120)
{
	vmm_order_start(self->m.ap, AGENT_IN, PORT, 0);
	vmm_vcpu_wait_stop(self->m.ap, "IN exits to userspace");
	ASSERT_EQ(KVM_EXIT_IO, self->m.ap->run->exit_reason);
	*(uint32_t *)((uint8_t *)self->m.ap->run + self->m.ap->run->io.data_offset) = 0x1badb002;
	move(&self->m);
	vmm_vcpu_go(self->m.ap);
	vmm_vcpu_wait(self->m.ap, "the guest goes on after IN");
	EXPECT_EQ(0x1badb002, vmm_mailbox(self->m.ap)->out[0]);
}

TEST_F_TIMEOUT(move, an_mmio_read_that_the_vmm_works_on_gets_its_value, 120)
{
	vmm_order_start(self->m.ap, AGENT_LOAD, AGENT_MMIO_GPA, 0);
	vmm_vcpu_wait_stop(self->m.ap, "an MMIO read exits to userspace");
	ASSERT_EQ(KVM_EXIT_MMIO, self->m.ap->run->exit_reason);
	*(uint32_t *)self->m.ap->run->mmio.data = 0x2badb002;
	move(&self->m);
	vmm_vcpu_go(self->m.ap);
	vmm_vcpu_wait(self->m.ap, "the guest goes on after an MMIO read");
	EXPECT_EQ(0x2badb002, vmm_mailbox(self->m.ap)->out[0]);
}

TEST_F_TIMEOUT(move, an_rdmsr_that_the_vmm_works_on_gets_its_value, 120)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_USER_SPACE_MSR, .args[0] = KVM_MSR_EXIT_REASON_UNKNOWN,
	};

	ASSERT_EQ(0, ioctl(self->m.vm->fd, KVM_ENABLE_CAP, &cap));
	vmm_order_start(self->m.ap, AGENT_RDMSR, 0x12345678, 0);
	vmm_vcpu_wait_stop(self->m.ap, "RDMSR exits to userspace");
	ASSERT_EQ(KVM_EXIT_X86_RDMSR, self->m.ap->run->exit_reason);
	self->m.ap->run->msr.data = 0x1122334455667788;
	self->m.ap->run->msr.error = 0;
	move(&self->m);
	vmm_vcpu_go(self->m.ap);
	vmm_vcpu_wait(self->m.ap, "the guest goes on after RDMSR");
	EXPECT_EQ(0x1122334455667788, vmm_mailbox(self->m.ap)->out[0]);
}

/* Version 1 only: 16 bytes are two exits.  The first is not the whole response. */
TEST_F_TIMEOUT(move, an_exit_in_two_parts_is_finished_first, 120)
{
	uint8_t *ghcb = vmm_request(self->m.ap, SPEC_NAE_MMIO_READ, AGENT_MMIO_GPA, 16);
	struct vmm_vm_options twin = self->m.options;
	struct kvm_run *run = self->m.ap->run;
	struct vmm_vm other;

	if (variant->ghcb_version)
		SKIP(return, "version 2 has no MMIO of more than 8 bytes");
	spec_ghcb_put(ghcb, SPEC_GHCB_SCRATCH, vmm_ghcb_gpa(self->m.ap) + SPEC_GHCB_BUFFER);
	vmm_order_start(self->m.ap, AGENT_NAE, 0, 0);
	twin.twin_of = self->m.vm;
	vmm_vm_create(&other, &twin);
	vmm_vcpu_wait_stop(self->m.ap, "the first part exits to userspace");
	ASSERT_EQ(KVM_EXIT_MMIO, run->exit_reason);
	EXPECT_EQ(AGENT_MMIO_GPA, run->mmio.phys_addr);
	EXPECT_EQ(-EBUSY, vmm_move_context(&other, self->m.vm));
	memset(run->mmio.data, 0x11, 8);
	EXPECT_FALSE(vmm_vcpu_complete_io(self->m.ap));
	EXPECT_EQ(-EBUSY, vmm_move_context(&other, self->m.vm));
	ASSERT_EQ(KVM_EXIT_MMIO, run->exit_reason);
	EXPECT_EQ(AGENT_MMIO_GPA + 8, run->mmio.phys_addr);
	memset(run->mmio.data, 0x22, 8);
	vmm_vcpu_go(self->m.ap);
	vmm_vcpu_wait(self->m.ap, "the guest goes on after both parts");
	EXPECT_EQ(SPEC_HANDLED, vmm_info1(self->m.ap));
	EXPECT_EQ(0x1111111111111111, *(uint64_t *)(vmm_answer(self->m.ap) + SPEC_GHCB_BUFFER));
	EXPECT_EQ(0x2222222222222222, *(uint64_t *)(vmm_answer(self->m.ap) + SPEC_GHCB_BUFFER + 8));
	vmm_vm_destroy(&other);
}

/* Another process has another number for it, and the source's may be closed. */
TEST_F_TIMEOUT(move, commands_use_the_file_of_dev_sev_that_they_name, 120)
{
	struct vmm_packet packet;

	close(self->m.vm->sev_fd);
	self->m.vm->sev_fd = open("/dev/null", O_RDWR);
	move(&self->m);
	/* the firmware's error: nothing is to be sent */
	EXPECT_EQ(-EIO, vmm_send_vmsa(self->m.bsp, &packet, NULL));
	EXPECT_EQ(ES_RUNNING, vmm_guest_state(self->m.vm));
}

TEST_F_TIMEOUT(move, a_hundred_times_in_turn, 600)
{
	unsigned int round;

	vmm_request(self->m.bsp, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_SET, AGENT_SPARE_GPA);
	vmm_send(self->m.bsp);
	for (round = 0; round < MOVES; round++) {
		vmm_park(self->m.ap, round % 2);
		ASSERT_EQ(KVM_MP_STATE_AP_RESET_HOLD, vmm_parked_mp_state(self->m.ap));
		move(&self->m);
		ASSERT_TRUE(vmm_guest_answers(self->m.bsp));
		vmm_send_init_sipi(self->m.bsp, self->m.ap, 0x10);
		vmm_vcpu_wait(self->m.ap, "INIT and SIPI end the hold after each move");
		ASSERT_TRUE(vmm_woken_by_sipi(self->m.ap, round % 2));
	}
	vmm_request(self->m.bsp, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_GET, 0);
	vmm_send(self->m.bsp);
	EXPECT_EQ(AGENT_SPARE_GPA, vmm_info2(self->m.bsp));
	EXPECT_EQ(1, vmm_mailbox(self->m.ap)->starts);
}

/* Send from vCPU 1 of the mirror: its mailbox is not that of the owner's only vCPU. */
static uint64_t info_in_mirror(struct vmm_vm *owner, unsigned int ghcb_version)
{
	struct vmm_vm_options options = { .nr_vcpus = 2,
					  .ghcb_version = ghcb_version,
					  .mirror_of = owner };
	struct vmm_vm mirror;
	uint64_t info;

	vmm_vm_create(&mirror, &options);
	if (vmm_launch_vmsa(&mirror) || vmm_launch_measure(owner) || vmm_launch_finish(owner))
		vmm_fail("the mirror cannot be launched: %m");
	vmm_vcpu_set_mp_state(&mirror.vcpus[1], KVM_MP_STATE_RUNNABLE);
	vmm_vcpu_go(&mirror.vcpus[1]);
	vmm_vcpu_wait(&mirror.vcpus[1], "the mirror's vCPU starts");
	info = vmm_msr_proto(&mirror.vcpus[1], SPEC_MSR_SEV_INFO_REQ);
	if (!vmm_guest_answers(&mirror.vcpus[1]))
		vmm_fail("the mirror's vCPU gets a wrong answer");
	vmm_vm_destroy(&mirror);
	return info;
}

TEST_F_TIMEOUT(move, a_mirror_offers_the_owners_versions, 120)
{
	struct vmm_vm owner;

	vmm_vm_create(&owner,
		      &(struct vmm_vm_options){ .nr_vcpus = 1,
						.ghcb_version = variant->ghcb_version });
	if (vmm_launch_start(&owner) || vmm_launch_data(&owner) || vmm_launch_vmsa(&owner))
		vmm_fail("the owner cannot be launched: %m");
	EXPECT_EQ(vmm_msr_proto(self->m.bsp, SPEC_MSR_SEV_INFO_REQ),
		  info_in_mirror(&owner, variant->ghcb_version));
	vmm_vm_destroy(&owner);
}

TEST_HARNESS_MAIN
