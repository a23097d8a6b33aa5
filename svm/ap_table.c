// SPDX-License-Identifier: GPL-2.0
/*
 * The AP jump table: one address per VM, handed from the firmware to the next layer.
 * AMD 56421 GHCB Specification, "SMP Booting" and "AP Jump Table".
 *
 * The guest controls the value, which the host never follows.  The kernel's field keeps it, so
 * that the kernel's own code and ours agree; the kernel's move of a VM forgets it, ours does not.
 */
#include <linux/file.h>
#include <linux/kvm_host.h>

#include "es_trace.h"
#include "nae.h"
#include "respond.h"
#include "stats.h"
#include "stock.h"

int es_nae_jump_table(struct kvm_vcpu *vcpu)
{
	struct kvm_sev_info *sev = &to_kvm_svm(vcpu->kvm)->sev_info;
	struct es_vcpu *es = to_es(vcpu);
	bool get = es->req.info1 == ES_JUMP_TABLE_GET;

	if (get)
		es_respond_done(es, READ_ONCE(sev->ap_jump_table));
	else
		WRITE_ONCE(sev->ap_jump_table, es->req.info2);
	trace_es_jump_table(vcpu->vcpu_id, get, sev->ap_jump_table);
	return 1;
}

/* The kernel has moved the vCPUs' states, ours with them; this is what it leaves out. */
static void finish_move(struct kvm *kvm, u64 jump_table)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	to_kvm_svm(kvm)->sev_info.ap_jump_table = jump_table;
	if (!sev_es_guest(kvm))
		return;
	kvm_for_each_vcpu(i, vcpu, kvm) {
		mutex_lock(&vcpu->mutex);
		es_compat_vcpu_moved(vcpu);
		mutex_unlock(&vcpu->mutex);
	}
	es_stats_create(kvm);
}

/* Takes the place of the kernel's function.  0 or -errno. */
int sev_vm_move_enc_context_from(struct kvm *kvm, unsigned int source_fd)
{
	struct file *file = fget(source_fd);
	u64 jump_table = 0;
	int r;

	if (file && file_is_kvm(file))
		jump_table = to_kvm_svm(file->private_data)->sev_info.ap_jump_table;
	r = stock_sev_vm_move_enc_context_from(kvm, source_fd);
	if (!r)
		finish_move(kvm, jump_table);
	if (file)
		fput(file);
	return r;
}
