/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rules of svm/rules/scratch.c, in arithmetic that is too wide to wrap.
 * Source: AMD 56421 GHCB Specification, section "GHCB Layout" (SW_SCRATCH), version 2 changes.
 *
 * To add a place where an area may lie: its rule here, and its line in spec_place().
 */
#ifndef ES_ORACLE_SCRATCH_H
#define ES_ORACLE_SCRATCH_H

#include "../../../svm/rules/scratch.h"
#include "../spec/ghcb.h"
#include "oracle.h"

#define SPEC_SCRATCH_MAX	0x10000
#define SPEC_TOP		((u128)1 << 64)

static inline bool area_in_buffer(u128 page, u128 begin, u128 end)
{
	return begin >= page + SPEC_GHCB_BUFFER &&
	       end <= page + SPEC_GHCB_BUFFER + SPEC_GHCB_BUFFER_BYTES;
}

static inline bool area_off_page(u128 page, u128 begin, u128 end)
{
	return end <= page || begin >= page + SPEC_GHCB_BYTES;
}

static inline enum es_scratch_place spec_place(u128 page, u128 begin, u128 end, u16 version)
{
	if (area_in_buffer(page, begin, end))
		return ES_SCRATCH_IN_GHCB;
	if (version == 1 && begin && end <= SPEC_TOP && end - begin <= SPEC_SCRATCH_MAX &&
	    area_off_page(page, begin, end))
		return ES_SCRATCH_OUTSIDE;
	return ES_SCRATCH_REJECTED;
}

/*
 * Check one area.  Callers guarantee that @ghcb_gpa is page aligned, @len_bytes not 0, @version 1
 * or more.
 */
static inline enum es_scratch_place scratch_obeys(u64 ghcb_gpa, u64 scratch_gpa, u64 len_bytes,
						  u16 version)
{
	u128 page = ghcb_gpa, begin = scratch_gpa, end = begin + len_bytes;
	enum es_scratch_place place = es_scratch_place(ghcb_gpa, scratch_gpa, len_bytes, version);
	bool outside = place == ES_SCRATCH_OUTSIDE;

	MUST(place == ES_SCRATCH_REJECTED || end <= SPEC_TOP, "an accepted area does not wrap");
	MUST(place != ES_SCRATCH_IN_GHCB || area_in_buffer(page, begin, end),
	     "an area in the GHCB lies wholly in its shared buffer");
	MUST(!outside || area_off_page(page, begin, end),
	     "an area outside the GHCB does not touch its page");
	MUST(!outside || version == 1, "an area outside the GHCB is for version 1 only");
	MUST(!outside || len_bytes <= SPEC_SCRATCH_MAX,
	     "an area outside the GHCB has a bounded length");
	MUST(!outside || scratch_gpa, "no area begins at address 0");
	MUST(place == spec_place(page, begin, end, version),
	     "an area is accepted where the specification allows it");
	return place;
}

#endif
