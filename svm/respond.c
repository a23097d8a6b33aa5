// SPDX-License-Identifier: GPL-2.0
/*
 * Answers: the only writer of SW_EXITINFO1 and SW_EXITINFO2.
 * AMD 56421 GHCB Specification, "NAE Events" (SW_EXITINFO1 and SW_EXITINFO2 on return).
 *
 * Every page-based request gets exactly one answer, unless the guest ends.  It ends with
 * KVM_SYSTEM_EVENT_SEV_TERM when it asks for it, and when its GHCB cannot be reached: there is no
 * other place for an answer, VMGEXIT cannot be repeated, and a guest that went on would take its
 * own request for the answer.  A VMM tells the two apart by data[0]: an address has its low 12
 * bits clear.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "trace.h"
#include "ghcb.h"
#include "respond.h"
#include "scratch.h"
#include "es_trace.h"

void es_respond_done(struct es_vcpu *es, u64 info2)
{
	es->answer = (struct es_answer) {
		.info1 = ES_ANSWER_DONE,
		.info2 = info2,
		.returns = es_rule_returns(es->rule, &es->req),
		.due = true,
	};
}

static void respond_failed(struct es_vcpu *es, u64 info1, u64 info2)
{
	es->answer = (struct es_answer) { .info1 = info1, .info2 = info2, .due = true };
	es->scratch.copy_out = false;
}

void es_respond_malformed(struct kvm_vcpu *vcpu, enum es_reason reason)
{
	struct es_vcpu *es = to_es(vcpu);

	es->stats.refused[reason]++;
	trace_es_reject(vcpu->vcpu_id, es->req.code, reason);
	respond_failed(es, ES_ANSWER_MALFORMED, reason);
}

void es_respond_exception(struct es_vcpu *es, u8 vector)
{
	respond_failed(es, ES_ANSWER_EXCEPTION, es_answer_exception(vector, vector == GP_VECTOR));
}

/*
 * Injecting would hit the guest's #VC handler behind the VMGEXIT, not the instruction that
 * failed.  No exception can have been pending before: the VMGEXIT instruction completed.
 */
void es_respond_queued_exception(struct kvm_vcpu *vcpu)
{
	if (likely(!vcpu->arch.exception.pending))
		return;
	es_respond_exception(to_es(vcpu), vcpu->arch.exception.vector);
	kvm_clear_exception_queue(vcpu);
}

int es_respond_write(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	if (!es->answer.due)
		return 1;

	es_scratch_finish(vcpu);
	es->answer.due = false;
	if (es_ghcb_write_answer(vcpu))
		return es_terminate(vcpu);

	trace_es_vmgexit(vcpu->vcpu_id, es->rule ? es->rule->name : "?", es->req.info1, es->req.info2,
			 es->answer.info1, es->answer.info2);
	trace_kvm_vmgexit_exit(vcpu->vcpu_id, es->image);
	return 1;
}

int es_terminate(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	es->terminated = true;
	es->answer.due = false;
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	vcpu->run->system_event.type = KVM_SYSTEM_EVENT_SEV_TERM;
	vcpu->run->system_event.ndata = 1;
	vcpu->run->system_event.data[0] = es_ghcb_gpa(vcpu);
	return 0;
}
