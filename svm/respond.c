// SPDX-License-Identifier: GPL-2.0
/*
 * Answers: the only writer of SW_EXITINFO1 and SW_EXITINFO2.
 * AMD 56421 GHCB Specification, "NAE Events" (SW_EXITINFO1 and SW_EXITINFO2 on return).
 *
 * Every page-based request gets exactly one answer, unless the guest ends.  It ends with
 * KVM_SYSTEM_EVENT_SEV_TERM when it asks for it, and when its GHCB cannot be reached: there is no
 * other place for an answer, VMGEXIT cannot be repeated, and a guest that went on would take its
 * own request for the answer.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "trace.h"
#include "ghcb.h"
#include "respond.h"
#include "scratch.h"
#include "stats.h"
#include "es_trace.h"

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

/* The result of an IN: 4 bytes make all of RAX, fewer leave its other bytes as they were. */
static void take_pio(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	u64 mask = GENMASK_ULL(8 * es->answer.pio_bytes - 1, 0);

	vcpu->arch.regs[VCPU_REGS_RAX] = es->pio & mask;
	if (es->answer.pio_bytes < 4)
		vcpu->arch.regs[VCPU_REGS_RAX] |= es->req.rax & ~mask;
}

static noinline void trace_answer(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	trace_es_vmgexit(vcpu->vcpu_id, es->rule ? es->rule->name : "?", es->req.info1, es->req.info2,
			 es->answer.info1, es->answer.info2);
	if (trace_kvm_vmgexit_exit_enabled())
		trace_kvm_vmgexit_exit(vcpu->vcpu_id,
				       es_ghcb_show(es, es->answer.info1, es->answer.info2));
}

/* In both functions below as it is: each finishes many exits, and calls are dear. */
static __always_inline bool try_write(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	if (es->answer.pio_bytes)
		take_pio(vcpu);
	if (es_ghcb_write_answer(vcpu, es->scratch.copy_out ? &es->scratch : NULL))
		return false;

	es->answer.due = false;
	es_stats_nae_time(es);
	if (trace_es_vmgexit_enabled() || trace_kvm_vmgexit_exit_enabled())
		trace_answer(vcpu);
	return true;
}

bool es_respond_try_write(struct kvm_vcpu *vcpu)
{
	return try_write(vcpu);
}

/* Copy out an area outside the GHCB.  An area in the GHCB is written with the response. */
static void write_outside(struct kvm_vcpu *vcpu)
{
	const struct es_scratch *scratch = &to_es(vcpu)->scratch;
	enum es_reason reason;

	if (!scratch->copy_out || scratch->in_ghcb)
		return;
	reason = es_scratch_write_outside(vcpu);
	if (reason != ES_OK)
		es_respond_malformed(vcpu, reason);
}

int es_respond_write_due(struct kvm_vcpu *vcpu)
{
	write_outside(vcpu);
	if (try_write(vcpu))
		return 1;
	return es_end_guest(vcpu, KVM_AMD_ES_TERM_NO_GHCB, 0);
}

/* As the kernel's own: reason and road are for who asks, by KVM_AMD_ES_GET_VCPU. */
int es_end_report(struct kvm_vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	vcpu->run->system_event.type = KVM_SYSTEM_EVENT_SEV_TERM;
	vcpu->run->system_event.ndata = 1;
	vcpu->run->system_event.data[0] = es_ghcb_msr(vcpu);
	return 0;
}

int es_end_guest(struct kvm_vcpu *vcpu, u32 how, u64 reason)
{
	struct es_vcpu *es = to_es(vcpu);

	es->end = (struct es_end) { .how = how, .reason = reason };
	es->answer.due = false;
	return es_end_report(vcpu);
}
