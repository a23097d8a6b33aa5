/* SPDX-License-Identifier: GPL-2.0 */
/*
 * State that userspace can get and set.
 */
#ifndef SVM_STATE_H
#define SVM_STATE_H

#include <linux/kvm_host.h>

/* The commands of uapi/linux/kvm_amd_es.h with the same names.  Return 0 or -errno.  May sleep. */
int es_state_get_vm(struct kvm *kvm, void __user *to);
int es_state_set_vm(struct kvm *kvm, void __user *from);
int es_state_get_vcpu(struct kvm *kvm, void __user *to);
int es_state_set_vcpu(struct kvm *kvm, void __user *from);

/*
 * The GHCB MSR, for KVM_GET_MSRS and KVM_SET_MSRS.  Return false if the guest asks, or for a vCPU
 * without our state.
 */
bool es_state_get_msr(struct kvm_vcpu *vcpu, struct msr_data *msr);
bool es_state_set_msr(struct kvm_vcpu *vcpu, const struct msr_data *msr);

#endif
