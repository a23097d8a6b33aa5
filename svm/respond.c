// SPDX-License-Identifier: GPL-2.0
/*
 * Responses: the only writer of SW_EXITINFO1 and SW_EXITINFO2.
 * AMD 56421 GHCB Specification, "NAE Events" (SW_EXITINFO1 and SW_EXITINFO2 on return).
 *
 * Every request by the GHCB page gets exactly one response, unless the guest ends.  It ends with
 * KVM_SYSTEM_EVENT_SEV_TERM when it requests that, and when its GHCB is not accessible: there is no
 * other place for a response, VMGEXIT cannot be repeated, and a guest that ran on would mistake its
 * own request for the response.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "trace.h"
#include "es_trace.h"
#include "ghcb.h"
#include "respond.h"
#include "scratch.h"
#include "stats.h"

static void respond_failure(struct es_vcpu *es, u64 info1, u64 info2)
{
	es->response = (struct es_response) { .info1 = info1, .info2 = info2, .pending = true };
	es->scratch.copy_out = false;
}

void es_respond_bad_input(struct kvm_vcpu *vcpu, enum es_reason reason)
{
	struct es_vcpu *es = to_es(vcpu);

	es_stats_rejected(es, reason);
	trace_es_reject(vcpu->vcpu_id, false, es->req.code, reason);
	respond_failure(es, ES_RESP_MALFORMED_INPUT, reason);
}

void es_respond_inject_exception(struct es_vcpu *es, u8 vector)
{
	respond_failure(es, ES_RESP_ISSUE_EXCEPTION,
			es_resp_exception(vector, vector == GP_VECTOR));
}

/*
 * Injecting would hit the guest's #VC handler after its VMGEXIT, not the instruction that failed.
 * No exception can have been pending before: the VMGEXIT instruction completed.
 */
void es_respond_queued_exception(struct kvm_vcpu *vcpu)
{
	if (likely(!vcpu->arch.exception.pending))
		return;
	es_respond_inject_exception(to_es(vcpu), vcpu->arch.exception.vector);
	kvm_clear_exception_queue(vcpu);
}

/* Merge the data of an IN into RAX: 4 bytes replace all of RAX, fewer keep its other bytes. */
static void merge_pio(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	u64 mask = GENMASK_ULL(8 * es->response.pio_bytes - 1, 0);

	vcpu->arch.regs[VCPU_REGS_RAX] = es->pio & mask;
	if (es->response.pio_bytes < 4)
		vcpu->arch.regs[VCPU_REGS_RAX] |= es->req.rax & ~mask;
}

static noinline void trace_response(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	trace_es_vmgexit(vcpu->vcpu_id, es->rule ? es->rule->name : "?", es->req.info1,
			 es->req.info2, es->response.info1, es->response.info2);
	if (trace_kvm_vmgexit_exit_enabled())
		trace_kvm_vmgexit_exit(vcpu->vcpu_id,
				       es_ghcb_fill_shadow(es, es->response.info1,
							   es->response.info2));
}

/* Inline into both callers, which complete every exit: a call costs 12 instructions there. */
static __always_inline bool try_write(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	if (es->response.pio_bytes)
		merge_pio(vcpu);
	if (es_ghcb_write_response(vcpu, es->scratch.copy_out ? &es->scratch : NULL))
		return false;

	es->response.pending = false;
	es_stats_nae_time(es);
	if (trace_es_vmgexit_enabled() || trace_kvm_vmgexit_exit_enabled())
		trace_response(vcpu);
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
	if (reason != ES_ERR_NONE)
		es_respond_bad_input(vcpu, reason);
}

int es_respond_write_pending(struct kvm_vcpu *vcpu)
{
	write_outside(vcpu);
	if (try_write(vcpu))
		return 1;
	return es_end_guest(vcpu, KVM_AMD_ES_TERM_NO_GHCB, 0);
}

/* Report what KVM reports; source and reason are in KVM_AMD_ES_GET_VCPU. */
int es_end_report(struct kvm_vcpu *vcpu)
{
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	vcpu->run->system_event.type = KVM_SYSTEM_EVENT_SEV_TERM;
	vcpu->run->system_event.ndata = 1;
	vcpu->run->system_event.data[0] = es_ghcb_msr(vcpu);
	return 0;
}

int es_end_guest(struct kvm_vcpu *vcpu, u32 source, u64 reason)
{
	struct es_vcpu *es = to_es(vcpu);

	es->end = (struct es_end) { .source = source, .reason = reason };
	es->response.pending = false;
	return es_end_report(vcpu);
}
