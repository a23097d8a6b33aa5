// SPDX-License-Identifier: GPL-2.0
/*
 * Bounds of the scratch area.
 * AMD 56421 GHCB Specification, "GHCB Layout" (SW_SCRATCH): version 1 allows the GHCB's shared
 * buffer or any other shared memory, version 2 the shared buffer only.
 *
 * Pure.  The guest controls address and length.  Subtractions only, so that nothing can wrap.
 */
#include "scratch.h"

static bool in_shared_buffer(u64 ghcb_gpa, u64 scratch_gpa, u64 len_bytes)
{
	u64 offset = scratch_gpa - ghcb_gpa;

	return offset >= ES_GHCB_SHARED_BUFFER && offset < ES_GHCB_SHARED_BUFFER_END &&
	       len_bytes <= ES_GHCB_SHARED_BUFFER_END - offset;
}

/* Return true if the area is before or after the GHCB page. */
static bool avoids_page(u64 ghcb_gpa, u64 scratch_gpa, u64 len_bytes)
{
	if (scratch_gpa < ghcb_gpa)
		return len_bytes <= ghcb_gpa - scratch_gpa;
	return scratch_gpa - ghcb_gpa >= ES_GHCB_SIZE;
}

enum es_scratch_place es_scratch_place(u64 ghcb_gpa, u64 scratch_gpa, u64 len_bytes, u16 version)
{
	if (in_shared_buffer(ghcb_gpa, scratch_gpa, len_bytes))
		return ES_SCRATCH_IN_GHCB;
	if (version >= 2 || !scratch_gpa || len_bytes > ES_SCRATCH_MAX_BYTES)
		return ES_SCRATCH_REJECTED;
	if (len_bytes - 1 > ~0ULL - scratch_gpa)
		return ES_SCRATCH_REJECTED;
	return avoids_page(ghcb_gpa, scratch_gpa, len_bytes) ? ES_SCRATCH_OUTSIDE :
							       ES_SCRATCH_REJECTED;
}

const char *es_scratch_place_name(enum es_scratch_place place)
{
	switch (place) {
	case ES_SCRATCH_IN_GHCB:
		return "ghcb";
	case ES_SCRATCH_OUTSIDE:
		return "outside";
	default:
		return "rejected";
	}
}
