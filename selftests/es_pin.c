// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A page that is registered with KVM_MEMORY_ENCRYPT_REG_REGION keeps its frame, whether it
 *	was written before or not, until it is unregistered.  Memory that the VMM can only read can
 *	be registered, too.  A VMM that registers what cannot be pinned does not fill the host's
 *	log.
 * Source: KVM API, KVM_MEMORY_ENCRYPT_REG_REGION (the memory "may be pinned"); AMD 24593 APM Volume
 *	2, section "Encrypted Virtual Machine" (ciphertext depends on the physical address).
 * Why it matters: A frame's contents cannot be moved without the guest's key.  Linux 6.1.192 pins
 *	without write access, so untouched pages are pinned as the shared zero page; the frame of
 *	their first write stays movable, and compaction, khugepaged or swap corrupts the guest.
 * Not covered: That pages are released at the end, registrations that overlap.
 * Fails with: stock kvm_amd of 6.1.192, "keep_their_frame" of all pages that were not written
 *	before: 512 of 512 pages move; and both cases of the guest: 64 of 64 pages move, and the
 *	guest reads garbage.  The module when it pinned everything for writing (6.1), "readable":
 *	ENOMEM; before it limited the lines (6.1), "fills_no_log": 300 lines of 300 attempts.
 */
#include <kselftest_harness.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include "env.h"
#include "klog.h"
#include "order.h"

#define PAGE_BYTES	4096ul
#define NR_PAGES	512ul
#define PATTERN		0x5ec0de0000000000ull
#define PRESENT		(1ull << 63)
#define FRAME(entry)	((entry) & ((1ull << 55) - 1))

FIXTURE(pin) {
	int kvm_fd, vm_fd, sev_fd, pagemap;
	uint8_t *pages;
};

FIXTURE_VARIANT(pin) {
	uint32_t init;
	int advice;	/* 0: the default, which is transparent huge pages on Debian */
	bool written_before;
};

FIXTURE_VARIANT_ADD(pin, untouched_pages_of_an_es_guest) {
	.init = KVM_SEV_ES_INIT, .advice = MADV_NOHUGEPAGE,
};

FIXTURE_VARIANT_ADD(pin, untouched_pages_of_a_sev_guest) {
	.init = KVM_SEV_INIT, .advice = MADV_NOHUGEPAGE,
};

FIXTURE_VARIANT_ADD(pin, untouched_pages_with_the_default_huge_page_setting) {
	.init = KVM_SEV_ES_INIT,
};

FIXTURE_VARIANT_ADD(pin, pages_written_before) {
	.init = KVM_SEV_ES_INIT, .advice = MADV_NOHUGEPAGE, .written_before = true,
};

static uint64_t pagemap_entry(int pagemap, const void *page)
{
	uint64_t entry = 0;

	if (pread(pagemap, &entry, sizeof(entry), (uintptr_t)page / PAGE_BYTES * sizeof(entry)) < 0)
		vmm_fail("reading /proc/self/pagemap failed: %m");
	return entry;
}

/* Check that the page is present, and that its first write leaves it in place. */
static bool keeps_its_frame(int pagemap, uint8_t *page)
{
	uint64_t before = FRAME(pagemap_entry(pagemap, page));

	shared_write(page, 1);
	return before && FRAME(pagemap_entry(pagemap, page)) == before;
}

static void open_vm(int *kvm_fd, int *vm_fd, int *sev_fd, uint32_t init)
{
	struct kvm_sev_cmd cmd = { .id = init };

	*kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	*sev_fd = open("/dev/sev", O_RDWR | O_CLOEXEC);
	*vm_fd = ioctl(*kvm_fd, KVM_CREATE_VM, 0);
	cmd.sev_fd = *sev_fd;
	if (*vm_fd < 0 || ioctl(*vm_fd, KVM_MEMORY_ENCRYPT_OP, &cmd))
		vmm_fail("creating the VM failed: %m");
}

FIXTURE_SETUP(pin)
{
	struct kvm_enc_region region = { .size = NR_PAGES * PAGE_BYTES };

	self->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	self->pages = mmap(NULL, NR_PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->pages);
	if (variant->advice)
		ASSERT_EQ(0, madvise(self->pages, NR_PAGES * PAGE_BYTES, variant->advice));
	if (variant->written_before)
		memset(self->pages, 1, NR_PAGES * PAGE_BYTES);
	open_vm(&self->kvm_fd, &self->vm_fd, &self->sev_fd, variant->init);
	region.addr = (uintptr_t)self->pages;
	ASSERT_EQ(0, ioctl(self->vm_fd, KVM_MEMORY_ENCRYPT_REG_REGION, &region));
}

FIXTURE_TEARDOWN(pin)
{
	close(self->vm_fd);
	close(self->sev_fd);
	close(self->kvm_fd);
	munmap(self->pages, NR_PAGES * PAGE_BYTES);
	close(self->pagemap);
}

