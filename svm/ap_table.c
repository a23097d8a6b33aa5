// SPDX-License-Identifier: GPL-2.0
/*
 * The AP jump table: one address per VM, handed from the firmware to the next layer.
 * AMD 56421 GHCB Specification, "SMP Booting" and "AP Jump Table".
 *
 * The guest controls the value, which the host never follows; one that no layer could use is
 * refused where it is set.  The kernel's field keeps it, so that the kernel's own code and ours
 * agree; the kernel's move of a VM forgets it and the GHCB version, ours does not.
 */
#include <linux/file.h>
#include <linux/kvm_host.h>

#include "es_trace.h"
#include "nae.h"
#include "respond.h"
#include "stats.h"
#include "stock.h"

/* 0: there is none (any more).  The C-bit is no part of an address, and lies beyond all memory. */
static bool can_hold_table(struct kvm_vcpu *vcpu, u64 gpa)
{
	return !gpa || (PAGE_ALIGNED(gpa) && kvm_vcpu_is_visible_gfn(vcpu, gpa_to_gfn(gpa)));
}

void es_nae_jump_table(struct kvm_vcpu *vcpu)
{
	struct kvm_sev_info *sev = &to_kvm_svm(vcpu->kvm)->sev_info;
	struct es_vcpu *es = to_es(vcpu);
	bool get = es->req.info1 == ES_JUMP_TABLE_GET;

	if (!get && !can_hold_table(vcpu, es->req.info2)) {
		es_respond_malformed(vcpu, ES_INVALID_INPUT);
		return;
	}
	if (get)
		es_respond_done(es, READ_ONCE(sev->ap_jump_table));
	else
		WRITE_ONCE(sev->ap_jump_table, es->req.info2);
	trace_es_jump_table(vcpu->vcpu_id, get, sev->ap_jump_table);
}

/* The kernel has moved the vCPUs' states, ours with them; this is what it leaves out. */
static void finish_move(struct kvm *kvm, u64 jump_table, u16 ghcb_version)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	to_kvm_svm(kvm)->sev_info.ap_jump_table = jump_table;
	to_kvm_svm(kvm)->sev_info.ghcb_version = ghcb_version;
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
	u16 version = 0;
	int r;

	if (file && file_is_kvm(file)) {
		jump_table = to_kvm_svm(file->private_data)->sev_info.ap_jump_table;
		version = to_kvm_svm(file->private_data)->sev_info.ghcb_version;
	}
	r = stock_sev_vm_move_enc_context_from(kvm, source_fd);
	if (!r)
		finish_move(kvm, jump_table, version);
	if (file)
		fput(file);
	return r;
}
