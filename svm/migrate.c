// SPDX-License-Identifier: GPL-2.0
/*
 * SEND_UPDATE_VMSA and RECEIVE_UPDATE_VMSA: a vCPU's encrypted registers, encrypted for transport
 * to another host.
 * AMD 55766 SEV API, chapter "Guest Migration".
 *
 * KVM has the commands for memory; these are the ones for registers.  The guest controls nothing
 * here.  Userspace can hurt only its own guest, because the firmware checks order, keys and
 * packets.
 */
#include <linux/file.h>
#include <linux/kvm_host.h>
#include <linux/mem_encrypt.h>
#include <linux/psp-sev.h>
#include <linux/uaccess.h>

#include <asm/cacheflush.h>

#include "../include/es/psp.h"
#include "../include/uapi/linux/kvm_amd_es.h"
#include "main.h"
#include "migrate.h"
#include "vcpu.h"

#define MAX_TRIES	8

/* The layout that VMMs use for these two commands, with the compiler's padding. */
#define AT(field, offset) \
	static_assert(offsetof(struct kvm_amd_es_update_vmsa, field) == (offset))
AT(vcpu_id, 0);
AT(hdr_uaddr, 8);
AT(hdr_len, 16);
AT(trans_uaddr, 24);
AT(trans_len, 32);
static_assert(sizeof(struct kvm_amd_es_update_vmsa) == 40);

/* One update of one vCPU: userspace's arguments, and host copies of header and packet. */
struct update {
	struct kvm_amd_es_update_vmsa args;
	struct kvm_vcpu *vcpu;
	void *hdr;
	void *trans;
};

/* On an SNP host, ccp rewrites the buffers; its layout of SEND_UPDATE_VMSA is wrong (es/psp.h). */
bool es_migrate_can_send(void)
{
	return !es_compat_host_has_snp();
}

/* Use the file that userspace gave at the start, like KVM's commands. */
static int issue_command(struct kvm *kvm, int command, void *data, u32 *error)
{
	struct file *file = fget(to_kvm_svm(kvm)->sev_info.fd);
	int fw_error = 0, r;

	if (!file)
		return -EBADF;
	r = sev_issue_cmd_external_user(file, command, data, &fw_error);
	fput(file);
	*error = fw_error;
	return r;
}

/*
 * ccp copies sizeof() the kernel's structure (es/psp.h), 4 bytes less than the command has.  The
 * missing field is the last one, the packet's length, which is what an earlier, longer command left
 * in ccp's buffer.  If it is too small, the firmware returns INVALID_LEN and writes the right
 * length to the same place.  The next try uses that, unless another command came in between.
 */
static int send_update(struct kvm *kvm, struct es_psp_send_update_vmsa *data, u32 *error)
{
	u32 hdr_len = data->hdr_len_bytes;
	unsigned int try;
	int r = -EIO;

	for (try = 0; try < MAX_TRIES; try++) {
		data->hdr_len_bytes = hdr_len;
		r = issue_command(kvm, SEV_CMD_SEND_UPDATE_VMSA, data, error);
		if (*error != SEV_RET_INVALID_LEN || hdr_len < data->hdr_len_bytes)
			break;
	}
	return r;
}

static int fetch_args(struct kvm_sev_cmd *cmd, struct update *update)
{
	struct kvm_amd_es_update_vmsa *args = &update->args;

	if (copy_from_user(args, u64_to_user_ptr(cmd->data), sizeof(*args)))
		return -EFAULT;
	if (args->hdr_len > PAGE_SIZE || (args->trans_len && args->trans_len != PAGE_SIZE))
		return -EINVAL;
	return 0;
}

static void free_buffers(struct update *update)
{
	kfree(update->hdr);
	free_page((unsigned long)update->trans);
}

static int alloc_buffers(struct update *update)
{
	update->hdr = kzalloc(update->args.hdr_len, GFP_KERNEL_ACCOUNT);
	update->trans = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (update->hdr && update->trans)
		return 0;
	free_buffers(update);
	return -ENOMEM;
}

/*
 * Like LAUNCH_UPDATE_VMSA: encrypted registers cannot be debugged, and nothing could end debugging
 * then.
 */
static bool is_debugged(struct kvm_vcpu *vcpu)
{
	return vcpu->guest_debug || (to_svm(vcpu)->vmcb->save.dr7 & ~DR7_FIXED_1);
}

static bool is_ready(struct kvm_vcpu *vcpu, bool sends)
{
	if (sends)
		return vcpu->arch.guest_state_protected;
	return !vcpu->arch.guest_state_protected && !is_debugged(vcpu);
}

/* Find and lock the vCPU. */
static int lock_vcpu(struct kvm *kvm, struct update *update, bool sends)
{
	struct kvm_vcpu *vcpu = es_vcpu_lock(kvm, update->args.vcpu_id);

	if (IS_ERR(vcpu))
		return PTR_ERR(vcpu);
	if (is_ready(vcpu, sends)) {
		update->vcpu = vcpu;
		return 0;
	}
	mutex_unlock(&vcpu->mutex);
	return -EINVAL;
}

