/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Moving and mirroring of a VM's encryption context.  patches/linux/common calls these from sev.c.
 */
#ifndef SVM_MOVE_H
#define SVM_MOVE_H

#include <linux/kvm_host.h>

/*
 * Move what the kernel does not move.  Caller must hold kvm->lock of both VMs, and the mutexes of
 * all their vCPUs.
 */
void es_move_vm(struct kvm *to, struct kvm *from);
void es_move_vcpu(struct kvm_vcpu *to, struct kvm_vcpu *from);

/* Give @mirror what @owner negotiates with its guest.  Caller must hold kvm->lock of both VMs. */
void es_move_mirror(struct kvm *mirror, struct kvm *owner);

/* Let a VM that was moved use the file of /dev/sev that the command names, if it names one. */
void es_move_use_fd(struct kvm *kvm, const struct kvm_sev_cmd *cmd);

#endif
