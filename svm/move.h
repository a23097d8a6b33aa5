/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Moving and mirroring of a VM's encryption context.  patches/linux/common calls these from sev.c.
 */
#ifndef SVM_MOVE_H
#define SVM_MOVE_H

#include <linux/kvm_host.h>

/* A vCPU of the source cannot be moved yet: userspace works on an exit of it. */
bool es_move_must_wait(struct kvm_vcpu *vcpu);

/* During a move, beside what the kernel moves.  Both VMs and all their vCPUs are locked. */
void es_move_vm(struct kvm *to, struct kvm *from);
void es_move_vcpu(struct kvm_vcpu *to, struct kvm_vcpu *from);

/* @mirror gets what @owner negotiates with its guest. */
void es_move_mirror(struct kvm *mirror, struct kvm *owner);

/* A VM that was moved takes the file of /dev/sev that the command names, if it names one. */
void es_move_use_fd(struct kvm *kvm, const struct kvm_sev_cmd *cmd);

#endif
