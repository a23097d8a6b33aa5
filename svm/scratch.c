// SPDX-License-Identifier: GPL-2.0
/*
 * The scratch area: the only code that follows SW_SCRATCH.
 * AMD 56421 GHCB Specification, "GHCB Layout" (SW_SCRATCH).
 *
 * The guest controls the address, the length (through the event) and, at every moment, the
 * content.  So the area is copied into a buffer of the vCPU before anything looks at it, and
 * copied back when the exit is finished; devices and userspace only ever see the copy.  An area
 * in the GHCB has its copy in the image.  One outside (version 1 only) needs a buffer of
 * ES_SCRATCH_MAX_BYTES, which a vCPU of a version 1 VM has from its creation: no exit allocates.
 */
#include <linux/kvm_host.h>

#include "es_trace.h"
#include "ghcb.h"
#include "scratch.h"
#include "scratch_bounds.h"

/* What the device fills is not copied in. */
static enum es_reason start_in_ghcb(struct kvm_vcpu *vcpu, bool copy_out)
{
	struct es_vcpu *es = to_es(vcpu);
	u32 offset = es->scratch.gpa - es_ghcb_msr(vcpu);

	es->scratch.in_ghcb = true;
	es->scratch.data = (u8 *)es->image + offset;
	if (copy_out)
		return ES_OK;
	return es_ghcb_read_buffer(vcpu, offset, es->scratch.len_bytes) ? ES_INVALID_SCRATCH : ES_OK;
}

/* Always copied in, which also tells in time that the guest has no memory there. */
static enum es_reason start_outside(struct kvm_vcpu *vcpu)
{
	struct es_scratch *scratch = &to_es(vcpu)->scratch;

	es_assert_own_process(vcpu);
	scratch->in_ghcb = false;
	scratch->data = scratch->outside;
	return kvm_read_guest(vcpu->kvm, scratch->gpa, scratch->data, scratch->len_bytes) ?
		ES_INVALID_SCRATCH : ES_OK;
}

enum es_reason es_scratch_start(struct kvm_vcpu *vcpu, u64 len_bytes, bool copy_out)
{
	struct es_vcpu *es = to_es(vcpu);
	enum es_scratch_place place;
	enum es_reason r;

	/* Without that buffer the vCPU was made for a version 2 VM. */
	place = es_scratch_place(es_ghcb_msr(vcpu), es->req.scratch_gpa, len_bytes,
				 es->scratch.outside ? es->offer.version : 2);
	if (trace_es_scratch_enabled())
		trace_es_scratch(vcpu->vcpu_id, es_scratch_place_name(place), es->req.scratch_gpa,
				 len_bytes);
	if (place == ES_SCRATCH_REFUSED)
		return ES_INVALID_SCRATCH;

	es->scratch.gpa = es->req.scratch_gpa;
	es->scratch.len_bytes = len_bytes;
	r = place == ES_SCRATCH_IN_GHCB ? start_in_ghcb(vcpu, copy_out) : start_outside(vcpu);
	es->scratch.copy_out = copy_out && r == ES_OK;
	return r;
}

enum es_reason es_scratch_write_outside(struct kvm_vcpu *vcpu)
{
	struct es_scratch *scratch = &to_es(vcpu)->scratch;

	es_assert_own_process(vcpu);
	scratch->copy_out = false;
	return kvm_write_guest(vcpu->kvm, scratch->gpa, scratch->data, scratch->len_bytes) ?
		ES_INVALID_SCRATCH : ES_OK;
}
