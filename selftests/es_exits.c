// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: Whatever a guest executes, KVM_RUN does not fail for it, and no exit reports that KVM does
 *	not know what the guest did.  A triple fault is KVM_EXIT_SHUTDOWN, of that vCPU only.
 * Source: AMD 24593 APM Volume 2, "Encrypted State (SEV-ES)" (automatic exits, write traps); KVM
 *	API, KVM_RUN.
 * Why it matters: A VMM mistakes an errno of KVM_RUN for an error of the host.  It stops, reports a
 *	fault of KVM, and does not see that its guest wanted a reset or crashed.
 * Not covered: Requests by the GHCB (es_conformance.c has each); the exits of hosts with other
 *	intercepts (AVIC, bus locks); reserved bits of control registers, for which a CPU raises #GP
 *	in the guest, and the emulated one does not.
 * Fails with: stock kvm_amd of 6.1: KVM_RUN fails with EINVAL when a guest has a triple fault.
 */
#include <kselftest_harness.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "ap.h"
#include "env.h"

#define CODE_GPA	AGENT_SPARE_GPA
#define TABLE_OF_2M	(AGENT_TABLES_GPA + 0x2000)
#define FREE_GVA	(AGENT_LATER_GPA + 0x200000)	/* the agent maps nothing here */
/* 2 MiB: present, writable, accessed, dirty */
#define PDE_DATA	0xe3ull
#define QUIET_MS	300
#define RET		0xc3

enum end {
	GOES_ON,	/* the code is executed to its end */
	RAISES,		/* an exception hits it: its own, or #VC */
	EITHER,
	SHUTDOWN,
};

/* Machine code; a RET follows it. */
static const struct deed {
	const char *name;
	enum end end;
	uint8_t code[40];
} deeds[] = {
	{ "PAUSE, 4096 times", GOES_ON, { 0xb9, 0x00, 0x10, 0x00, 0x00, 0xf3, 0x90, 0xe2, 0xfc } },
	/* The code reads the register, changes a bit of it and changes it back. */
	{ "CR0.WP", GOES_ON, { 0x0f, 0x20, 0xc0, 0x48, 0x35, 0x00, 0x00, 0x01, 0x00, 0x0f, 0x22,
			       0xc0, 0x48, 0x35, 0x00, 0x00, 0x01, 0x00, 0x0f, 0x22, 0xc0 } },
	{ "CR0.CD", GOES_ON, { 0x0f, 0x20, 0xc0, 0x48, 0x35, 0x00, 0x00, 0x00, 0x40, 0x0f, 0x22,
			       0xc0, 0x48, 0x35, 0x00, 0x00, 0x00, 0x40, 0x0f, 0x22, 0xc0 } },
	{ "CR4.PGE", GOES_ON, { 0x0f, 0x20, 0xe0, 0x48, 0x35, 0x80, 0x00, 0x00, 0x00, 0x0f, 0x22,
				0xe0, 0x48, 0x35, 0x80, 0x00, 0x00, 0x00, 0x0f, 0x22, 0xe0 } },
	{ "CR4.OSXSAVE", GOES_ON, { 0x0f, 0x20, 0xe0, 0x48, 0x35, 0x00, 0x00, 0x04, 0x00, 0x0f,
				    0x22, 0xe0, 0x48, 0x35, 0x00, 0x00, 0x04, 0x00, 0x0f, 0x22,
				    0xe0 } },
	{ "CR8 = 15, then 0", GOES_ON, { 0xb8, 0x0f, 0x00, 0x00, 0x00, 0x44, 0x0f, 0x22, 0xc0,
					 0x31, 0xc0, 0x44, 0x0f, 0x22, 0xc0 } },
	{ "EFER.NXE", GOES_ON, { 0xb9, 0x80, 0x00, 0x00, 0xc0, 0x0f, 0x32, 0x35, 0x00, 0x08, 0x00,
				 0x00, 0x0f, 0x30, 0x35, 0x00, 0x08, 0x00, 0x00, 0x0f, 0x30 } },
	{ "EFER.SVME", GOES_ON, { 0xb9, 0x80, 0x00, 0x00, 0xc0, 0x0f, 0x32, 0x35, 0x00, 0x10, 0x00,
				  0x00, 0x0f, 0x30, 0x35, 0x00, 0x10, 0x00, 0x00, 0x0f, 0x30 } },
	{ "RDTSC", GOES_ON, { 0x0f, 0x31 } },
	{ "INVLPG", GOES_ON, { 0x0f, 0x01, 0x38 } },
	{ "RDTSCP", EITHER, { 0x0f, 0x01, 0xf9 } },
	{ "INT3", RAISES, { 0xcc } },
	{ "ICEBP", RAISES, { 0xf1 } },
	{ "INT 0x80", RAISES, { 0xcd, 0x80 } },
	{ "UD2", RAISES, { 0x0f, 0x0b } },
	{ "VMRUN", RAISES, { 0x0f, 0x01, 0xd8 } },
	{ "VMMCALL", RAISES, { 0x0f, 0x01, 0xd9 } },
	{ "VMLOAD", RAISES, { 0x0f, 0x01, 0xda } },
	{ "VMSAVE", RAISES, { 0x0f, 0x01, 0xdb } },
	{ "STGI", RAISES, { 0x0f, 0x01, 0xdc } },
	{ "CLGI", RAISES, { 0x0f, 0x01, 0xdd } },
	{ "SKINIT", RAISES, { 0x0f, 0x01, 0xde } },
	{ "INVLPGA", RAISES, { 0x0f, 0x01, 0xdf } },
	{ "RDPMC", RAISES, { 0x31, 0xc9, 0x0f, 0x33 } },
	{ "XSETBV", RAISES, { 0x31, 0xc9, 0x0f, 0x01, 0xd1 } },
	{ "MONITOR", RAISES, { 0x0f, 0x01, 0xc8 } },
	{ "MWAIT", RAISES, { 0x0f, 0x01, 0xc9 } },
	{ "INVD", RAISES, { 0x0f, 0x08 } },
	{ "WBINVD", RAISES, { 0x0f, 0x09 } },
	{ "RSM", RAISES, { 0x0f, 0xaa } },
	{ "VMCALL, which no AMD CPU has", RAISES, { 0x0f, 0x01, 0xc1 } },
	{ "far jump into a task", RAISES, { 0x48, 0xff, 0x2c, 0x25, 0x00, 0x00, 0x1c, 0x00 } },
	{ "fetch where no memory is", RAISES, { 0x31, 0xc0, 0x48, 0xff, 0xc8, 0xff, 0xe0 } },
	/* LIDT of zeroes, UD2 */
	{ "no IDT", SHUTDOWN, { 0x0f, 0x01, 0x1d, 0x02, 0x00, 0x00, 0x00, 0x0f, 0x0b } },
	{ "no stack: CPUID", SHUTDOWN, { 0x31, 0xe4, 0x0f, 0xa2 } },
	{ "no stack: UD2", SHUTDOWN, { 0x31, 0xe4, 0x0f, 0x0b } },
};

