// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A request that is handled directly after the world switch, with the guest entered again,
 *	looks to guest, VMM and tracing the same as one that passes through all of KVM.
 * Source: Documentation/reentry.md, which lists what KVM does between two entries; KVM API, "Dirty
 *	Page Tracking with Dirty Ring" (KVM_CAP_DIRTY_LOG_RING), KVM_SET_TSC_KHZ; KVM's CPUID leaf
 *	0x40000001, KVM_FEATURE_PV_EOI.
 * Why it matters: Each check of KVM before an entry has a reason: a dirty ring that overflows loses
 *	pages of a migration and triggers a WARN.
 * Not covered: Interrupts, signals and the scheduler, which es_wake.c, es_state.c and all other
 *	tests need.
 * Fails with: the module before its re-entry checked the dirty ring (6.1), "..._in_time": more
 *	entries than the limit, up to an overflow; before it left the APIC's registers alone while
 *	an EOI in memory is open, "an_interrupt_ended_in_memory..."; with kvm_exit from two places
 *	(6.1), "each_exit_is_traced_once".
 */
#include <kselftest_harness.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "ap.h"
#include "env.h"
#include "klog.h"
#include "order.h"
#include "state.h"
#include "tracefs.h"

#define PAGE_BYTES		4096u
#define RING_ENTRIES		256u
/* KVM reserves 64 for what one exit may dirty */
#define RING_LIMIT		(RING_ENTRIES - 64)
/* the GHCB, and what the guest itself writes first */
#define PER_EXIT		4u
#define REQUESTS		1500u

#define MSR_PV_EOI		0x4b564d04
#define MSR_TSC			0x10
#define X2APIC_SPIV		0x80f
#define SPIV_ENABLED		0x1ff
#define ICR_FIXED		(0x4000 | AGENT_VECTOR)
#define PV_EOI_GPA		(AGENT_PLAIN_GPA + 0x100)

/* Let the vCPU request CPUID(0) so many times, without an exit to its VMM in between. */
static void ask(struct vmm_vcpu *vcpu, unsigned int times)
{
	uint8_t *ghcb = vmm_request(vcpu, SPEC_EXIT_CPUID, 0, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, 0);
	vmm_order(vcpu, AGENT_REPEAT, times, 0);
}

/* --- the dirty ring */

struct ring {
	struct kvm_dirty_gfn *entries;
	unsigned int next, full_exits, most;
	unsigned int ghcb_entries;
	uint64_t ghcb_page;
};

FIXTURE(ring) {
	struct vmm_vm vm;
	struct vmm_vcpu *vcpu;
	struct ring ring;
};

/* Collect as a VMM does, give the entries back, and return how many there were. */
static unsigned int harvest(struct vmm_vm *vm)
{
	struct ring *ring = vm->context;
	unsigned int nr;

	for (nr = 0; nr <= RING_ENTRIES; nr++) {
		struct kvm_dirty_gfn *entry = &ring->entries[ring->next % RING_ENTRIES];

		if (__atomic_load_n(&entry->flags, __ATOMIC_ACQUIRE) != KVM_DIRTY_GFN_F_DIRTY)
			break;
		ring->ghcb_entries += entry->offset == ring->ghcb_page;
		__atomic_store_n(&entry->flags, KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
		ring->next++;
	}
	if (ioctl(vm->fd, KVM_RESET_DIRTY_RINGS, 0) != (int)nr)
		vmm_fail("KVM takes back another number of entries than %u", nr);
	return nr;
}

static bool on_ring_full(struct vmm_vcpu *vcpu, struct kvm_run *run)
{
	struct ring *ring = vcpu->vm->context;
	unsigned int nr;

	if (run->exit_reason != KVM_EXIT_DIRTY_RING_FULL)
		return false;
	nr = harvest(vcpu->vm);
	if (nr > ring->most)
		ring->most = nr;
	if (++ring->full_exits > REQUESTS)
		vmm_fail("the dirty ring stays full; it had up to %u entries", ring->most);
	return true;
}

static void log_dirty_pages(struct vmm_vm *vm)
{
	struct kvm_userspace_memory_region slot = {
		.flags = KVM_MEM_LOG_DIRTY_PAGES, .memory_size = AGENT_GUEST_BYTES,
		.userspace_addr = (uintptr_t)vm->memory,
	};

	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot))
		vmm_fail("dirty logging cannot be switched on: %m");
}

FIXTURE_SETUP(ring)
{
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){
		.nr_vcpus = 1, .dirty_ring_bytes = RING_ENTRIES * sizeof(struct kvm_dirty_gfn) });
	self->vcpu = &self->vm.vcpus[0];
	self->vm.context = &self->ring;
	self->vm.on_exit = on_ring_full;
	self->ring.ghcb_page = vmm_ghcb_gpa(self->vcpu) / PAGE_BYTES;
	self->ring.entries = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
				  self->vcpu->fd, KVM_DIRTY_LOG_PAGE_OFFSET * PAGE_BYTES);
	ASSERT_NE(MAP_FAILED, (void *)self->ring.entries);
	vmm_vm_launch(&self->vm);
	vmm_boot(&self->vm);
	log_dirty_pages(&self->vm);
	harvest(&self->vm);
}

