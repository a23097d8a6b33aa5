// SPDX-License-Identifier: GPL-2.0
#include "machine_state.h"

#include <sys/ioctl.h>
#include <time.h>
#include "../vmm/env.h"

static void vm_ioctl(struct vmm_vm *vm, unsigned long request, const void *data, const char *name)
{
	if (ioctl(vm->fd, request, data) < 0)
		vmm_fail("%s failed: %m", name);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

void machine_save(struct vmm_vm *vm, struct machine_state *state)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		state->chips[i].chip_id = i;
		vm_ioctl(vm, KVM_GET_IRQCHIP, &state->chips[i], "KVM_GET_IRQCHIP");
	}
	vm_ioctl(vm, KVM_GET_PIT2, &state->pit, "KVM_GET_PIT2");
	vm_ioctl(vm, KVM_GET_CLOCK, &state->clock, "KVM_GET_CLOCK");
	state->taken_ns = now_ns();
}

void machine_restore(struct vmm_vm *vm, const struct machine_state *state)
{
	struct kvm_clock_data clock = { .clock = state->clock.clock };
	unsigned int i;

	for (i = 0; i < 3; i++)
		vm_ioctl(vm, KVM_SET_IRQCHIP, &state->chips[i], "KVM_SET_IRQCHIP");
	vm_ioctl(vm, KVM_SET_PIT2, &state->pit, "KVM_SET_PIT2");
	clock.clock += now_ns() - state->taken_ns;
	vm_ioctl(vm, KVM_SET_CLOCK, &clock, "KVM_SET_CLOCK");
}
