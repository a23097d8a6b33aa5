// SPDX-License-Identifier: GPL-2.0
/*
 * VMGEXIT: from the guest's instruction to the answer.
 * AMD 56421 GHCB Specification, "GHCB Protocol" ; AMD 24593 APM Volume 2, 15.35 (SEV-ES).
 *
 *   GHCB MSR holds a request  -> msr_proto
 *   GHCB MSR holds an address -> snapshot (ghcb) -> validate -> handler (nae*) -> answer (respond)
 *
 * fastpath.c runs first and answers what it can; this is the rest, where sleeping is allowed.
 *
 * The guest controls the MSR's value and everything that it points to.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "trace.h"
#include "ap_hold.h"
#include "ghcb.h"
#include "nae.h"
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
	if (es_ap_held(to_es(vcpu)->ap_state))
		es_stats_nae_time(to_es(vcpu));
	else if (r > 0)
		return es_respond_write(vcpu);
	return r;
}

/* KVM's emulation of single instructions takes its operands from here. */
static void load_operands(struct kvm_vcpu *vcpu)
{
	const struct es_request *req = &to_es(vcpu)->req;
	unsigned long *regs = vcpu->arch.regs;

	regs[VCPU_REGS_RAX] = req->rax;
	regs[VCPU_REGS_RBX] = req->rbx;
	regs[VCPU_REGS_RCX] = req->rcx;
	regs[VCPU_REGS_RDX] = req->rdx;
	regs[VCPU_REGS_RSI] = req->rsi;
	to_svm(vcpu)->vmcb->save.cpl = req->cpl;
}

static void get_offer(struct kvm_vcpu *vcpu, struct es_offer *offer)
{
	offer->version = es_ghcb_version(vcpu->kvm);
	offer->xcr0 = vcpu->arch.guest_supported_xcr0 | XFEATURE_MASK_FP;
	offer->xss = kvm_caps.supported_xss;
}

void es_vmgexit_take(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	struct es_offer offer;
	enum es_reason reason;

	if (!es_ghcb_gpa(vcpu) || es_ghcb_snapshot(vcpu))
		return;
	if (trace_kvm_vmgexit_enter_enabled())
		trace_kvm_vmgexit_enter(vcpu->vcpu_id,
					es_ghcb_show(es, es->req.info1, es->req.info2));

	es->scratch.copy_out = false;
	get_offer(vcpu, &offer);
	reason = es_request_validate(&es->req, &offer, &es->rule);
	es_stats_request(es);
	if (reason == ES_OK) {
		es->stage = ES_STAGE_ACCEPTED;
		es_respond_done(es, 0);
	} else {
		es->stage = ES_STAGE_ANSWERED;
		es_respond_malformed(vcpu, reason);
	}
}

static int page_request(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	bool late = es->stage == ES_STAGE_NEW;	/* the page was not there for the first half */
	int r = 1;

	if (late)
		es_vmgexit_take(vcpu);
	if (es->stage == ES_STAGE_NEW)
		return es_end_guest(vcpu, KVM_AMD_ES_TERM_NO_GHCB, 0);

	if (es->stage == ES_STAGE_ACCEPTED) {
		load_operands(vcpu);
		/* The first half has tried the quick ones. */
		r = late && es_nae_quick(vcpu) ? 1 : es_nae_handle(vcpu);
		es_respond_queued_exception(vcpu);
	}
	return finish(vcpu, r);
}

/*
 * Takes the place of the kernel's function: the exit handler, and the second half of a VMGEXIT.
 * Returns as handlers do.
 */
int sev_handle_vmgexit(struct kvm_vcpu *vcpu)
{
	if (!to_es(vcpu))
		return stock_sev_handle_vmgexit(vcpu);

	if (es_ghcb_gpa(vcpu) & ES_MSR_INFO_MASK)
		return es_msr_protocol(vcpu);
	return page_request(vcpu);
}
