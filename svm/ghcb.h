/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The GHCB page: the only code that accesses it.  It is memory of the VM's process, so call all of
 * this in a task of that process: KVM_RUN, or an ioctl on the VM or its vCPU.  May sleep, unless
 * page faults are disabled.
 */
#ifndef SVM_GHCB_H
#define SVM_GHCB_H

#include "es.h"

/* Copy the request to es->req.  Return 0, or -EFAULT if the page is not accessible. */
int es_ghcb_snapshot(struct kvm_vcpu *vcpu);

/* Invalidate the cached address: the vCPU was moved to another VM. */
static inline void es_ghcb_forget(struct es_vcpu *es)
{
	es->ghcb.known = false;
}

/* Return a GHCB with the exit code and these values, for KVM's trace events. */
struct ghcb *es_ghcb_fill_shadow(struct es_vcpu *es, u64 info1, u64 info2);

/*
 * Write es->response, the registers that it returns, and @payload, a scratch area in the shared
 * buffer, or NULL.  Return 0 or -EFAULT.
 */
int es_ghcb_write_response(struct kvm_vcpu *vcpu, const struct es_scratch *payload);

/* Copy a part of the shared buffer to the shadow.  Return 0 or -EFAULT. */
int es_ghcb_read_buffer(struct kvm_vcpu *vcpu, u32 offset, u32 len_bytes);

#endif
