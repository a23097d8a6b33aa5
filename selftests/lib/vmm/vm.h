/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An SEV-ES VM on /dev/kvm: memory, in-kernel interrupt controllers, vCPUs, and the launch.
 *
 * Concept: KVM_MEMORY_ENCRYPT_OP and its launch commands (AMD 55766 SEV API, chapter "Guest
 * Launch"); KVM API, Documentation/virt/kvm/x86/amd-memory-encryption.rst.
 */
#ifndef ES_VMM_VM_H
#define ES_VMM_VM_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include "../guest/agent.h"
#include "vcpu.h"

#define ES_POLICY_NODBG		1u
#define ES_POLICY_ES		4u
#define ES_MEASURE_BYTES	32
#define ES_NONCE_BYTES		16
#define ES_GHCB_DEFAULT		0x10000u	/* ghcb_version: what KVM_SEV_INIT2 makes of 0 */

/* KVM_SEV_GUEST_STATUS */
enum vmm_guest_state { ES_LAUNCH_UPDATE = 1, ES_LAUNCH_SECRET = 2, ES_RUNNING = 3 };

/* A part of the guest's memory that the caller has. */
struct vmm_slot {
	uint64_t gpa, bytes;
	uint8_t *memory;
};

struct vmm_vm_options {
	unsigned int nr_vcpus;
	int memory_fd;		/* memory is this file's; 0: anonymous */
	/* pages that cannot move although they are not pinned for writing */
	bool shared_memory;
	bool small_pages;	/* no transparent huge pages, which are Debian's default */
	/* 0: KVM_SEV_ES_INIT, which means 1; else KVM_SEV_INIT2 with it */
	unsigned int ghcb_version;
	/* the same memory and vCPUs, no SEV yet: a VM to which that one can move */
	struct vmm_vm *twin_of;
	struct vmm_vm *mirror_of;	/* a mirror of that VM, with the same memory */
	bool blank;		/* no agent: the guest comes from elsewhere */
	/* this memory, and vCPUs as KVM creates them: firmware in it starts by itself */
	const struct vmm_slot *slots;
	unsigned int nr_slots;
	/* with slots: a guest without SEV, to debug one that does not start */
	bool plain;
	bool no_apic;		/* KVM has none: it is the VMM's */
	unsigned int dirty_ring_bytes;	/* of each vCPU, for KVM_CAP_DIRTY_LOG_RING; 0: none */
	/* sees each entry before a vCPU gets it */
	void (*edit_cpuid)(struct kvm_cpuid_entry2 *entry);
};

struct vmm_vm {
	int kvm_fd, sev_fd, fd;
	uint8_t *memory;	/* the host's view, AGENT_GUEST_BYTES, or that of the first slot */
	void *mapping;		/* what the memory is a part of; NULL: another VM's */
	unsigned int nr_vcpus;
	struct vmm_vcpu vcpus[AGENT_MAX_VCPUS];
	uint64_t c_bit;
	uint8_t measurement[ES_MEASURE_BYTES + ES_NONCE_BYTES];
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Handle exits other than the doorbell; true: continue.  Runs in the vCPU's thread. */
	bool (*on_exit)(struct vmm_vcpu *vcpu, struct kvm_run *run);
	void *context;
};

/* The agent as it is loaded (image.S). */
extern const uint8_t vmm_agent_image[], vmm_agent_image_end[];

/* Create everything up to the launch; each failure ends the case with one sentence. */
void vmm_vm_create(struct vmm_vm *vm, const struct vmm_vm_options *options);
/* Send the first SEV command of a VM, KVM_SEV_ES_INIT or KVM_SEV_INIT2: 0 or -errno. */
int vmm_sev_init(struct vmm_vm *vm, unsigned int ghcb_version);
/* Return the VM type that KVM_SEV_INIT2 wants on this kernel. */
unsigned int vmm_init2_vm_type(int kvm_fd);
/* Launch by START, UPDATE_DATA, UPDATE_VMSA, MEASURE, FINISH. */
void vmm_vm_launch(struct vmm_vm *vm);
/* Close the VM, so that KVM has nothing left of it; its memory stays mapped. */
void vmm_vm_close(struct vmm_vm *vm);
/* Close the VM and unmap its memory. */
void vmm_vm_destroy(struct vmm_vm *vm);

/* Send one command: 0 or -errno; *fw_error (may be NULL) is the security processor's error. */
int vmm_sev_cmd(struct vmm_vm *vm, uint32_t id, void *data, uint32_t *fw_error);
int vmm_launch_start(struct vmm_vm *vm);
int vmm_launch_data(struct vmm_vm *vm);
int vmm_launch_vmsa(struct vmm_vm *vm);
int vmm_launch_measure(struct vmm_vm *vm);
int vmm_launch_finish(struct vmm_vm *vm);
int vmm_guest_state(struct vmm_vm *vm);

#endif
