/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a VMM reads from one vCPU or VM and sets in another: for a move, a snapshot, a migration.
 *
 * Source: KVM API; include/uapi/linux/kvm_amd_es.h for what the stock module does not have.
 */
#ifndef ES_VMM_STATE_H
#define ES_VMM_STATE_H

#include "../../../include/uapi/linux/kvm_amd_es.h"
#include "vm.h"

struct es_vcpu_state {
	struct kvm_mp_state mp;
	struct kvm_amd_es_vcpu es;
	struct kvm_vcpu_events events;
	struct kvm_lapic_state lapic;
	uint64_t apic_base;
	uint64_t ghcb_msr;
};

/* 0 or -errno. */
int es_get_vm_state(struct es_vm *vm, struct kvm_amd_es_vm *state);
int es_set_vm_state(struct es_vm *vm, struct kvm_amd_es_vm *state);
int es_get_vcpu_state(struct es_vcpu *vcpu, struct kvm_amd_es_vcpu *state);
int es_set_vcpu_state(struct es_vcpu *vcpu, struct kvm_amd_es_vcpu *state);
/* One MSR, of which KVM says that it has it. */
bool es_get_msr(struct es_vcpu *vcpu, uint32_t msr, uint64_t *value);
bool es_set_msr(struct es_vcpu *vcpu, uint32_t msr, uint64_t value);

/* What the stock module has as well: MP state, events, APIC. */
void es_vcpu_save(struct es_vcpu *vcpu, struct es_vcpu_state *state);
void es_vcpu_restore(struct es_vcpu *vcpu, const struct es_vcpu_state *state);
/* The rest, too; ours only. */
void es_vcpu_save_all(struct es_vcpu *vcpu, struct es_vcpu_state *state);
void es_vcpu_restore_all(struct es_vcpu *vcpu, const struct es_vcpu_state *state);
/* Sets other state than that, and looks whether it is there. */
void es_vcpu_spoil(struct es_vcpu *vcpu, const struct es_vcpu_state *state);

/* KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM and nothing else: 0 or -errno. */
int es_move_context(struct es_vm *to, struct es_vm *from);
/* Takes the vCPUs of FROM out of KVM_RUN, creates TO and moves the guest there; FROM is closed. */
void es_vm_move(struct es_vm *to, struct es_vm *from, const struct es_vm_options *options);
/*
 * A snapshot that is restored at once: reads all state, moves the context, puts other state in its place, then sets what
 * was read.  Ours only.
 */
void es_vm_snapshot(struct es_vm *to, struct es_vm *from, const struct es_vm_options *options);

#endif
