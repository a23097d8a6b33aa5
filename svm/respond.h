/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Responses to requests by the GHCB page.
 */
#ifndef SVM_RESPOND_H
#define SVM_RESPOND_H

#include "../include/uapi/linux/kvm_amd_es.h"
#include "es.h"

/*
 * Set the response: success, a reason to reject the request, or an exception that the guest raises
 * itself.  A later call overrides it.  It is written when the exit completes.
 */
static inline void es_respond_success(struct es_vcpu *es, u64 info2)
{
	es->response.info1 = ES_RESP_NO_ACTION;
	es->response.info2 = info2;
	es->response.returned = es_rule_returned(es->rule, &es->req);
	es->response.pio_bytes = 0;
	es->response.pending = true;
}

void es_respond_bad_input(struct kvm_vcpu *vcpu, enum es_reason reason);
void es_respond_inject_exception(struct es_vcpu *es, u8 vector);

/* Turn an exception that KVM's emulation queued into the response. */
void es_respond_queued_exception(struct kvm_vcpu *vcpu);

/*
 * Write the pending response and payload.  Return false, and keep the response pending, if the GHCB
 * is not accessible.  Does not sleep if page faults are disabled.
 */
bool es_respond_try_write(struct kvm_vcpu *vcpu);

/*
 * Write the pending response and payload; end the guest if the GHCB is not accessible.  Return 1 to
 * resume the guest, 0 to exit to userspace.  May sleep.
 */
int es_respond_write_pending(struct kvm_vcpu *vcpu);

/*
 * Like es_respond_write_pending(), if a response is pending.  Call when the exit completes: at the
 * end of its handler, before the next run after an exit to userspace, when userspace reads the
 * vCPU's state, or when AP reset hold is released.  Call in a task of the VM's process.  A move
 * runs in the target's process, so it takes the response along, and the target writes it.
 */
static inline int es_respond_write(struct kvm_vcpu *vcpu)
{
	return to_es(vcpu)->response.pending ? es_respond_write_pending(vcpu) : 1;
}

/*
 * Terminate the guest: exit with KVM_SYSTEM_EVENT_SEV_TERM.  @source is KVM_AMD_ES_TERM_*, @reason
 * is in the form of the MSR protocol, or 0.  Return 0.
 */
int es_end_guest(struct kvm_vcpu *vcpu, u32 source, u64 reason);

/* Exit again with KVM_SYSTEM_EVENT_SEV_TERM for a guest that has ended.  Return 0. */
int es_end_report(struct kvm_vcpu *vcpu);

#endif
