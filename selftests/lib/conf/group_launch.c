// SPDX-License-Identifier: GPL-2.0
/*
 * The launch against its VMM, and the state that remains when a guest has ended.
 *
 * Source: AMD 55766 SEV API, chapter "Guest Launch"; KVM API, KVM_SEV_LAUNCH_UPDATE_VMSA;
 *	madvise(2).
 */
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../vmm/env.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

#define HUGE_BYTES	0x200000
#define NR_VCPUS	200

static unsigned int ghcb_version(const struct conf *c)
{
	return c->version > 1 ? c->version : 0;
}

/* Encrypt a VMSA twice, which would seal a sealed VMSA: no guest starts from such a page. */
static void vmsa_twice(struct conf *c)
{
	struct vmm_vm vm;
	int ret;

	conf_begin(c, "LAUNCH_UPDATE_VMSA twice");
	if (conf_need_vm(c)) {
		vmm_vm_create(&vm,
			      &(struct vmm_vm_options){ .nr_vcpus = 1,
							.ghcb_version = ghcb_version(c) });
		vmm_launch_start(&vm);
		vmm_launch_data(&vm);
		if (vmm_launch_vmsa(&vm))
			conf_complain(c, "the first one fails");
		ret = vmm_launch_vmsa(&vm);
		conf_note(c, ret ? "errno %d" : "works", -ret);
		if (ret != -EINVAL)
			conf_complain(c, "wanted errno %d", EINVAL);
		else if (vmm_launch_measure(&vm) || vmm_launch_finish(&vm))
			conf_complain(c, "the launch cannot be finished then");
		else
			vmm_boot(&vm);
		vmm_vm_destroy(&vm);
	}
	conf_end(c);
}

/* --- a launch command while another thread creates vCPUs: it would see a half-created one */

struct creator {
	int vm_fd;
	int fds[NR_VCPUS];
	unsigned int nr_vcpus;
	bool done;
};

static void *create_vcpus(void *arg)
{
	struct creator *creator = arg;

	for (; creator->nr_vcpus < NR_VCPUS; creator->nr_vcpus++) {
		creator->fds[creator->nr_vcpus] = ioctl(creator->vm_fd, KVM_CREATE_VCPU,
							creator->nr_vcpus);
		if (creator->fds[creator->nr_vcpus] < 0)
			break;
	}
	shared_write(&creator->done, true);
	return NULL;
}

static unsigned int ask_meanwhile(struct vmm_vm *vm, unsigned int *nr_vcpus)
{
	static struct creator creator;
	unsigned int busy = 0;
	pthread_t thread;

	creator = (struct creator){ .vm_fd = vm->fd };
	pthread_create(&thread, NULL, create_vcpus, &creator);
	while (!shared_read(&creator.done))
		busy += vmm_launch_vmsa(vm) == -EBUSY;
	pthread_join(thread, NULL);
	*nr_vcpus = creator.nr_vcpus;
	while (creator.nr_vcpus)
		close(creator.fds[--creator.nr_vcpus]);
	return busy;
}

/*
 * Try the command before LAUNCH_START, where it fails anyway, but for another reason, so that it
 * may be tried often.
 */
static void vmsa_while_created(struct conf *c)
{
	struct vmm_vm vm;
	unsigned int busy, nr_vcpus;

	conf_begin(c, "LAUNCH_UPDATE_VMSA while vCPUs are created");
	vm.kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	vm.sev_fd = open("/dev/sev", O_RDWR | O_CLOEXEC);
	vm.fd = ioctl(vm.kvm_fd, KVM_CREATE_VM, 0);
	if (vmm_sev_init(&vm, 0) || ioctl(vm.fd, KVM_CREATE_IRQCHIP, 0))
		vmm_fail("creating the VM failed: %m");
	busy = ask_meanwhile(&vm, &nr_vcpus);
	conf_log_skip(c);	/* about vCPUs, not guests */
	conf_note(c, busy ? "answered with EBUSY" : "never EBUSY");
	if (nr_vcpus < NR_VCPUS)
		conf_complain(c, "only %u of %u vCPUs could be created", nr_vcpus, NR_VCPUS);
	if (!busy)
		conf_complain(c, "wanted EBUSY at least once");
	close(vm.fd);
	close(vm.sev_fd);
	close(vm.kvm_fd);
	conf_end(c);
}

static void launch_rows(struct conf *c)
{
	vmsa_twice(c);
	if (c->version == 1)
		vmsa_while_created(c);
}

const struct conf_group conf_launch_group = { "launch", .rows = launch_rows };

/* --- what remains: a page that still has a reference cannot become part of a huge page */

static bool leave(struct vmm_vcpu *vcpu, struct kvm_run *run)
{
	(void)vcpu;
	(void)run;
	return false;
}

static void leak_row(struct conf *c, const char *name, const char *event)
{
	struct conf_row request = conf_event(event);
	struct vmm_vm *vm = &c->vm;
	uint8_t *ghcb;

	conf_begin(c, name);
	if (conf_need_vm(c)) {
		vm->on_exit = leave;
		ghcb = vmm_request(c->vcpu, request.exit, request.info1, request.info2);
		spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0);
		spec_ghcb_put(ghcb, SPEC_GHCB_RCX, 0);
		spec_ghcb_put(ghcb, SPEC_GHCB_SCRATCH, CONF_BUFFER);
		conf_order(c, c->vcpu, AGENT_NAE, 0, 0);
		vmm_vm_close(vm);
		c->alive = false;
		madvise(vm->memory + AGENT_MAILBOX_GPA, HUGE_BYTES, MADV_HUGEPAGE);
		if (madvise(vm->memory + AGENT_MAILBOX_GPA, HUGE_BYTES, MADV_COLLAPSE))
			conf_complain(c,
				      "a page of the GHCBs is still held: collapsing fails with errno %d",
				      errno);
		munmap(vm->mapping, AGENT_GUEST_BYTES + HUGE_BYTES);
	}
	conf_end(c);
}

static void leak_rows(struct conf *c)
{
	leak_row(c, "a guest that ends between requests holds no page", "cpuid");
	leak_row(c, "a guest that ends in an OUT holds no page", "out");
	leak_row(c, "a guest that ends in an IN holds no page", "in");
	leak_row(c, "a guest that ends in an INS holds no page", "ins");
	leak_row(c, "a guest that ends in an MMIO read holds no page", "mmio_read");
}

const struct conf_group conf_leak_group = { "leak", .rows = leak_rows };
