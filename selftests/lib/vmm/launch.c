// SPDX-License-Identifier: GPL-2.0
/*
 * The launch commands, one function each, as the kernel's ABI has them.
 *
 * Source: AMD 55766 SEV API, chapter "Guest Launch".
 */
#include "vm.h"

#include <errno.h>
#include <sys/ioctl.h>
#include "env.h"
#include "../spec/sev_init.h"

int vmm_sev_cmd(struct vmm_vm *vm, uint32_t id, void *data, uint32_t *fw_error)
{
	struct kvm_sev_cmd cmd = { .id = id, .data = (uintptr_t)data, .sev_fd = vm->sev_fd };
	int ret = ioctl(vm->fd, KVM_MEMORY_ENCRYPT_OP, &cmd);

	if (fw_error)
		*fw_error = cmd.error;
	return ret < 0 ? -errno : 0;
}

unsigned int vmm_init2_vm_type(int kvm_fd)
{
	int types = ioctl(kvm_fd, KVM_CHECK_EXTENSION, SPEC_KVM_CAP_VM_TYPES);

	return types > 0 && types & 1 << SPEC_KVM_VM_SEV_ES ? SPEC_KVM_VM_SEV_ES : 0;
}

int vmm_sev_init(struct vmm_vm *vm, unsigned int ghcb_version)
{
	struct spec_sev_init init = { .ghcb_version = ghcb_version };

	if (!ghcb_version)
		return vmm_sev_cmd(vm, KVM_SEV_ES_INIT, NULL, NULL);
	return vmm_sev_cmd(vm, SPEC_KVM_SEV_INIT2, &init, NULL);
}

int vmm_launch_start(struct vmm_vm *vm)
{
	struct kvm_sev_launch_start start = { .policy = ES_POLICY_NODBG | ES_POLICY_ES };

	return vmm_sev_cmd(vm, KVM_SEV_LAUNCH_START, &start, NULL);
}

int vmm_launch_data(struct vmm_vm *vm)
{
	struct kvm_sev_launch_update_data data = {
		.uaddr = (uintptr_t)vm->memory, .len = AGENT_PRIVATE_BYTES,
	};

	return vmm_sev_cmd(vm, KVM_SEV_LAUNCH_UPDATE_DATA, &data, NULL);
}

int vmm_launch_vmsa(struct vmm_vm *vm)
{
	return vmm_sev_cmd(vm, KVM_SEV_LAUNCH_UPDATE_VMSA, NULL, NULL);
}

int vmm_launch_measure(struct vmm_vm *vm)
{
	struct kvm_sev_launch_measure measure = {
		.uaddr = (uintptr_t)vm->measurement, .len = sizeof(vm->measurement),
	};

	return vmm_sev_cmd(vm, KVM_SEV_LAUNCH_MEASURE, &measure, NULL);
}

int vmm_launch_finish(struct vmm_vm *vm)
{
	return vmm_sev_cmd(vm, KVM_SEV_LAUNCH_FINISH, NULL, NULL);
}

int vmm_guest_state(struct vmm_vm *vm)
{
	struct kvm_sev_guest_status status;
	int ret = vmm_sev_cmd(vm, KVM_SEV_GUEST_STATUS, &status, NULL);

	return ret ? ret : (int)status.state;
}

void vmm_vm_launch(struct vmm_vm *vm)
{
	static const struct { int (*step)(struct vmm_vm *vm); const char *name; } steps[] = {
		{ vmm_launch_start, "LAUNCH_START" }, { vmm_launch_data, "LAUNCH_UPDATE_DATA" },
		{ vmm_launch_vmsa, "LAUNCH_UPDATE_VMSA" }, { vmm_launch_measure, "LAUNCH_MEASURE" },
		{ vmm_launch_finish, "LAUNCH_FINISH" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i].step(vm))
			vmm_fail("KVM_SEV_%s failed: %m", steps[i].name);
	}
}
