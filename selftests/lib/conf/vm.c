// SPDX-License-Identifier: GPL-2.0
/*
 * The guests of the conformance suite: launched when a row needs one, dropped when a row killed it.
 */
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../vmm/ap.h"
#include "../vmm/env.h"

/* A first hang may be a busy machine; after a wait in vain the next ones are shorter. */
#define SETTLE_MS	10000
#define NEXT_SETTLE_MS	2000

static const uint64_t slot_gpa[CONF_NR_SLOTS] = { CONF_OUTSIDE_GPA, CONF_READONLY_GPA };

int conf_set_slot(struct conf *c, enum conf_slot slot, bool present)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot + 1, .flags = slot == CONF_READONLY ? KVM_MEM_READONLY : 0,
		.guest_phys_addr = slot_gpa[slot], .memory_size = present ? CONF_SLOT_BYTES : 0,
		.userspace_addr = (uintptr_t)c->slots[slot],
	};

	return ioctl(c->vm.fd, KVM_SET_USER_MEMORY_REGION, &region) ? -errno : 0;
}

/*
 * Add the slots, except that guests of version 2 have no use for a read-only slot, and Linux 6.12
 * rejects it for their VM type.
 */
static void add_slots(struct conf *c)
{
	enum conf_slot slot;

	for (slot = 0; slot < (c->version == 1 ? CONF_NR_SLOTS : CONF_READONLY); slot++) {
		if (!c->slots[slot])
			c->slots[slot] = mmap(NULL, CONF_SLOT_BYTES, PROT_READ | PROT_WRITE,
					      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (c->slots[slot] == MAP_FAILED || conf_set_slot(c, slot, true))
			vmm_fail("adding memory slot %u failed: %m", slot + 1);
	}
}

/* Try the version on a VM without anything; it is the first thing that an old module rejects. */
static int try_version(unsigned int ghcb_version)
{
	struct vmm_vm vm = { .kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC) };
	int ret;

	vm.sev_fd = open("/dev/sev", O_RDWR | O_CLOEXEC);
	vm.fd = ioctl(vm.kvm_fd, KVM_CREATE_VM, vmm_init2_vm_type(vm.kvm_fd));
	ret = vmm_sev_init(&vm, ghcb_version);
	close(vm.fd);
	close(vm.sev_fd);
	close(vm.kvm_fd);
	return ret;
}

static void launch(struct conf *c)
{
	struct vmm_vm_options options = {
		.nr_vcpus = c->group->nr_vcpus ? c->group->nr_vcpus : 1,
		.ghcb_version = c->version > 1 ? c->version : 0,
		.edit_cpuid = c->edit_cpuid, .small_pages = true,
	};

	vmm_vm_create(&c->vm, &options);
	c->vm.context = c;
	c->vm.on_exit = conf_on_exit;
	c->vcpu = &c->vm.vcpus[0];
	add_slots(c);
	vmm_vm_launch(&c->vm);
	vmm_boot(&c->vm);
	if (c->vm.nr_vcpus > 1)
		vmm_boot_ap(c->vcpu, &c->vm.vcpus[1]);
	c->alive = true;
}

bool conf_need_vm(struct conf *c)
{
	if (c->cannot == CONF_UNTRIED)
		c->cannot = c->version > 1 ? try_version(c->version) : 0;
	if (c->cannot) {
		conf_complain(c, "no guest of version %u: KVM_SEV_INIT2 fails with errno %d",
			      c->version, -c->cannot);
		return false;
	}
	if (!c->alive)
		launch(c);
	memset(&c->seen, 0, offsetof(struct conf_seen, bytes));
	conf_log_skip(c);
	return true;
}

void conf_drop_vm(struct conf *c)
{
	if (c->alive)
		vmm_vm_destroy(&c->vm);
	c->alive = false;
}

/*
 * Note the end of a guest: the agent ends its guest when an exception hits it that it did not
 * request.
 */
static void note_end(struct conf *c, const struct kvm_run *run)
{
	uint64_t request = run->system_event.data[0];

	if (run->exit_reason != KVM_EXIT_SYSTEM_EVENT)
		conf_note(c, "KVM_RUN ends with exit %u", run->exit_reason);
	else if ((request & 0xffff) == SPEC_MSR_TERM(AGENT_TERM_SET, 0))
		conf_note(c, "exception %u hits the guest", (unsigned int)(request >> 16));
}

bool conf_settles(struct conf *c, struct vmm_vcpu *vcpu)
{
	if (!vmm_vcpu_rings_within(vcpu, c->nr_hangs ? NEXT_SETTLE_MS : SETTLE_MS)) {
		conf_note(c, "vCPU %u hangs", vcpu->nr);
		c->nr_hangs++;
	} else if (vcpu->stopped && vcpu->run_errno) {
		conf_note(c, "KVM_RUN fails with errno %d", vcpu->run_errno);
	} else if (vcpu->stopped) {
		note_end(c, vcpu->run);
	}
	return vcpu->at_doorbell;
}

bool conf_order(struct conf *c, struct vmm_vcpu *vcpu, enum agent_order order, uint64_t in0,
		uint64_t in1)
{
	vmm_order_start(vcpu, order, in0, in1);
	return conf_settles(c, vcpu);
}