TEST_F(pin, are_present_at_once)
{
	unsigned long nr, absent = 0;

	for (nr = 0; nr < NR_PAGES; nr++)
		absent += !(pagemap_entry(self->pagemap, self->pages + nr * PAGE_BYTES) & PRESENT);
	EXPECT_EQ(0, absent);
}

TEST_F(pin, keep_their_frame_when_they_are_written)
{
	unsigned long nr, moved = 0;

	for (nr = 0; nr < NR_PAGES; nr++)
		moved += !keeps_its_frame(self->pagemap, self->pages + nr * PAGE_BYTES);
	EXPECT_EQ(0, moved);
}

/* --- memory that the VMM itself can only read, such as a disk image as persistent memory */

FIXTURE(readable) {
	int kvm_fd, vm_fd, sev_fd, pagemap;
	uint8_t *pages;
};

FIXTURE_VARIANT(readable) {
	uint32_t init;
	int kind;		/* MAP_SHARED or MAP_PRIVATE, of a file */
	/* read-only and writable memory alternate, so many pages each; 0: read-only all */
	unsigned long stride;
};

FIXTURE_VARIANT_ADD(readable, a_shared_file) { .init = KVM_SEV_ES_INIT, .kind = MAP_SHARED };
FIXTURE_VARIANT_ADD(readable, a_private_file) { .init = KVM_SEV_ES_INIT, .kind = MAP_PRIVATE };
FIXTURE_VARIANT_ADD(readable, a_shared_file_of_a_sev_guest) {
	.init = KVM_SEV_INIT, .kind = MAP_SHARED
};

FIXTURE_VARIANT_ADD(readable, halves) {
	.init = KVM_SEV_ES_INIT, .kind = MAP_SHARED, .stride = NR_PAGES / 2
};

FIXTURE_VARIANT_ADD(readable, many_parts) {
	.init = KVM_SEV_ES_INIT, .kind = MAP_SHARED, .stride = 8
};

FIXTURE_VARIANT_ADD(readable, single_pages) {
	.init = KVM_SEV_ES_INIT, .kind = MAP_SHARED, .stride = 1
};

/* Map anonymous memory with the file over its read-only parts; the first part is read-only. */
static uint8_t *map_parts(int kind, unsigned long stride)
{
	int file = memfd_create("readable", MFD_CLOEXEC);
	uint8_t *pages = mmap(NULL, NR_PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long nr, len = stride ?: NR_PAGES;

	if (file < 0 || ftruncate(file, NR_PAGES * PAGE_BYTES) || pages == MAP_FAILED ||
	    madvise(pages, NR_PAGES * PAGE_BYTES, MADV_NOHUGEPAGE))
		vmm_fail("memory to be read only cannot be made: %m");
	for (nr = 0; nr < NR_PAGES; nr += 2 * len) {
		if (mmap(pages + nr * PAGE_BYTES, len * PAGE_BYTES, PROT_READ, kind | MAP_FIXED,
			 file, nr * PAGE_BYTES) == MAP_FAILED)
			vmm_fail("mapping a file to be read only failed: %m");
	}
	close(file);
	return pages;
}

FIXTURE_SETUP(readable)
{
	self->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	self->pages = map_parts(variant->kind, variant->stride);
	open_vm(&self->kvm_fd, &self->vm_fd, &self->sev_fd, variant->init);
}

FIXTURE_TEARDOWN(readable)
{
	close(self->vm_fd);
	close(self->sev_fd);
	close(self->kvm_fd);
	munmap(self->pages, NR_PAGES * PAGE_BYTES);
	close(self->pagemap);
}

static int register_region(int vm_fd, const void *pages, unsigned long bytes)
{
	struct kvm_enc_region region = { .addr = (uintptr_t)pages, .size = bytes };

	return ioctl(vm_fd, KVM_MEMORY_ENCRYPT_REG_REGION, &region) ? -errno : 0;
}

/* Writable pages keep their frames all the same.  Start within a page, as KVM allows it. */
TEST_F(readable, can_be_registered)
{
	unsigned long nr, moved = 0, stride = variant->stride;

	ASSERT_EQ(0, register_region(self->vm_fd, self->pages, NR_PAGES * PAGE_BYTES));
	ASSERT_EQ(0, register_region(self->vm_fd, self->pages + 100, NR_PAGES * PAGE_BYTES - 200));
	for (nr = stride; stride && nr < NR_PAGES;
	     nr += nr % (2 * stride) == 2 * stride - 1 ? stride + 1 : 1)
		moved += !keeps_its_frame(self->pagemap, self->pages + nr * PAGE_BYTES);
	EXPECT_EQ(0, moved);
}

/* --- what cannot be pinned at all */

#define ATTEMPTS	300
#define LINES_IN_5_S	10	/* the kernel's usual limit */

FIXTURE(refused) {
	int kvm_fd, vm_fd, sev_fd;
	uint8_t *pages;
};

FIXTURE_SETUP(refused)
{
	self->pages = mmap(NULL, NR_PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->pages);
	open_vm(&self->kvm_fd, &self->vm_fd, &self->sev_fd, KVM_SEV_ES_INIT);
}

FIXTURE_TEARDOWN(refused)
{
	close(self->vm_fd);
	close(self->sev_fd);
	close(self->kvm_fd);
	munmap(self->pages, NR_PAGES * PAGE_BYTES);
}

/* Return an upper limit for the lines that the log got since then. */
static unsigned int lines_since(const struct timespec *begin)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	return LINES_IN_5_S * (2 + (end.tv_sec - begin->tv_sec) / 5);
}

