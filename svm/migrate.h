/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Migration of encrypted registers between two hosts.
 */
#ifndef SVM_MIGRATE_H
#define SVM_MIGRATE_H

#include <linux/kvm_host.h>

/* Return true if the ccp driver passes SEND_UPDATE_VMSA to the firmware unchanged. */
bool es_migrate_can_send(void);

/*
 * KVM_AMD_ES_SEND_UPDATE_VMSA and KVM_AMD_ES_RECEIVE_UPDATE_VMSA: return 0 or -errno, and set
 * cmd->error.  May sleep.
 */
int es_migrate_send_vmsa(struct kvm *kvm, struct kvm_sev_cmd *cmd);
int es_migrate_receive_vmsa(struct kvm *kvm, struct kvm_sev_cmd *cmd);

#endif
