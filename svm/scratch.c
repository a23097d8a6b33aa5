// SPDX-License-Identifier: GPL-2.0
/*
 * The scratch area: the only code that follows SW_SCRATCH.
 * AMD 56421 GHCB Specification, "GHCB Layout" (SW_SCRATCH).
 *
 * The guest controls the address, the length (through the event) and, at every moment, the
 * content.  So copy the area into a buffer of the vCPU before anything reads it, and back when the
 * exit completes; devices and userspace see only the copy.  The copy of an area in the GHCB is in
 * the shadow.  An area outside (version 1 only) needs a buffer of ES_SCRATCH_MAX_BYTES, which a
 * vCPU of a version 1 VM has from its creation, so that no exit allocates.
 */
#include <linux/kvm_host.h>

#include "es_trace.h"
#include "ghcb.h"
#include "scratch.h"
#include "rules/scratch.h"

/* Do not copy in what the device fills. */
static enum es_reason start_in_ghcb(struct kvm_vcpu *vcpu, enum es_scratch_dir dir)
{
	struct es_vcpu *es = to_es(vcpu);
	u32 offset = es->scratch.gpa - es_ghcb_msr(vcpu);

	es->scratch.in_ghcb = true;
	es->scratch.data = (u8 *)es->shadow + offset;
	if (dir == ES_SCRATCH_OUT)
		return ES_ERR_NONE;
	return es_ghcb_read_buffer(vcpu, offset, es->scratch.len_bytes) ?
		ES_ERR_INVALID_SCRATCH_AREA : ES_ERR_NONE;
}

/* Always copy in, even for reads, to detect an unbacked address before the device is accessed. */
static enum es_reason start_outside(struct kvm_vcpu *vcpu)
{
	struct es_scratch *scratch = &to_es(vcpu)->scratch;

	es_assert_own_process(vcpu);
	scratch->in_ghcb = false;
	scratch->data = scratch->outside;
	return kvm_read_guest(vcpu->kvm, scratch->gpa, scratch->data, scratch->len_bytes) ?
		ES_ERR_INVALID_SCRATCH_AREA : ES_ERR_NONE;
}

enum es_reason es_scratch_start(struct kvm_vcpu *vcpu, u64 len_bytes,
				enum es_scratch_dir dir)
{
	struct es_vcpu *es = to_es(vcpu);
	enum es_scratch_place place;
	enum es_reason r;

	/* A vCPU that was created for GHCB version 2 has no buffer for areas outside. */
	place = es_scratch_place(es_ghcb_msr(vcpu), es->req.scratch_gpa, len_bytes,
				 es->scratch.outside ? es->limits.version : 2);
	if (trace_es_scratch_enabled())
		trace_es_scratch(vcpu->vcpu_id, es_scratch_place_name(place), es->req.scratch_gpa,
				 len_bytes);
	if (place == ES_SCRATCH_REJECTED)
		return ES_ERR_INVALID_SCRATCH_AREA;

	es->scratch.gpa = es->req.scratch_gpa;
	es->scratch.len_bytes = len_bytes;
	r = place == ES_SCRATCH_IN_GHCB ? start_in_ghcb(vcpu, dir) : start_outside(vcpu);
	es->scratch.copy_out = dir != ES_SCRATCH_IN && r == ES_ERR_NONE;
	return r;
}

enum es_reason es_scratch_write_outside(struct kvm_vcpu *vcpu)
{
	struct es_scratch *scratch = &to_es(vcpu)->scratch;

	es_assert_own_process(vcpu);
	scratch->copy_out = false;
	return kvm_write_guest(vcpu->kvm, scratch->gpa, scratch->data, scratch->len_bytes) ?
		ES_ERR_INVALID_SCRATCH_AREA : ES_ERR_NONE;
}
