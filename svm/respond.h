/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Answers to page-based requests.
 */
#ifndef SVM_RESPOND_H
#define SVM_RESPOND_H

#include "../include/uapi/kvm_amd_es.h"
#include "es.h"

/* Decide the answer; the last word counts.  It reaches the guest when the exit is finished. */
void es_respond_done(struct es_vcpu *es, u64 info2);
void es_respond_malformed(struct kvm_vcpu *vcpu, enum es_reason reason);
void es_respond_exception(struct es_vcpu *es, u8 vector);

/* Turn an exception that a handler queued into an answer: the guest raises it itself. */
void es_respond_queued_exception(struct kvm_vcpu *vcpu);

/*
 * Write the answer that is due, if any.  1 or 0 (KVM_EXIT_SYSTEM_EVENT) as handlers; may sleep.
 * Call where the exit is finished: at the end of its handler, before the next run after an exit to
 * userspace, or when the hold ends.
 */
int es_respond_write(struct kvm_vcpu *vcpu);

/* The same, but where the page cannot be reached the answer stays due and false is returned. */
bool es_respond_try_write(struct kvm_vcpu *vcpu);

/* End the guest, @how (KVM_AMD_ES_TERM_*) and why (MSR form, or 0): KVM_SYSTEM_EVENT_SEV_TERM.  Returns 0. */
int es_end_guest(struct kvm_vcpu *vcpu, u32 how, u64 reason);

/* Tell userspace, once more, how the guest ended.  Returns 0. */
int es_end_report(struct kvm_vcpu *vcpu);

#endif
