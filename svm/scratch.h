/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scratch area of a request.
 */
#ifndef SVM_SCRATCH_H
#define SVM_SCRATCH_H

#include "es.h"

/* Who fills the scratch area: the guest, the device, or first the guest and then the host. */
enum es_scratch_dir { ES_SCRATCH_IN, ES_SCRATCH_OUT, ES_SCRATCH_INOUT };

/*
 * Set es->scratch.data to a copy of the @len_bytes bytes of the scratch area.  If @dir is not IN,
 * they are copied out with the response.  Return ES_ERR_NONE, or the reason to reject the request.
 * Call in a task of the VM's process.  May sleep.
 */
enum es_reason es_scratch_start(struct kvm_vcpu *vcpu, u64 len_bytes,
				enum es_scratch_dir dir);

/*
 * Copy out an area outside the GHCB.  Return ES_ERR_NONE, or the reason to reject the request.
 * Call in a task of the VM's process.  May sleep.
 */
enum es_reason es_scratch_write_outside(struct kvm_vcpu *vcpu);

#endif
