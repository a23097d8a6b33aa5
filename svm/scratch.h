/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scratch area of a request.
 */
#ifndef SVM_SCRATCH_H
#define SVM_SCRATCH_H

#include "es.h"

/*
 * Copy the @len_bytes bytes of the scratch area in; @copy_out: they go back with the answer.
 * ES_OK and es->scratch.data, or why the request is refused.  May sleep.
 */
enum es_reason es_scratch_start(struct kvm_vcpu *vcpu, u64 len_bytes, bool copy_out);

/* Copy the area out if asked for; the answer turns into a refusal when it cannot be written. */
void es_scratch_finish(struct kvm_vcpu *vcpu);

#endif
