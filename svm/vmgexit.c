// SPDX-License-Identifier: GPL-2.0
/*
 * VMGEXIT: from the guest's instruction to the answer.
 * AMD 56421 GHCB Specification, "GHCB Protocol" ; AMD 24593 APM Volume 2, 15.35 (SEV-ES).
 *
 *   GHCB MSR holds a request  -> msr_proto
 *   GHCB MSR holds an address -> snapshot (ghcb) -> validate -> handler (nae*) -> answer (respond)
 *
 * The guest controls the MSR's value and everything that it points to.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "trace.h"
#include "ap_hold.h"
#include "ghcb.h"
#include "respond.h"
#include "stats.h"
#include "stock.h"
#include "vmgexit.h"

/*
 * The exit is finished when its handler wants the guest resumed.  While the vCPU is held or
 * userspace works on the exit, the answer waits.
 */
static int finish(struct kvm_vcpu *vcpu, int r)
{
	if (r <= 0 || es_ap_held(to_es(vcpu)->ap_state))
		return r;
	return es_respond_write(vcpu);
}

/* KVM's emulation of single instructions takes its operands from here. */
static void load_operands(struct kvm_vcpu *vcpu)
{
	const struct es_request *req = &to_es(vcpu)->req;
	unsigned long *regs = vcpu->arch.regs;

	memset(regs, 0, sizeof(vcpu->arch.regs));
	regs[VCPU_REGS_RAX] = req->rax;
	regs[VCPU_REGS_RBX] = req->rbx;
	regs[VCPU_REGS_RCX] = req->rcx;
	regs[VCPU_REGS_RDX] = req->rdx;
	regs[VCPU_REGS_RSI] = req->rsi;
	to_svm(vcpu)->vmcb->save.cpl = req->cpl;
}

static int page_request(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	enum es_reason reason;
	int r;

	if (!es_ghcb_gpa(vcpu) || es_ghcb_snapshot(vcpu))
		return es_terminate(vcpu);
	trace_kvm_vmgexit_enter(vcpu->vcpu_id, es->image);

	es->scratch.copy_out = false;
	reason = es_request_validate(&es->req, es_ghcb_version(vcpu->kvm), &es->rule);
	es_stats_request(es);
	if (reason != ES_OK) {
		es_respond_malformed(vcpu, reason);
		return es_respond_write(vcpu);
	}

	load_operands(vcpu);
	es_respond_done(es, 0);
	r = es_nae_handle(vcpu);
	es_respond_queued_exception(vcpu);
	return finish(vcpu, r);
}

/* Takes the place of the kernel's function: the exit handler.  Returns as handlers do. */
int sev_handle_vmgexit(struct kvm_vcpu *vcpu)
{
	if (!to_es(vcpu))
		return stock_sev_handle_vmgexit(vcpu);

	es_ap_ran(vcpu);
	if (es_ghcb_gpa(vcpu) & ES_MSR_INFO_MASK)
		return es_msr_protocol(vcpu);
	return page_request(vcpu);
}