FIXTURE(exits) {
	struct vmm_vm vm;
	struct vmm_vcpu *bsp, *ap;
	unsigned int mmio;
};

static bool take_mmio(struct vmm_vcpu *vcpu, struct kvm_run *run)
{
	unsigned int *mmio = vcpu->vm->context;

	*mmio += run->exit_reason == KVM_EXIT_MMIO;
	return run->exit_reason == KVM_EXIT_MMIO;
}

static void launch(struct _test_data_exits *self)
{
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 2 });
	self->bsp = &self->vm.vcpus[0];
	self->ap = &self->vm.vcpus[1];
	self->vm.context = &self->mmio;
	self->vm.on_exit = take_mmio;
	vmm_vm_launch(&self->vm);
	vmm_boot(&self->vm);
}

FIXTURE_SETUP(exits)
{
	launch(self);
}

FIXTURE_TEARDOWN(exits)
{
	vmm_vm_destroy(&self->vm);
}

static void write8(struct vmm_vcpu *vcpu, uint64_t gpa, uint64_t value)
{
	vmm_order(vcpu, AGENT_WRITE8, gpa, ~value);
}

static void write_code(struct vmm_vcpu *vcpu, const struct deed *deed)
{
	uint8_t code[sizeof(deed->code) + 8] = { };
	uint64_t word;
	unsigned int i, len_bytes = sizeof(deed->code);

	while (!deed->code[len_bytes - 1])
		len_bytes--;
	memcpy(code, deed->code, len_bytes);
	if (deed->end != SHUTDOWN)
		code[len_bytes] = RET;
	for (i = 0; i < sizeof(code); i += sizeof(word)) {
		memcpy(&word, code + i, sizeof(word));
		write8(vcpu, CODE_GPA + i, word);
	}
}

static enum end end_of(struct vmm_vcpu *vcpu, const char *name)
{
	if (!vmm_vcpu_rings_within(vcpu, vmm_time_limit_s() * 1000))
		vmm_fail("%s: the guest hangs", name);
	if (vcpu->stopped && vcpu->run_errno)
		vmm_fail("%s: KVM_RUN fails with errno %d", name, vcpu->run_errno);
	if (vcpu->stopped && vcpu->run->exit_reason != KVM_EXIT_SHUTDOWN)
		vmm_fail("%s: KVM_RUN ends with exit %u", name, vcpu->run->exit_reason);
	if (vcpu->stopped)
		return SHUTDOWN;
	return vmm_mailbox(vcpu)->exception ? RAISES : GOES_ON;
}

static bool is_as_told(struct vmm_vcpu *vcpu, const struct deed *deed)
{
	enum end end;

	write_code(vcpu, deed);
	vmm_order_start(vcpu, AGENT_CALL, CODE_GPA, 0);
	end = end_of(vcpu, deed->name);
	if (end == deed->end || (deed->end == EITHER && end != SHUTDOWN))
		return true;
	printf("# %s: %s, exception %u, #VC %#llx\n", deed->name,
	       end == SHUTDOWN ? "shutdown" : "goes on", vmm_mailbox(vcpu)->exception,
	       (unsigned long long)vmm_mailbox(vcpu)->last_vc);
	fflush(stdout);
	return false;
}

