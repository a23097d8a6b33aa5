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

/*
 * Copy an area outside the GHCB out to the guest.  Return ES_OK, or the reason to reject the request.  Call in
 * a task of the VM's process.  May sleep.
 */
enum es_reason es_scratch_write_outside(struct kvm_vcpu *vcpu);

#endif
