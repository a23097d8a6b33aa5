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

int es_sev_cmd(struct es_vm *vm, uint32_t id, void *data, uint32_t *fw_error)
{
	struct kvm_sev_cmd cmd = { .id = id, .data = (uintptr_t)data, .sev_fd = vm->sev_fd };
	int ret = ioctl(vm->fd, KVM_MEMORY_ENCRYPT_OP, &cmd);

	if (fw_error)
		*fw_error = cmd.error;
	return ret < 0 ? -errno : 0;
}

unsigned int es_init2_vm_type(int kvm_fd)
{
	int types = ioctl(kvm_fd, KVM_CHECK_EXTENSION, SPEC_KVM_CAP_VM_TYPES);

	return types > 0 && types & 1 << SPEC_KVM_VM_SEV_ES ? SPEC_KVM_VM_SEV_ES : 0;
}

int es_sev_init(struct es_vm *vm, unsigned int ghcb_version)
{
	struct spec_sev_init init = { .ghcb_version = ghcb_version };

	if (!ghcb_version)
		return es_sev_cmd(vm, KVM_SEV_ES_INIT, NULL, NULL);
	return es_sev_cmd(vm, SPEC_KVM_SEV_INIT2, &init, NULL);
}

int es_launch_start(struct es_vm *vm)
{
	struct kvm_sev_launch_start start = { .policy = ES_POLICY_NODBG | ES_POLICY_ES };

	return es_sev_cmd(vm, KVM_SEV_LAUNCH_START, &start, NULL);
}

int es_launch_data(struct es_vm *vm)
{
	struct kvm_sev_launch_update_data data = {
		.uaddr = (uintptr_t)vm->memory, .len = AGENT_PRIVATE_BYTES,
	};

	return es_sev_cmd(vm, KVM_SEV_LAUNCH_UPDATE_DATA, &data, NULL);
}

int es_launch_vmsa(struct es_vm *vm)
{
	return es_sev_cmd(vm, KVM_SEV_LAUNCH_UPDATE_VMSA, NULL, NULL);
}

int es_launch_measure(struct es_vm *vm)
{
	struct kvm_sev_launch_measure measure = {
		.uaddr = (uintptr_t)vm->measurement, .len = sizeof(vm->measurement),
	};

	return es_sev_cmd(vm, KVM_SEV_LAUNCH_MEASURE, &measure, NULL);
}

int es_launch_finish(struct es_vm *vm)
{
	return es_sev_cmd(vm, KVM_SEV_LAUNCH_FINISH, NULL, NULL);
}

int es_guest_state(struct es_vm *vm)
{
	struct kvm_sev_guest_status status;
	int ret = es_sev_cmd(vm, KVM_SEV_GUEST_STATUS, &status, NULL);

	return ret ? ret : (int)status.state;
}

void es_vm_launch(struct es_vm *vm)
{
	static const struct { int (*step)(struct es_vm *vm); const char *name; } steps[] = {
		{ es_launch_start, "LAUNCH_START" }, { es_launch_data, "LAUNCH_UPDATE_DATA" },
		{ es_launch_vmsa, "LAUNCH_UPDATE_VMSA" }, { es_launch_measure, "LAUNCH_MEASURE" },
		{ es_launch_finish, "LAUNCH_FINISH" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i].step(vm))
			es_fail("KVM_SEV_%s failed: %m", steps[i].name);
	}
}