TEST_F_TIMEOUT(exits, no_deed_makes_kvm_run_fail, 600)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(deeds); i++) {
		EXPECT_TRUE(is_as_told(self->bsp, &deeds[i])) {
			TH_LOG("not as wanted: %s", deeds[i].name);
		}
		if (!self->bsp->stopped) {
			EXPECT_TRUE(vmm_guest_answers(self->bsp));
			continue;
		}
		vmm_vm_destroy(&self->vm);
		launch(self);
	}
}

/* The VMM cannot restore its registers, so it stays where it is; the other vCPU does not notice. */
TEST_F_TIMEOUT(exits, a_triple_fault_shuts_down_one_vcpu, 120)
{
	unsigned int round;

	vmm_boot_ap(self->bsp, self->ap);
	write_code(self->bsp, &deeds[ARRAY_SIZE(deeds) - 1]);
	vmm_order_start(self->ap, AGENT_CALL, CODE_GPA, 0);
	for (round = 0; round < 3; round++) {
		vmm_vcpu_wait_stop(self->ap, "a triple fault ends KVM_RUN");
		EXPECT_EQ(0, self->ap->run_errno);
		EXPECT_EQ(KVM_EXIT_SHUTDOWN, self->ap->run->exit_reason);
		EXPECT_TRUE(vmm_guest_answers(self->bsp));
		vmm_vcpu_go(self->ap);
	}
}

/*
 * The first access has no entry in KVM's tables yet, and is an automatic exit; the CPU raises #VC
 * for the next.
 */
TEST_F(exits, code_where_no_memory_is_becomes_vc)
{
	/* where the agent's handler returns to: a RET */
	vmm_order(self->bsp, AGENT_LOAD, AGENT_MMIO_GPA, 0);
	self->mmio = 0;
	vmm_order(self->bsp, AGENT_CALL, AGENT_MMIO_GPA + 0x1000, 0);
	EXPECT_EQ(SPEC_EXIT_NPF, vmm_mailbox(self->bsp)->last_vc);
	EXPECT_EQ(1, self->mmio);
	EXPECT_TRUE(vmm_guest_answers(self->bsp));
}

TEST_F(exits, an_address_far_above_all_memory_becomes_vc)
{
	write8(self->bsp, TABLE_OF_2M + (FREE_GVA >> 21) * 8, 1ull << 38 | PDE_DATA);
	vmm_order(self->bsp, AGENT_LOAD, FREE_GVA, 0);
	EXPECT_EQ(SPEC_EXIT_NPF, vmm_mailbox(self->bsp)->last_vc);
	EXPECT_EQ(1, self->mmio);
	EXPECT_TRUE(vmm_guest_answers(self->bsp));
}

/* Reserved in the guest's own tables: its page fault. */
TEST_F(exits, an_address_that_no_cpu_has_is_a_page_fault)
{
	static const struct deed load = { "load",
					  RAISES,
					  { 0xa1, [3] = FREE_GVA >> 16, [9] = 0x90 } };

	write8(self->bsp, TABLE_OF_2M + (FREE_GVA >> 21) * 8, 1ull << 50 | PDE_DATA);
	EXPECT_TRUE(is_as_told(self->bsp, &load));
	EXPECT_EQ(14, vmm_mailbox(self->bsp)->exception);
	EXPECT_TRUE(vmm_guest_answers(self->bsp));
}

static void set_slot(struct vmm_vm *vm, void *memory, uint32_t flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = 5, .guest_phys_addr = AGENT_MMIO_GPA, .flags = flags,
		.memory_size = memory ? 0x1000 : 0, .userspace_addr = (uintptr_t)memory,
	};

	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		vmm_fail("KVM_SET_USER_MEMORY_REGION failed: %m");
}

/* KVM cannot emulate the store: the guest tries again until the memory can be written. */
TEST_F(exits, a_store_to_read_only_memory_waits)
{
	uint64_t *memory = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				-1, 0);

	ASSERT_NE(MAP_FAILED, (void *)memory);
	memory[0] = 0x1111;
	set_slot(&self->vm, memory, KVM_MEM_READONLY);
	vmm_order(self->bsp, AGENT_READ8, AGENT_MMIO_GPA, 0);
	EXPECT_EQ(0x1111, vmm_mailbox(self->bsp)->out[0]);
	vmm_order_start(self->bsp, AGENT_WRITE8, AGENT_MMIO_GPA, ~0x2222ull);
	EXPECT_FALSE(vmm_vcpu_rings_within(self->bsp, QUIET_MS));
	vmm_vcpu_pause(self->bsp);
	EXPECT_EQ(0x1111, memory[0]);
	set_slot(&self->vm, NULL, 0);
	set_slot(&self->vm, memory, 0);
	vmm_vcpu_go(self->bsp);
	vmm_vcpu_wait(self->bsp, "the store is done where the memory can be written");
	EXPECT_EQ(0x2222, memory[0]);
}

TEST_HARNESS_MAIN