/* The firmware requires the C-bit, as for memory. */
static u64 vmsa_address(const struct update *update)
{
	return __pa(to_svm(update->vcpu)->sev_es.vmsa) | BIT_ULL(es_host_cbit());
}

/* Return the firmware's header length; the packet is a page. */
static int query_lengths(struct kvm *kvm, struct kvm_sev_cmd *cmd, struct update *update)
{
	struct es_psp_send_update_vmsa data = {
		.handle = to_kvm_svm(kvm)->sev_info.handle, .guest_len_bytes = PAGE_SIZE,
	};
	int r = send_update(kvm, &data, &cmd->error);

	update->args.hdr_len = data.hdr_len_bytes;
	update->args.trans_len = PAGE_SIZE;
	if (copy_to_user(u64_to_user_ptr(cmd->data), &update->args, sizeof(update->args)))
		return -EFAULT;
	return r;
}

static int send_vmsa(struct kvm *kvm, struct kvm_sev_cmd *cmd, struct update *update)
{
	const struct kvm_amd_es_update_vmsa *args = &update->args;
	struct es_psp_send_update_vmsa data = {
		.handle = to_kvm_svm(kvm)->sev_info.handle,
		.hdr_address = __sme_pa(update->hdr), .hdr_len_bytes = update->args.hdr_len,
		.guest_address = vmsa_address(update), .guest_len_bytes = PAGE_SIZE,
		.trans_address = __sme_pa(update->trans), .trans_len_bytes = PAGE_SIZE,
	};
	int r = send_update(kvm, &data, &cmd->error);

	if (r)
		return r;
	if (copy_to_user(u64_to_user_ptr(args->trans_uaddr), update->trans, PAGE_SIZE) ||
	    copy_to_user(u64_to_user_ptr(args->hdr_uaddr), update->hdr, args->hdr_len))
		return -EFAULT;
	return 0;
}

static int receive_vmsa(struct kvm *kvm, struct kvm_sev_cmd *cmd, struct update *update)
{
	const struct kvm_amd_es_update_vmsa *args = &update->args;
	struct sev_data_receive_update_vmsa data = {
		.handle = to_kvm_svm(kvm)->sev_info.handle,
		.hdr_address = __sme_pa(update->hdr), .hdr_len = update->args.hdr_len,
		.guest_address = vmsa_address(update), .guest_len = PAGE_SIZE,
		.trans_address = __sme_pa(update->trans), .trans_len = PAGE_SIZE,
	};
	int r;

	if (copy_from_user(update->trans, u64_to_user_ptr(args->trans_uaddr), PAGE_SIZE) ||
	    copy_from_user(update->hdr, u64_to_user_ptr(args->hdr_uaddr), args->hdr_len))
		return -EFAULT;

	/* Cached data of the page must not overwrite what the firmware writes. */
	clflush_cache_range(to_svm(update->vcpu)->sev_es.vmsa, PAGE_SIZE);
	r = issue_command(kvm, SEV_CMD_RECEIVE_UPDATE_VMSA, &data, &cmd->error);
	if (r)
		return r;
	update->vcpu->arch.guest_state_protected = true;
	es_compat_vcpu_protected(update->vcpu);
	return 0;
}

static int update_vmsa(struct kvm *kvm, struct kvm_sev_cmd *cmd, bool sends)
{
	struct update update = { };
	int r;

	lockdep_assert_held(&kvm->lock);
	if (sends && !es_migrate_can_send())
		return -EOPNOTSUPP;
	r = fetch_args(cmd, &update);
	if (r)
		return r;
	if (!update.args.hdr_len || !update.args.trans_len)
		return sends ? query_lengths(kvm, cmd, &update) : -EINVAL;
	r = alloc_buffers(&update);
	if (r)
		return r;
	r = lock_vcpu(kvm, &update, sends);
	if (!r) {
		r = sends ? send_vmsa(kvm, cmd, &update) : receive_vmsa(kvm, cmd, &update);
		mutex_unlock(&update.vcpu->mutex);
	}
	free_buffers(&update);
	return r;
}

/* Same checks as sev_mem_enc_ioctl(): reject mirrors and pending vCPU creation. */
static int update_vmsa_locked(struct kvm *kvm, struct kvm_sev_cmd *cmd, bool sends)
{
	int r;

	mutex_lock(&kvm->lock);
	if (!sev_es_guest(kvm) || to_kvm_svm(kvm)->sev_info.enc_context_owner)
		r = -EINVAL;
	else if (es_compat_vcpu_is_being_created(kvm))
		r = -EBUSY;
	else
		r = update_vmsa(kvm, cmd, sends);
	mutex_unlock(&kvm->lock);
	return r;
}

int es_migrate_send_vmsa(struct kvm *kvm, struct kvm_sev_cmd *cmd)
{
	return update_vmsa_locked(kvm, cmd, true);
}

int es_migrate_receive_vmsa(struct kvm *kvm, struct kvm_sev_cmd *cmd)
{
	return update_vmsa_locked(kvm, cmd, false);
}