FIXTURE_TEARDOWN(ring)
{
	munmap(self->ring.entries, PAGE_BYTES);
	vmm_vm_destroy(&self->vm);
}

/* Each response dirties the GHCB's page once more. */
TEST_F_TIMEOUT(ring, a_full_dirty_ring_ends_kvm_run_in_time, 120)
{
	unsigned int warnings = vmm_logged("WARNING: CPU");

	ask(self->vcpu, REQUESTS);
	EXPECT_LT(REQUESTS / RING_LIMIT - 1, self->ring.full_exits);
	EXPECT_LE(RING_LIMIT, self->ring.most);
	EXPECT_GE(RING_LIMIT + PER_EXIT, self->ring.most);
	EXPECT_EQ(warnings, vmm_logged("WARNING: CPU"));
}

TEST_F_TIMEOUT(ring, no_dirty_page_is_lost_and_the_guest_goes_on, 120)
{
	self->ring.ghcb_entries = 0;
	ask(self->vcpu, REQUESTS);
	harvest(&self->vm);
	EXPECT_LE(REQUESTS, self->ring.ghcb_entries);
	EXPECT_TRUE(vmm_guest_answers(self->vcpu));
}

/* --- KVM's other checks */

FIXTURE(reentry) {
	struct vmm_vm vm;
	struct vmm_vcpu *vcpu, *ap;
};

FIXTURE_SETUP(reentry)
{
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 2 });
	self->vcpu = &self->vm.vcpus[0];
	self->ap = &self->vm.vcpus[1];
	vmm_vm_launch(&self->vm);
	vmm_boot_ap(self->vcpu, self->ap);
}

FIXTURE_TEARDOWN(reentry)
{
	vmm_vm_destroy(&self->vm);
}

/*
 * An interrupt to itself is a request that is pending when the response is written: the guest
 * cannot be entered immediately.
 */
TEST_F_TIMEOUT(reentry, each_exit_is_traced_once, 120)
{
	unsigned int i, entries;

	vmm_order(self->vcpu, AGENT_WRMSR, X2APIC_SPIV, SPIV_ENABLED);
	vmm_trace("kvm/kvm_entry", true);
	vmm_trace("kvm/kvm_exit", true);
	for (i = 0; i < 20; i++)
		vmm_send_icr(self->vcpu, ICR_FIXED, self->vcpu->nr);
	ask(self->vcpu, 200);
	vmm_trace("kvm/kvm_exit", false);
	vmm_trace("kvm/kvm_entry", false);
	entries = vmm_traced("kvm_entry: ");
	EXPECT_LT(220, entries);
	EXPECT_EQ(entries, vmm_traced("kvm_exit: "));
}

/*
 * The AP ends an interrupt in memory, and immediately asks its APIC whether it is still in service.
 * KVM withdraws its offer where an interrupt of the host came before.
 */
TEST_F_TIMEOUT(reentry, an_interrupt_ended_in_memory_is_not_in_service, 120)
{
	struct agent_mailbox *box = vmm_mailbox(self->ap);
	unsigned int i;

	box->pv_eoi = PV_EOI_GPA;
	vmm_order(self->ap, AGENT_WRMSR, X2APIC_SPIV, SPIV_ENABLED);
	vmm_order(self->ap, AGENT_WRMSR, MSR_PV_EOI, PV_EOI_GPA | 1);
	for (i = 1; i <= 100 && box->pv_eois < 10; i++) {
		vmm_order_start(self->ap, AGENT_HALT, 0, 0);
		ASSERT_EQ(KVM_MP_STATE_HALTED, vmm_halted_mp_state(self->ap));
		vmm_send_icr(self->vcpu, ICR_FIXED, self->ap->nr);
		vmm_vcpu_wait(self->ap, "an interrupt wakes the vCPU");
		ASSERT_EQ(i, box->interrupts);
		ASSERT_EQ(0, box->in_service);
	}
	EXPECT_EQ(10, box->pv_eois);
}

/*
 * Where the CPU does not scale the TSC, KVM advances a faster guest's clock on each exit; unless
 * all vCPUs have the same clock, because then it uses one constant time for all.
 */
TEST_F_TIMEOUT(reentry, the_clock_of_a_quicker_guest_is_moved_on_with_each_exit, 120)
{
	int khz = ioctl(self->vcpu->fd, KVM_GET_TSC_KHZ, 0);
	/* where the CPU scales, there is nothing to catch up with */
	unsigned int steps = 200;

	ASSERT_LT(0, khz);
	ASSERT_EQ(0, ioctl(self->vcpu->fd, KVM_SET_TSC_KHZ, 2 * khz));
	ASSERT_TRUE(vmm_set_msr(self->vcpu, MSR_TSC, 1ull << 40));
	vmm_trace("kvm/kvm_write_tsc_offset", true);
	ask(self->vcpu, 200);
	vmm_trace("kvm/kvm_write_tsc_offset", false);
	if (!ioctl(self->vm.kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_TSC_CONTROL))
		steps = vmm_traced("kvm_write_tsc_offset: ");
	EXPECT_LE(200, steps);
}

TEST_HARNESS_MAIN
