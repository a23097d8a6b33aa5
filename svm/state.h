/* SPDX-License-Identifier: GPL-2.0 */
/*
 * State that userspace can read and set.
 */
#ifndef SVM_STATE_H
#define SVM_STATE_H

#include <linux/kvm_host.h>

/* The commands, of the same name as those in uapi/kvm_amd_es.h.  0 or -errno. */
int es_state_get_vm(struct kvm *kvm, void __user *to);
int es_state_set_vm(struct kvm *kvm, void __user *from);
int es_state_get_vcpu(struct kvm *kvm, void __user *to);
int es_state_set_vcpu(struct kvm *kvm, void __user *from);

/* The GHCB MSR, for KVM_GET_MSRS and KVM_SET_MSRS: true if userspace asks, and for a vCPU of ours. */
bool es_state_get_msr(struct kvm_vcpu *vcpu, struct msr_data *msr);
bool es_state_set_msr(struct kvm_vcpu *vcpu, const struct msr_data *msr);

#endif