TEST_F_TIMEOUT(refused, a_hole_fills_no_log, 120)
{
	unsigned int i, before = vmm_logged("Failure locking");
	struct timespec begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	munmap(self->pages + PAGE_BYTES, PAGE_BYTES);
	for (i = 0; i < ATTEMPTS; i++)
		ASSERT_EQ(-ENOMEM, register_region(self->vm_fd, self->pages, 4 * PAGE_BYTES));
	EXPECT_LT(0, vmm_logged("Failure locking") - before);
	EXPECT_GE(lines_since(&begin), vmm_logged("Failure locking") - before);
	ASSERT_EQ(0, register_region(self->vm_fd, self->pages, PAGE_BYTES));
}

TEST_F_TIMEOUT(refused, a_limit_of_locked_memory_fills_no_log, 120)
{
	unsigned int i, before = vmm_logged("exceed the lock limit");
	struct rlimit limit = { .rlim_cur = PAGE_BYTES, .rlim_max = PAGE_BYTES };
	struct timespec begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	ASSERT_EQ(0, seteuid(65534));
	for (i = 0; i < ATTEMPTS; i++)
		ASSERT_EQ(-ENOMEM, register_region(self->vm_fd, self->pages, 4 * PAGE_BYTES));
	ASSERT_EQ(0, seteuid(0));
	EXPECT_LT(0, vmm_logged("exceed the lock limit") - before);
	EXPECT_GE(lines_since(&begin), vmm_logged("exceed the lock limit") - before);
}

/* The same rule seen by the guest: pages that the guest was the first to write. */
#define STRIDE		(8 * PAGE_BYTES)
#define NR_PROBES	(0x200000 / STRIDE)
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

FIXTURE(guest) {
	struct vmm_vm vm;
	struct vmm_vcpu *vcpu;
	uint64_t frames[NR_PROBES];
	int pagemap;
};

FIXTURE_SETUP(guest)
{
	unsigned int i;

	self->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 1, .small_pages = true });
	self->vcpu = &self->vm.vcpus[0];
	vmm_vm_launch(&self->vm);
	vmm_boot(&self->vm);
	for (i = 0; i < NR_PROBES; i++) {
		vmm_order(self->vcpu, AGENT_WRITE8, AGENT_LATER_GPA + i * STRIDE, ~(PATTERN + i));
		self->frames[i] = FRAME(pagemap_entry(self->pagemap, self->vm.memory +
						      AGENT_LATER_GPA + i * STRIDE));
	}
}

FIXTURE_TEARDOWN(guest)
{
	vmm_vm_destroy(&self->vm);
	close(self->pagemap);
}

/* Make a huge page of them immediately, as the host's khugepaged does later. */
static void collapse(struct vmm_vm *vm)
{
	madvise(vm->memory + AGENT_LATER_GPA, 0x200000, MADV_HUGEPAGE);
	madvise(vm->memory + AGENT_LATER_GPA, 0x200000, MADV_COLLAPSE);
}

TEST_F(guest, reads_what_it_wrote_after_the_host_collapsed_its_pages)
{
	unsigned int i, wrong = 0;

	collapse(&self->vm);
	for (i = 0; i < NR_PROBES; i++) {
		vmm_order(self->vcpu, AGENT_READ8, AGENT_LATER_GPA + i * STRIDE, 0);
		wrong += vmm_mailbox(self->vcpu)->out[0] != PATTERN + i;
	}
	EXPECT_EQ(0, wrong);
}

TEST_F(guest, keeps_its_frames_when_the_host_collapses_its_pages)
{
	unsigned int i, moved = 0;

	collapse(&self->vm);
	for (i = 0; i < NR_PROBES; i++)
		moved += self->frames[i] != FRAME(pagemap_entry(self->pagemap, self->vm.memory +
								AGENT_LATER_GPA + i * STRIDE));
	EXPECT_NE(0, self->frames[0]);
	EXPECT_EQ(0, moved);
}

TEST_HARNESS_MAIN
