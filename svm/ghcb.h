/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The GHCB page: the only code that touches it.  It is memory of the VM's process, so all of this is
 * for a task of that process: KVM_RUN, or an ioctl on the VM or its vCPU.
 */
#ifndef SVM_GHCB_H
#define SVM_GHCB_H

#include "es.h"

/*
 * Copy the request of a VMGEXIT to es->req.  0, or -EFAULT when the page cannot be reached.
 * May sleep.
 */
int es_ghcb_snapshot(struct kvm_vcpu *vcpu);

/* The vCPU is in another VM now. */
static inline void es_ghcb_forget(struct es_vcpu *es)
{
	es->ghcb.known = false;
}

/* For KVM's trace events: the page with exit code and these infos in it. */
struct ghcb *es_ghcb_show(struct es_vcpu *es, u64 info1, u64 info2);

/*
 * Write es->answer, the registers that it returns, and @payload, a scratch area in the shared buffer, or
 * NULL.  0 or -EFAULT.  May sleep.
 */
int es_ghcb_write_answer(struct kvm_vcpu *vcpu, const struct es_scratch *payload);

/* Copy a part of the shared buffer to its place in the image.  0 or -EFAULT.  May sleep. */
int es_ghcb_read_buffer(struct kvm_vcpu *vcpu, u32 offset, u32 len_bytes);

#endif
