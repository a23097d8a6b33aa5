// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A scratch area lies wholly in the shared buffer of the vCPU's own GHCB.  With version 1 it
 *	may instead lie wholly outside the GHCB page.  Nothing straddles, nothing wraps.
 * Source: AMD 56421 GHCB Specification, section "GHCB Layout" (SW_SCRATCH), version 2 changes.
 * Why it matters: A bound that is off by one, or an addition that wraps, lets a guest read or write
 *	host memory (CVE-2026-53360).
 * Not covered: Whether the memory exists (kselftests).
 */
#include <kselftest.h>
#include "../../svm/rules/scratch.h"
#include "../lib/spec/ghcb.h"

#define GHCB	0x203000ull
#define TOP	(~0ull)
#define LIMIT	65536ull

static const struct row {
	const char *name;
	u64 scratch, len_bytes;
	u16 version;
	enum es_scratch_place want;
} rows[] = {
	{ "first byte of the buffer", GHCB + 0x800, 1, 2, ES_SCRATCH_IN_GHCB },
	{ "the whole buffer", GHCB + 0x800, 2032, 2, ES_SCRATCH_IN_GHCB },
	{ "one byte more than the buffer", GHCB + 0x800, 2033, 2, ES_SCRATCH_REJECTED },
	{ "one byte more than the buffer, version 1", GHCB + 0x800, 2033, 1, ES_SCRATCH_REJECTED },
	{ "last byte of the buffer", GHCB + 0xfef, 1, 2, ES_SCRATCH_IN_GHCB },
	{ "last byte of the buffer and the next", GHCB + 0xfef, 2, 2, ES_SCRATCH_REJECTED },
	{ "first byte behind the buffer", GHCB + 0xff0, 1, 2, ES_SCRATCH_REJECTED },
	{ "the version field", GHCB + 0xffa, 2, 1, ES_SCRATCH_REJECTED },
	{ "last byte before the buffer", GHCB + 0x7ff, 1, 2, ES_SCRATCH_REJECTED },
	{ "across the start of the buffer", GHCB + 0x7ff, 2, 2, ES_SCRATCH_REJECTED },
	{ "the valid bitmap", GHCB + SPEC_GHCB_BITMAP, 16, 1, ES_SCRATCH_REJECTED },
	{ "start of the page", GHCB, 8, 1, ES_SCRATCH_REJECTED },
	{ "another page, version 2", GHCB + 0x1000, 8, 2, ES_SCRATCH_REJECTED },
	{ "another page, version 1", GHCB + 0x1000, 8, 1, ES_SCRATCH_OUTSIDE },
	{ "up to the page, version 1", GHCB - 8, 8, 1, ES_SCRATCH_OUTSIDE },
	{ "into the page from below, version 1", GHCB - 8, 9, 1, ES_SCRATCH_REJECTED },
	{ "around the page, version 1", GHCB - 8, 0x1010, 1, ES_SCRATCH_REJECTED },
	{ "as long as allowed, version 1", 0x100000, LIMIT, 1, ES_SCRATCH_OUTSIDE },
	{ "longer than allowed, version 1", 0x100000, LIMIT + 1, 1, ES_SCRATCH_REJECTED },
	{ "at zero, version 1", 0, 8, 1, ES_SCRATCH_REJECTED },
	{ "wraps around, version 1", TOP - 3, 8, 1, ES_SCRATCH_REJECTED },
	{ "length of all bits from the buffer", GHCB + 0x800, TOP, 2, ES_SCRATCH_REJECTED },
	{ "length that wraps back into the buffer", GHCB + 0x800, 0ull - 0x100, 1,
	  ES_SCRATCH_REJECTED },
};

/* Apply the rule once more, in 128-bit arithmetic where nothing wraps. */
static enum es_scratch_place oracle(u64 ghcb, u64 scratch, u64 len_bytes, u16 version)
{
	unsigned __int128 begin = scratch, end = begin + len_bytes, page = ghcb;

	if (begin >= page + 0x800 && end <= page + 0xff0)
		return ES_SCRATCH_IN_GHCB;
	if (version >= 2 || !scratch || len_bytes > LIMIT || end > (unsigned __int128)1 << 64)
		return ES_SCRATCH_REJECTED;
	if (end <= page || begin >= page + 0x1000)
		return ES_SCRATCH_OUTSIDE;
	return ES_SCRATCH_REJECTED;
}

/* Try every start within two pages of the GHCB, against every length that matters. */
static unsigned int sweep(u64 ghcb, u16 version)
{
	static const u64 lens[] = {
		1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 255, 256, 2031, 2032, 2033, 4095, 4096, 4097, 8192,
		65535, 65536, 65537, 1ull << 32, 1ull << 63, TOP - 4096, TOP - 1, TOP,
	};
	unsigned int differ = 0, i;
	u64 offset;

	for (offset = 0; offset < 0x4000; offset++) {
		u64 scratch = ghcb - 0x1800 + offset;

		for (i = 0; i < ARRAY_SIZE(lens); i++)
			differ += es_scratch_place(ghcb, scratch, lens[i], version) !=
				  oracle(ghcb, scratch, lens[i], version);
	}
	return differ;
}

int main(void)
{
	static const u64 pages[] = {
		0x1000, 0x2000, GHCB, 0xfffff000, 1ull << 51, TOP - 0xfff, TOP - 0x1fff
	};
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(rows) + 2 * ARRAY_SIZE(pages));
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		ksft_test_result(es_scratch_place(GHCB, rows[i].scratch, rows[i].len_bytes,
						  rows[i].version) == rows[i].want,
				 "%s, length 0x%llx\n", rows[i].name,
				 (unsigned long long)rows[i].len_bytes);
	for (i = 0; i < 2 * ARRAY_SIZE(pages); i++) {
		u64 page = pages[i / 2];
		unsigned int differ = sweep(page, 1 + i % 2);

		ksft_test_result(!differ,
				 "all starts around a GHCB at 0x%llx, version %u (%u differ)\n",
				 (unsigned long long)page, 1 + i % 2, differ);
	}
	ksft_finished();
}
