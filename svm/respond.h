/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Answers to page-based requests.
 */
#ifndef SVM_RESPOND_H
#define SVM_RESPOND_H

#include "../include/uapi/kvm_amd_es.h"
#include "es.h"

/* Decide the answer; the last word counts.  It reaches the guest when the exit is finished. */
static inline void es_respond_done(struct es_vcpu *es, u64 info2)
{
	es->answer.info1 = ES_ANSWER_DONE;
	es->answer.info2 = info2;
	es->answer.returns = es_rule_returns(es->rule, &es->req);
	es->answer.pio_bytes = 0;
	es->answer.due = true;
}

void es_respond_malformed(struct kvm_vcpu *vcpu, enum es_reason reason);
void es_respond_exception(struct es_vcpu *es, u8 vector);

/* Turn an exception that a handler queued into an answer: the guest raises it itself. */
void es_respond_queued_exception(struct kvm_vcpu *vcpu);

/* Write the answer that is due, and the payload with it.  False: out of reach, the answer stays due. */
bool es_respond_try_write(struct kvm_vcpu *vcpu);

/* The same; where it is out of reach the guest ends.  1 or 0 as handlers; may sleep. */
int es_respond_write_due(struct kvm_vcpu *vcpu);

/*
 * Write the answer, if one is due.  Call where the exit is finished: at the end of its handler,
 * before the next run after an exit to userspace, when userspace reads the vCPU's state, or when the
 * hold ends.  In a task of the VM's process, which a move's caller need not be: a move takes the
 * answer along, and the target writes it.
 */
static inline int es_respond_write(struct kvm_vcpu *vcpu)
{
	return to_es(vcpu)->answer.due ? es_respond_write_due(vcpu) : 1;
}

/* End the guest, @how (KVM_AMD_ES_TERM_*) and why (MSR form, or 0): KVM_SYSTEM_EVENT_SEV_TERM.  Returns 0. */
int es_end_guest(struct kvm_vcpu *vcpu, u32 how, u64 reason);

/* Tell userspace, once more, how the guest ended.  Returns 0. */
int es_end_report(struct kvm_vcpu *vcpu);

#endif
