// SPDX-License-Identifier: GPL-2.0
/*
 * The report of a hung case: each vCPU's MP state, its last exits, and this module's view of them
 * (es_vcpus in KVM's debugfs directory of the VM).
 */
#include "vm.h"

#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "../spec/compiler.h"

static const char *mp_state_name(unsigned int state)
{
	static const char * const names[] = {
		[KVM_MP_STATE_RUNNABLE] = "runnable",
		[KVM_MP_STATE_UNINITIALIZED] = "uninitialized",
		[KVM_MP_STATE_INIT_RECEIVED] = "INIT received",
		[KVM_MP_STATE_HALTED] = "halted",
		[KVM_MP_STATE_SIPI_RECEIVED] = "SIPI received",
		[KVM_MP_STATE_AP_RESET_HOLD] = "AP reset hold",
	};

	return state < ARRAY_SIZE(names) && names[state] ? names[state] : "?";
}

/* Take the vCPU out of KVM_RUN if possible: KVM_GET_MP_STATE waits for the end of KVM_RUN. */
static bool leaves_kvm_run(struct vmm_vcpu *vcpu)
{
	struct timespec nap = { .tv_nsec = 20000000 };
	int tries;

	for (tries = 0; vcpu->running && tries < 50; tries++) {
		vcpu->wish = ES_VCPU_STOP;
		vcpu->run->immediate_exit = 1;
		pthread_kill(vcpu->thread, SIGUSR1);
		nanosleep(&nap, NULL);
	}
	return !vcpu->running;
}

static void report_vcpu(struct vmm_vcpu *vcpu)
{
	bool ran = vcpu->running;
	struct kvm_mp_state state;
	unsigned int i, n = vcpu->nr_exits;

	printf("# vCPU %u: %s; ", vcpu->nr,
	       vcpu->at_doorbell ? "at its doorbell" : ran ? "running" : "stopped");
	if (leaves_kvm_run(vcpu) && !ioctl(vcpu->fd, KVM_GET_MP_STATE, &state))
		printf("MP state %u (%s)", state.mp_state, mp_state_name(state.mp_state));
	else
		printf("MP state unknown, it does not leave KVM_RUN");
	printf("; %u exits, the last ones:", n);
	for (i = n > ES_EXIT_LOG ? n - ES_EXIT_LOG : 0; i < n; i++)
		printf(" [%s]", vcpu->exits[i % ES_EXIT_LOG]);
	printf("\n");
}

static void report_debugfs(struct vmm_vm *vm)
{
	char path[80], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/es_vcpus", getpid(), vm->fd);
	file = fopen(path, "r");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		printf("# %s", line);
	fclose(file);
}

void vmm_report(struct vmm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++)
		report_vcpu(&vm->vcpus[i]);
	report_debugfs(vm);
	fflush(stdout);
}
