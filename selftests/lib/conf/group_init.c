// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_SEV_INIT2: which arguments it accepts, which it rejects, and that a rejected one changes
 * nothing.
 *
 * Source: KVM API, Documentation/virt/kvm/x86/amd-memory-encryption.rst of Linux 6.12
 *	(KVM_SEV_INIT2).
 */
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "../spec/sev_init.h"
#include "../vmm/env.h"

static void open_vm(struct vmm_vm *vm)
{
	vm->kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	vm->sev_fd = open("/dev/sev", O_RDWR | O_CLOEXEC);
	vm->fd = ioctl(vm->kvm_fd, KVM_CREATE_VM, vmm_init2_vm_type(vm->kvm_fd));
	if (vm->fd < 0)
		vmm_fail("KVM_CREATE_VM failed: %m");
}

static void close_vm(struct vmm_vm *vm)
{
	close(vm->fd);
	close(vm->sev_fd);
	close(vm->kvm_fd);
}

static int init2(struct vmm_vm *vm, const struct spec_sev_init *init)
{
	return vmm_sev_cmd(vm, SPEC_KVM_SEV_INIT2, (void *)init, NULL);
}

static void wants(struct conf *c, const char *what, int ret, int wanted)
{
	conf_note(c, ret ? "%s: errno %d" : "%s: works", what, -ret);
	if (ret != wanted)
		conf_complain(c, "wanted %d", -wanted);
}

static const struct spec_sev_init good = { .ghcb_version = 2 };

static const struct {
	const char *name;
	struct spec_sev_init init;
	int wanted;
} arguments[] = {
	{ "version 0", { 0 }, 0 },
	{ "version 1", { .ghcb_version = 1 }, 0 },
	{ "version 2", { .ghcb_version = 2 }, 0 },
	{ "version 3", { .ghcb_version = 3 }, -EINVAL },
	{ "version 0xffff", { .ghcb_version = 0xffff }, -EINVAL },
	{ "flags 1", { .ghcb_version = 2, .flags = 1 }, -EINVAL },
	{ "flags 0x80000000", { .ghcb_version = 2, .flags = 0x80000000 }, -EINVAL },
	{ "VMSA feature 0", { .ghcb_version = 2, .vmsa_features = 1 }, -EINVAL },
	{ "VMSA feature 1", { .ghcb_version = 2, .vmsa_features = 2 }, -EINVAL },
	{ "VMSA feature 63", { .ghcb_version = 2, .vmsa_features = 1ull << 63 }, -EINVAL },
	{ "padding 1", { .ghcb_version = 2, .pad1 = 1 }, 0 },
	{ "padding 2", { .ghcb_version = 2, .pad2 = { [7] = ~0u } }, 0 },
};

/* Try each argument; a rejected one is followed by a good one on the same VM. */
static void argument_rows(struct conf *c)
{
	struct vmm_vm vm;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(arguments); i++) {
		conf_begin(c, arguments[i].name);
		open_vm(&vm);
		wants(c, "KVM_SEV_INIT2", init2(&vm, &arguments[i].init), arguments[i].wanted);
		if (arguments[i].wanted)
			wants(c, "a good one then", init2(&vm, &good), 0);
		close_vm(&vm);
		conf_end(c);
	}
}

/*
 * Try KVM_SEV_ES_INIT, whose VM type is the default one; it fails where KVM_SEV_INIT2 has another.
 */
static void es_init_row(struct conf *c)
{
	struct vmm_vm vm;

	conf_begin(c, "KVM_SEV_ES_INIT on its VM");
	open_vm(&vm);
	wants(c, "KVM_SEV_INIT2 with flags", init2(&vm, &(struct spec_sev_init){ .flags = 1 }),
	      -EINVAL);
	wants(c, "KVM_SEV_ES_INIT then", vmm_sev_init(&vm, 0),
	      vmm_init2_vm_type(vm.kvm_fd) ? -EINVAL : 0);
	close_vm(&vm);
	conf_end(c);
}

