/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scratch area of a request.
 */
#ifndef SVM_SCRATCH_H
#define SVM_SCRATCH_H

#include "es.h"

/*
 * Make es->scratch.data the @len_bytes bytes of the scratch area.  @copy_out: the device fills them,
 * and they go back with the answer; else they are copied in.  ES_OK, or why the request is refused.
 * In a task of the VM's process; may sleep.
 */
enum es_reason es_scratch_start(struct kvm_vcpu *vcpu, u64 len_bytes, bool copy_out);

/* The area lies in the GHCB, and goes back with the answer. */
static inline bool es_scratch_answers(const struct es_scratch *scratch)
{
	return scratch->copy_out && scratch->in_ghcb;
}

/*
 * Copy an area outside the GHCB out; the answer turns into a refusal when it cannot be written.  In a
 * task of the VM's process.
 */
void es_scratch_write_outside(struct kvm_vcpu *vcpu);

/* Before the answer is written, which takes an area in the GHCB with it. */
static inline void es_scratch_finish(struct kvm_vcpu *vcpu)
{
	const struct es_scratch *scratch = &to_es(vcpu)->scratch;

	if (scratch->copy_out && !scratch->in_ghcb)
		es_scratch_write_outside(vcpu);
}

#endif
