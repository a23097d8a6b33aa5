// SPDX-License-Identifier: GPL-2.0
#include "move.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include "../vmm/env.h"
#include "cpu_state.h"
#include "irq.h"
#include "machine_state.h"

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

/* Give the new VM vCPUs and interrupt controllers, no SEV yet. */
static void prepare(struct pc *pc, struct vmm_vm *to)
{
	struct vmm_vm_options twin = pc->options;

	twin.twin_of = pc->vm;
	vmm_vm_create(to, &twin);
	pc_create_timer(to);
	to->on_exit = pc->vm->on_exit;
	to->context = pc;
}

static void save(struct vmm_vm *vm, struct machine_state *machine, struct cpu_state *cpus)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++)
		vmm_vcpu_pause(&vm->vcpus[i]);
	for (i = 0; i < vm->nr_vcpus; i++)
		cpu_save(&vm->vcpus[i], &cpus[i]);
	machine_save(vm, machine);
}

/* Set the interrupt controllers last: their pending interrupts go to APICs that are restored. */
static void restore(struct vmm_vm *vm, const struct machine_state *machine,
		    const struct cpu_state *cpus)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++)
		cpu_restore(&vm->vcpus[i], &cpus[i]);
	machine_restore(vm, machine);
}

unsigned int pc_move(struct pc *pc)
{
	struct vmm_vm *from = pc->vm, *to = from == &pc->vms[0] ? &pc->vms[1] : &pc->vms[0];
	struct cpu_state cpus[AGENT_MAX_VCPUS];
	struct machine_state machine;
	unsigned int pause_us;
	uint64_t start_us;
	int error;

	prepare(pc, to);
	start_us = now_us();
	save(from, &machine, cpus);
	if (!pc_runs(pc)) {	/* it ended in the meantime, and its VMM will see that */
		vmm_vm_close(to);
		return 0;
	}
	error = vmm_move_context(to, from);
	if (error)
		vmm_fail("KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM failed: %s", strerror(-error));
	restore(to, &machine, cpus);
	pc->vm = to;
	serial_renew_irq(&pc->console);
	serial_renew_irq(&pc->line);
	pc_go(pc);
	pause_us = now_us() - start_us;
	vmm_vm_close(from);
	return pause_us;
}
