// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: For every address and every length, an accepted scratch area lies wholly where its version
 *	allows it: nothing straddles, nothing wraps, nothing overlaps the rest of the GHCB page.
 * Source: AMD 56421 GHCB Specification, section "GHCB Layout" (SW_SCRATCH), version 2 changes.
 * Why it matters: A bound that is off by one, or an addition that wraps, lets a guest read or write
 *	host memory (CVE-2026-53360).
 * Not covered: The length that an event computes before it asks, and the copying (kselftests).
 *
 * The rules are in lib/oracle/scratch.h; that file says where to add one.
 */
#include "../lib/oracle/scratch.h"
#include "proof.h"

int main(void)
{
	u64 ghcb_gpa = nondet_u64(), scratch_gpa = nondet_u64(), len_bytes = nondet_u64();
	u16 version = nondet_u16();
	enum es_scratch_place place;

	ASSUME(ghcb_gpa % SPEC_GHCB_BYTES == 0 && len_bytes && version);
	place = scratch_obeys(ghcb_gpa, scratch_gpa, len_bytes, version);
	REACHED(place == ES_SCRATCH_IN_GHCB && len_bytes == SPEC_GHCB_BUFFER_BYTES && version == 2);
	REACHED(place == ES_SCRATCH_IN_GHCB && ghcb_gpa == ~0ull - 0xfff);
	REACHED(place == ES_SCRATCH_OUTSIDE && scratch_gpa < ghcb_gpa);
	REACHED(place == ES_SCRATCH_OUTSIDE && scratch_gpa > ghcb_gpa &&
		len_bytes == SPEC_SCRATCH_MAX);
	REACHED(place == ES_SCRATCH_REJECTED && scratch_gpa + len_bytes < scratch_gpa);
	REACHED(place == ES_SCRATCH_REJECTED && version == 1 && len_bytes == 1);
	return 0;
}
