// SPDX-License-Identifier: GPL-2.0
/*
 * The AP jump table: one address per VM, which the firmware passes to the operating system.
 * AMD 56421 GHCB Specification, "SMP Booting" and "AP Jump Table".
 *
 * The guest controls the value, which the host never follows; an address that no guest could use is
 * rejected.  It is kept in struct kvm_sev_info, where KVM's code keeps it.
 */
#include <linux/kvm_host.h>

#include "es_trace.h"
#include "nae.h"
#include "respond.h"

/* 0 removes the table.  An address with the C-bit set is beyond all memory. */
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
		es_respond_bad_input(vcpu, ES_ERR_INVALID_INPUT);
		return;
	}
	if (get)
		es_respond_success(es, READ_ONCE(sev->ap_jump_table));
	else
		WRITE_ONCE(sev->ap_jump_table, es->req.info2);
	trace_es_jump_table(vcpu->vcpu_id, get, sev->ap_jump_table);
}
