/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state that a VMM reads from one vCPU or VM and sets in another: for a move, a snapshot, a
 * migration.
 *
 * Source: KVM API; include/uapi/linux/kvm_amd_es.h for the state that the stock module does not
 *	have.
 */
#ifndef ES_VMM_STATE_H
#define ES_VMM_STATE_H

#include "../../../include/uapi/linux/kvm_amd_es.h"
#include "vm.h"

struct vmm_vcpu_state {
	struct kvm_mp_state mp;
	struct kvm_amd_es_vcpu es;
	struct kvm_vcpu_events events;
	struct kvm_lapic_state lapic;
	uint64_t apic_base;
	uint64_t ghcb_msr;
};

/* Return 0 or -errno. */
int vmm_get_vm_state(struct vmm_vm *vm, struct kvm_amd_es_vm *state);
int vmm_set_vm_state(struct vmm_vm *vm, struct kvm_amd_es_vm *state);
int vmm_get_vcpu_state(struct vmm_vcpu *vcpu, struct kvm_amd_es_vcpu *state);
int vmm_set_vcpu_state(struct vmm_vcpu *vcpu, struct kvm_amd_es_vcpu *state);
/* Read one MSR; true if KVM has it. */
bool vmm_get_msr(struct vmm_vcpu *vcpu, uint32_t msr, uint64_t *value);
bool vmm_set_msr(struct vmm_vcpu *vcpu, uint32_t msr, uint64_t value);

/* Read the state that the stock module has as well: MP state, events, APIC. */
void vmm_vcpu_save(struct vmm_vcpu *vcpu, struct vmm_vcpu_state *state);
void vmm_vcpu_restore(struct vmm_vcpu *vcpu, const struct vmm_vcpu_state *state);
/* Read all state, including this module's. */
void vmm_vcpu_save_all(struct vmm_vcpu *vcpu, struct vmm_vcpu_state *state);
void vmm_vcpu_restore_all(struct vmm_vcpu *vcpu, const struct vmm_vcpu_state *state);
/* Set state other than that, and check that it is set. */
void vmm_vcpu_spoil(struct vmm_vcpu *vcpu, const struct vmm_vcpu_state *state);

/* Call KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM and nothing else: 0 or -errno. */
int vmm_move_context(struct vmm_vm *to, struct vmm_vm *from);
/* Pause the vCPUs of FROM, create TO and move the guest there; FROM is closed. */
void vmm_vm_move(struct vmm_vm *to, struct vmm_vm *from, const struct vmm_vm_options *options);
/*
 * Restore a snapshot immediately: read all state, move the context, set other state in its place,
 * then set the state that was read.  For this module only.
 */
void vmm_vm_snapshot(struct vmm_vm *to, struct vmm_vm *from, const struct vmm_vm_options *options);

#endif
