// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_MEMORY_ENCRYPT_OP: the commands of this module.
 * KVM API, "KVM_MEMORY_ENCRYPT_OP"; include/uapi/linux/kvm_amd_es.h.
 *
 * sev_mem_enc_ioctl() gets every other command, and every command for a VM that this layer does not
 * serve, so that a VMM sees the errors that it knows.
 */
#include <linux/kvm_host.h>
#include <linux/uaccess.h>

#include "../include/uapi/linux/kvm_amd_es.h"
#include "../include/compat/kvm.h"
#include "command.h"
#include "migrate.h"
#include "move.h"
#include "state.h"

static bool is_update_vmsa(u32 id)
{
	return id == KVM_AMD_ES_SEND_UPDATE_VMSA || id == KVM_AMD_ES_RECEIVE_UPDATE_VMSA;
}

/*
 * Only the owner sends a mirror's registers.  Take the lock for sev_es_guest(), which warns about a
 * VM whose KVM_SEV_ES_INIT is failing concurrently, or that is being moved away.
 */
static bool is_for_vm(struct kvm *kvm, u32 id)
{
	bool is_es, is_mirror;

	mutex_lock(&kvm->lock);
	is_es = sev_es_guest(kvm) && !es_snp_guest(kvm);
	is_mirror = to_kvm_svm(kvm)->sev_info.enc_context_owner;
	mutex_unlock(&kvm->lock);
	return is_es && !(is_mirror && is_update_vmsa(id));
}

static bool is_ours(struct kvm *kvm, u32 id)
{
	if (id == KVM_AMD_ES_GET_API)
		return true;
	if (!is_update_vmsa(id) && (id < KVM_AMD_ES_GET_VM || id > KVM_AMD_ES_SET_VCPU))
		return false;
	return is_for_vm(kvm, id);
}

static int get_api(void __user *to)
{
	struct kvm_amd_es_api api = {
		.features = KVM_AMD_ES_API_STATE | KVM_AMD_ES_API_MOVE | KVM_AMD_ES_API_INIT2 |
			    KVM_AMD_ES_API_RECEIVE_VMSA,
	};

	if (es_migrate_can_send())
		api.features |= KVM_AMD_ES_API_SEND_VMSA;
	return copy_to_user(to, &api, sizeof(api)) ? -EFAULT : 0;
}

static int handle_command(struct kvm *kvm, struct kvm_sev_cmd *cmd)
{
	void __user *data = u64_to_user_ptr(cmd->data);

	switch (cmd->id) {
	case KVM_AMD_ES_GET_API:
		return get_api(data);
	case KVM_AMD_ES_GET_VM:
		return es_state_get_vm(kvm, data);
	case KVM_AMD_ES_SET_VM:
		return es_state_set_vm(kvm, data);
	case KVM_AMD_ES_GET_VCPU:
		return es_state_get_vcpu(kvm, data);
	case KVM_AMD_ES_SET_VCPU:
		return es_state_set_vcpu(kvm, data);
	case KVM_AMD_ES_SEND_UPDATE_VMSA:
		return es_migrate_send_vmsa(kvm, cmd);
	default:
		return es_migrate_receive_vmsa(kvm, cmd);
	}
}

int es_mem_enc_ioctl(struct kvm *kvm, void __user *argp)
{
	struct kvm_sev_cmd cmd;
	int r;

	/* Without an argument it returns 0 if there is SEV at all. */
	if (!argp || sev_mem_enc_ioctl(kvm, NULL))
		return sev_mem_enc_ioctl(kvm, argp);
	if (copy_from_user(&cmd, argp, sizeof(cmd)))
		return -EFAULT;
	es_move_use_fd(kvm, &cmd);
	if (!is_ours(kvm, cmd.id))
		return sev_mem_enc_ioctl(kvm, argp);

	cmd.error = 0;
	r = handle_command(kvm, &cmd);
	if (copy_to_user(argp, &cmd, sizeof(cmd)))
		return -EFAULT;
	return r;
}
