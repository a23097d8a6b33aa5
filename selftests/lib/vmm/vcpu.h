/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vCPU and its thread: run until the agent rings its doorbell, pause, resume, and a limit on
 * every wait.  While a thread is inside KVM_RUN the vCPU's ioctls block, so they need a pause
 * first.
 */
#ifndef ES_VMM_VCPU_H
#define ES_VMM_VCPU_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define ES_EXIT_LOG	8

struct vmm_vm;

enum vmm_vcpu_wish { ES_VCPU_STOP, ES_VCPU_GO, ES_VCPU_QUIT };

struct vmm_vcpu {
	struct vmm_vm *vm;
	unsigned int nr;
	int fd;
	struct kvm_run *run;
	unsigned int run_bytes;
	uint64_t cookie;	/* RDX of the launch VMSA */
	pthread_t thread;
	/* Under vm->lock. */
	enum vmm_vcpu_wish wish;
	bool running;		/* the thread is in or around KVM_RUN */
	bool at_doorbell;
	bool stopped;		/* by an exit that neither this library nor the test handles */
	int run_errno;
	unsigned int nr_exits;
	char exits[ES_EXIT_LOG][48];
};

void vmm_vcpu_start_thread(struct vmm_vcpu *vcpu);
void vmm_vcpu_end_thread(struct vmm_vcpu *vcpu);

/* Let the vCPU run or resume; return immediately. */
void vmm_vcpu_go(struct vmm_vcpu *vcpu);
/* Take the vCPU out of KVM_RUN by a signal; return when it is out. */
void vmm_vcpu_pause(struct vmm_vcpu *vcpu);
/* Wait for the doorbell, which must come; WHAT names the wanted event in a message. */
void vmm_vcpu_wait(struct vmm_vcpu *vcpu, const char *what);
/* Wait for an exit without handler, which must come; run->exit_reason has it. */
void vmm_vcpu_wait_stop(struct vmm_vcpu *vcpu, const char *what);
/* Return true when the doorbell rings within that time. */
bool vmm_vcpu_rings_within(struct vmm_vcpu *vcpu, unsigned int ms);
/*
 * Call KVM_RUN with immediate_exit, which consumes the data of the exit in flight from kvm_run, as
 * required before the state is read.  False: there is another part of that exit to work on.  The
 * vCPU must be out of KVM_RUN.
 */
bool vmm_vcpu_complete_io(struct vmm_vcpu *vcpu);
/* The vCPU's ioctls; a vCPU that runs is paused for them and resumed. */
int vmm_vcpu_mp_state(struct vmm_vcpu *vcpu);
void vmm_vcpu_set_mp_state(struct vmm_vcpu *vcpu, unsigned int state);
void vmm_vcpu_nmi(struct vmm_vcpu *vcpu);
void vmm_vcpu_smi(struct vmm_vcpu *vcpu);

/* Print the state of all vCPUs as TAP comments, for a case that hangs (report.c). */
void vmm_report(struct vmm_vm *vm);

#endif
