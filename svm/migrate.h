/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Encrypted registers on their way between two hosts.
 */
#ifndef SVM_MIGRATE_H
#define SVM_MIGRATE_H

#include <linux/kvm_host.h>

/* Does the kernel's ccp driver hand SEND_UPDATE_VMSA to the firmware as it is? */
bool es_migrate_can_send(void);

/* KVM_AMD_ES_SEND_UPDATE_VMSA and KVM_AMD_ES_RECEIVE_UPDATE_VMSA: 0 or -errno, and cmd->error. */
int es_migrate_send_vmsa(struct kvm *kvm, struct kvm_sev_cmd *cmd);
int es_migrate_receive_vmsa(struct kvm *kvm, struct kvm_sev_cmd *cmd);

#endif
