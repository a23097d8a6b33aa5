/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KVM's state of a VM as a whole: interrupt controllers, timer, clock.
 */
#ifndef ES_PC_MACHINE_STATE_H
#define ES_PC_MACHINE_STATE_H

#include "../vmm/vm.h"

struct machine_state {
	struct kvm_irqchip chips[3];
	struct kvm_pit_state2 pit;
	struct kvm_clock_data clock;
	uint64_t taken_ns;	/* the host's time when the clock was read */
};

void machine_save(struct vmm_vm *vm, struct machine_state *state);
/* Set the state; the clock advances by the time that has passed. */
void machine_restore(struct vmm_vm *vm, const struct machine_state *state);

#endif
