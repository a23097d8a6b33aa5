/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KVM_SEV_INIT2 for 6.1; patches/linux/6.1 call it from sev.c.
 */
#ifndef ES_COMPAT_LAUNCH_H
#define ES_COMPAT_LAUNCH_H

#include <linux/kvm_host.h>
#include <linux/uaccess.h>

#include "kvm.h"
#include "../es/msr.h"
#include "../uapi/linux/kvm_amd_es.h"

/*
 * Execute KVM_SEV_INIT2: KVM_SEV_ES_INIT with a GHCB version.  @init is KVM's KVM_SEV_ES_INIT.
 * Caller must hold kvm->lock.  Return 0, -EINVAL, -EFAULT, or what @init returns.
 */
static inline int es_launch_init2(struct kvm *kvm, struct kvm_sev_cmd *cmd,
				  int (*init)(struct kvm *kvm, struct kvm_sev_cmd *cmd))
{
	struct kvm_sev_info *sev = &to_kvm_svm(kvm)->sev_info;
	struct kvm_sev_cmd es_init = { .id = KVM_SEV_ES_INIT, .sev_fd = cmd->sev_fd };
	struct kvm_amd_es_init2 data;
	int r;

	lockdep_assert_held(&kvm->lock);
	if (sev->active)
		return -EINVAL;
	if (copy_from_user(&data, u64_to_user_ptr(cmd->data), sizeof(data)))
		return -EFAULT;
	if (data.vmsa_features || data.flags || data.ghcb_version > ES_GHCB_VERSION_MAX)
		return -EINVAL;

	r = init(kvm, &es_init);
	cmd->error = es_init.error;
	if (!r)
		sev->ghcb_version = data.ghcb_version ?: ES_GHCB_VERSION_MAX;
	return r;
}

#endif
