// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A vCPU that comes back to a host CPU sees what its VMM mapped in the meantime.
 * Source: AMD 24593 APM Volume 2, section "TLB Flush": software that changes a nested page table
 *	flushes the guest's ASID, and a flush affects one CPU only.
 * Why it matters: An encrypted guest keeps its ASID for life, so that no CPU drops its translations
 *	by itself.  A stale one lets the guest read and write a page that the host has given to
 *	another user.
 * Not covered: Private pages (their frames are pinned), two vCPUs of one guest in turns on one host
 *	CPU.
 * Fails with: nothing that is known; stock kvm_amd passes.  With one host CPU nothing moves, and
 *	nothing is seen.
 */
#include <kselftest_harness.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "env.h"
#include "order.h"

#define GPA		(AGENT_MMIO_GPA + 0x1000)	/* which the guest shares */
#define SLOT		1
#define PAGE_BYTES	4096
#define OLD		0x0101010101010101ull
#define NEW		0x0202020202020202ull

FIXTURE(tlb) {
	struct vmm_vm vm;
	struct vmm_vcpu *vcpu;
	uint64_t *page, *kept;
};

static uint64_t *new_page(void *where, int flags)
{
	void *page = mmap(where, PAGE_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (page == MAP_FAILED)
		vmm_fail("mapping a page failed: %m");
	return page;
}

FIXTURE_SETUP(tlb)
{
	struct kvm_userspace_memory_region slot = {
		.slot = SLOT, .guest_phys_addr = GPA, .memory_size = PAGE_BYTES,
	};

	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 1 });
	self->vcpu = &self->vm.vcpus[0];
	self->page = new_page(NULL, 0);
	self->kept = new_page(NULL, 0);
	*self->page = OLD;
	slot.userspace_addr = (uintptr_t)self->page;
	ASSERT_EQ(0, ioctl(self->vm.fd, KVM_SET_USER_MEMORY_REGION, &slot));
	vmm_vm_launch(&self->vm);
	vmm_boot(&self->vm);
}

FIXTURE_TEARDOWN(tlb)
{
	vmm_vm_destroy(&self->vm);
	munmap(self->page, PAGE_BYTES);
	munmap(self->kept, PAGE_BYTES);
}

static void move_to(struct vmm_vcpu *vcpu, unsigned int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu % sysconf(_SC_NPROCESSORS_ONLN), &cpus);
	if (pthread_setaffinity_np(vcpu->thread, sizeof(cpus), &cpus))
		vmm_fail("the vCPU's thread cannot be moved");
}

static uint64_t guest_reads(struct vmm_vcpu *vcpu)
{
	vmm_order(vcpu, AGENT_READ8, GPA, 0);
	return vmm_mailbox(vcpu)->out[0];
}

/*
 * Map another frame at the same place; keep the old one mapped elsewhere, so that the kernel does
 * not reuse it.
 */
static void replace(uint64_t *page, uint64_t *kept)
{
	if (mremap(page, PAGE_BYTES, PAGE_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, kept) == MAP_FAILED)
		vmm_fail("moving a page failed: %m");
	new_page(page, MAP_FIXED);
	*page = NEW;
}

TEST_F_TIMEOUT(tlb, a_page_replaced_under_a_running_vcpu, 120)
{
	move_to(self->vcpu, 0);
	EXPECT_EQ(OLD, guest_reads(self->vcpu));
	replace(self->page, self->kept);
	EXPECT_EQ(NEW, guest_reads(self->vcpu));
}

TEST_F_TIMEOUT(tlb, a_page_replaced_while_the_vcpu_was_elsewhere, 120)
{
	move_to(self->vcpu, 0);
	EXPECT_EQ(OLD, guest_reads(self->vcpu));
	move_to(self->vcpu, 1);
	EXPECT_EQ(OLD, guest_reads(self->vcpu));
	replace(self->page, self->kept);
	EXPECT_EQ(NEW, guest_reads(self->vcpu));
	move_to(self->vcpu, 0);
	EXPECT_EQ(NEW, guest_reads(self->vcpu));
}

TEST_HARNESS_MAIN
