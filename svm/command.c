// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_MEMORY_ENCRYPT_OP: which commands are ours.
 * KVM API, "KVM_MEMORY_ENCRYPT_OP"; include/uapi/kvm_amd_es.h.
 */
#include <linux/kvm_host.h>
#include <linux/uaccess.h>

#include "../include/uapi/kvm_amd_es.h"
#include "migrate.h"
#include "move.h"
#include "state.h"
#include "stock.h"

static bool is_ours(u32 id)
{
	return id == KVM_AMD_ES_SEND_UPDATE_VMSA || id == KVM_AMD_ES_RECEIVE_UPDATE_VMSA ||
	       (id >= KVM_AMD_ES_GET_API && id <= KVM_AMD_ES_SET_VCPU);
}

static int carry_out(struct kvm *kvm, struct kvm_sev_cmd *cmd)
{
	void __user *data = u64_to_user_ptr(cmd->data);

	if (cmd->id == KVM_AMD_ES_GET_API)
		return es_state_get_api(data);
	if (!sev_es_guest(kvm) || es_snp_guest(kvm))
		return -ENOTTY;

	switch (cmd->id) {
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

/* Takes the place of the kernel's function.  0 or -errno. */
int sev_mem_enc_ioctl(struct kvm *kvm, void __user *argp)
{
	struct kvm_sev_cmd cmd;
	int r;

	/* Without an argument the kernel's tells whether there is SEV at all. */
	if (!argp || stock_sev_mem_enc_ioctl(kvm, NULL))
		return stock_sev_mem_enc_ioctl(kvm, argp);
	if (copy_from_user(&cmd, argp, sizeof(cmd)))
		return -EFAULT;
	if (!is_ours(cmd.id)) {
		es_move_use_fd(kvm, &cmd);
		return stock_sev_mem_enc_ioctl(kvm, argp);
	}

	cmd.error = 0;
	r = carry_out(kvm, &cmd);
	if (copy_to_user(argp, &cmd, sizeof(cmd)))
		return -EFAULT;
	return r;
}