static void twice_row(struct conf *c)
{
	struct vmm_vm vm;

	conf_begin(c, "a second time");
	open_vm(&vm);
	wants(c, "KVM_SEV_INIT2", init2(&vm, &good), 0);
	wants(c, "again", init2(&vm, &good), -EINVAL);
	/* The result of KVM's code, which differs. */
	wants(c, "KVM_SEV_ES_INIT then", vmm_sev_init(&vm, 0),
	      vmm_init2_vm_type(vm.kvm_fd) ? -EINVAL : -EBUSY);
	close_vm(&vm);
	conf_end(c);
}

static void after_es_init_row(struct conf *c)
{
	struct vmm_vm vm;

	conf_begin(c, "after KVM_SEV_ES_INIT");
	open_vm(&vm);
	close(vm.fd);
	vm.fd = ioctl(vm.kvm_fd, KVM_CREATE_VM, 0);
	wants(c, "KVM_SEV_ES_INIT", vmm_sev_init(&vm, 0), 0);
	wants(c, "KVM_SEV_INIT2 then", init2(&vm, &good), -EINVAL);
	close_vm(&vm);
	conf_end(c);
}

static void vcpu_row(struct conf *c)
{
	struct vmm_vm vm;
	int vcpu;

	conf_begin(c, "a VM that has a vCPU");
	open_vm(&vm);
	ioctl(vm.fd, KVM_CREATE_IRQCHIP, 0);
	vcpu = ioctl(vm.fd, KVM_CREATE_VCPU, 0);
	if (vcpu < 0)
		conf_complain(c, "KVM_CREATE_VCPU failed");
	wants(c, "KVM_SEV_INIT2", init2(&vm, &good), -EINVAL);
	close(vcpu);
	close_vm(&vm);
	conf_end(c);
}

static void pointer_row(struct conf *c)
{
	struct vmm_vm vm;

	conf_begin(c, "arguments that cannot be read");
	open_vm(&vm);
	wants(c, "KVM_SEV_INIT2", vmm_sev_cmd(&vm, SPEC_KVM_SEV_INIT2, (void *)8, NULL), -EFAULT);
	wants(c, "a good one then", init2(&vm, &good), 0);
	close_vm(&vm);
	conf_end(c);
}

/* Check the versions that the guest sees: version 0 stands for the highest. */
static void offer_row(struct conf *c, const char *name, unsigned int ghcb_version,
		      unsigned int offered)
{
	struct vmm_vm vm, probe;
	uint64_t info;
	int ret;

	conf_begin(c, name);
	open_vm(&probe);
	ret = vmm_sev_init(&probe, ghcb_version);
	close_vm(&probe);
	if (ret) {
		wants(c, "KVM_SEV_INIT2", ret, 0);
	} else {
		vmm_vm_create(&vm,
			      &(struct vmm_vm_options){ .nr_vcpus = 1,
							.ghcb_version = ghcb_version });
		vmm_vm_launch(&vm);
		vmm_boot(&vm);
		info = vmm_msr_proto(&vm.vcpus[0], SPEC_MSR_SEV_INFO_REQ);
		conf_note(c, "versions %u to %u", (unsigned int)(info >> 32) & 0xffff,
			  (unsigned int)(info >> 48));
		if (info >> 48 != offered || (info >> 32 & 0xffff) != 1)
			conf_complain(c, "wanted 1 to %u", offered);
		vmm_vm_destroy(&vm);
	}
	conf_end(c);
}

static void init_rows(struct conf *c)
{
	argument_rows(c);
	pointer_row(c);
	es_init_row(c);
	twice_row(c);
	after_es_init_row(c);
	vcpu_row(c);
	offer_row(c, "the guest is offered version 1", 1, 1);
	offer_row(c, "the guest is offered version 2", 2, 2);
	offer_row(c, "the guest is offered the highest version for 0", ES_GHCB_DEFAULT, 2);
}

const struct conf_group conf_init_group = { "init2", .versions = CONF_V2, .rows = init_rows };
