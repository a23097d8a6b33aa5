// SPDX-License-Identifier: GPL-2.0
/*
 * IN, OUT, INS, OUTS: each size and direction, each count, data compared byte by byte on both
 * sides.
 *
 * Source: AMD 56421 GHCB Specification, section "NAE Events" (IOIO_PROT); AMD 24593 APM Volume 2,
 *	section "IOIO Intercepts" (EXITINFO1).
 */
#include "events.h"

#include <stdio.h>
#include <string.h>

#define RAX_OUT	0x1122334455667788ull

static unsigned int operand_bytes(const struct conf_row *row)
{
	return row->info1 / SPEC_IO_BYTES(1) & 7;
}

static void got_rax(struct conf *c, const uint8_t *answer)
{
	unsigned int size_bytes = operand_bytes(c->row);

	(void)answer;
	if (c->seen.len_bytes != size_bytes || !c->seen.out)
		conf_complain(c, "userspace saw %u bytes, wanted %u", c->seen.len_bytes,
			      size_bytes);
	else if (memcmp(c->seen.bytes, &(uint64_t){ RAX_OUT }, size_bytes))
		conf_complain(c, "userspace got other bytes than RAX had");
	if (c->seen.where != CONF_PORT)
		conf_complain(c, "userspace saw port 0x%llx", (unsigned long long)c->seen.where);
}

static void gave_rax(struct conf *c, const uint8_t *answer)
{
	uint64_t rax = spec_ghcb_get(answer, SPEC_GHCB_RAX);

	conf_check_in(c, (uint8_t *)&rax, operand_bytes(c->row));
	if (c->seen.where != CONF_PORT)
		conf_complain(c, "userspace saw port 0x%llx", (unsigned long long)c->seen.where);
}

static void good_sizes(struct conf *c, const struct conf_row *base, bool out)
{
	unsigned int size_bytes;
	struct conf_row row;

	for (size_bytes = 1; size_bytes <= 4; size_bytes *= 2) {
		row = conf_variant(base, "%u bytes", size_bytes);
		row.info1 = (base->info1 & ~SPEC_IO_BYTES(7)) | SPEC_IO_BYTES(size_bytes);
		if (out)
			conf_put(&row, SPEC_GHCB_RAX, RAX_OUT);
		row.check = out ? got_rax : gave_rax;
		conf_row(c, &row);
	}
}

static void bad_sizes(struct conf *c, const struct conf_row *base)
{
	static const unsigned int bits[] = { 0, 3, 5, 6, 7 };
	struct conf_row row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		row = conf_refused(base, SPEC_INVALID_INPUT, "operand size bits %u", bits[i]);
		row.info1 = (base->info1 & ~SPEC_IO_BYTES(7)) | SPEC_IO_BYTES(bits[i]);
		conf_row(c, &row);
	}
}

/*
 * Set REP, address size and segment, which have no meaning for a scalar access, or for a string in
 * a buffer.
 */
static void ignored_bits(struct conf *c, const struct conf_row *base)
{
	static const uint32_t bits[] = {
		SPEC_IO_REP, 1 << 7, 1 << 8, 1 << 9, 7 << 7, 1 << 10, 3 << 10, 7 << 10
	};
	struct conf_row row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		row = conf_variant(base, "with bits 0x%x of SW_EXITINFO1", bits[i]);
		row.info1 |= bits[i];
		conf_row(c, &row);
	}
}

static void ioio_rows(struct conf *c)
{
	struct conf_row out = conf_event("out"), in = conf_event("in"), row;

	good_sizes(c, &out, true);
	good_sizes(c, &in, false);
	bad_sizes(c, &out);
	bad_sizes(c, &in);
	ignored_bits(c, &out);
	ignored_bits(c, &in);
	row = conf_variant(&out, "SW_EXITINFO2 is not looked at");
	row.info2 = ~0ull;
	conf_row(c, &row);
	conf_common(c, "out");
	conf_common(c, "in");
}

const struct conf_group conf_ioio_group = { "ioio", .rows = ioio_rows };

/* --- strings: the data of a row is the address of its string */

static unsigned int string_bytes(const struct conf_row *row)
{
	return row->info2 * operand_bytes(row);
}

static void sent_string(struct conf *c, const uint8_t *answer)
{
	(void)answer;
	conf_check_out(c, string_bytes(c->row));
}

/* Check that the byte after the string in the GHCB is unchanged. */
static void got_string(struct conf *c, const uint8_t *answer)
{
	const uint64_t *gpa = c->row->data;
	unsigned int len_bytes = string_bytes(c->row);
	unsigned int offset = *gpa - CONF_GHCB, end = offset + len_bytes;

	if (*gpa >= CONF_OUTSIDE_GPA) {
		conf_check_in(c, (uint8_t *)c->slots[CONF_OUTSIDE] + (*gpa - CONF_OUTSIDE_GPA),
			      len_bytes);
		return;
	}
	conf_check_in(c, answer + offset, len_bytes);
	if (end < SPEC_GHCB_BUFFER + SPEC_GHCB_BUFFER_BYTES &&
	    answer[end] != conf_out_byte(end - SPEC_GHCB_BUFFER))
		conf_complain(c, "the byte behind the string has changed");
}

static void fill_outside(struct conf *c, uint8_t *ghcb)
{
	const uint64_t *gpa = c->row->data;
	unsigned int offset = *gpa - CONF_OUTSIDE_GPA;

	(void)ghcb;
	if (*gpa >= CONF_OUTSIDE_GPA)
		conf_fill_outside(c, offset, CONF_SLOT_BYTES - offset);
}

static void string_row(struct conf *c, bool out, unsigned int size, uint64_t count, uint64_t gpa,
		       bool fits)
{
	struct conf_row base = conf_event(out ? "outs" : "ins"), row;
	const char *place = gpa >= CONF_OUTSIDE_GPA ? "outside" : "in the GHCB";

	if (fits)
		row = conf_variant(&base, "%llu of %u bytes %s", (unsigned long long)count, size,
				   place);
	else
		row = conf_refused(&base, SPEC_INVALID_SCRATCH, "%llu of %u bytes %s",
				   (unsigned long long)count, size, place);
	row.info1 = (base.info1 & ~SPEC_IO_BYTES(7)) | SPEC_IO_BYTES(size) | SPEC_IO_REP;
	row.info2 = count;
	conf_put(&row, SPEC_GHCB_SCRATCH, gpa);
	row.prepare = fill_outside;
	row.data = &gpa;
	if (fits) {
		row.exits = count ? -1 : 0;
		row.check = !count ? NULL : out ? sent_string : got_string;
	}
	conf_row(c, &row);
}

/*
 * Try counts that fill the buffer, that are one too many, and that wrap when they are multiplied.
 */
static void counts_in_ghcb(struct conf *c, bool out, unsigned int size)
{
	const uint64_t max = SPEC_GHCB_BUFFER_BYTES / size;
	const uint64_t good[] = { 0, 1, 2, 7, 64, 255, max };
	const uint64_t bad[] = {
		max + 1, 65536, 1ull << 31, 1ull << 32, 1ull << 62, (1ull << 63) + 1, ~0ull
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		string_row(c, out, size, good[i], CONF_BUFFER, true);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		string_row(c, out, size, bad[i], CONF_BUFFER, false);
}

/* Try counts outside, which version 1 alone allows, up to 64 KiB. */
static void counts_outside(struct conf *c, bool out, unsigned int size)
{
	const uint64_t max = 0x10000 / size;
	const uint64_t good[] = { 0, 1, 64, max };
	const uint64_t bad[] = { max + 1, 1ull << 62, ~0ull };
	bool allowed = c->version == 1;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		string_row(c, out, size, good[i], CONF_OUTSIDE_GPA + 0x123, allowed || !good[i]);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		string_row(c, out, size, bad[i], CONF_OUTSIDE_GPA + 0x123, false);
}

static void string_rows(struct conf *c)
{
	unsigned int size, out;
	struct conf_row base;

	for (out = 0; out <= 1; out++) {
		base = conf_event(out ? "outs" : "ins");
		for (size = 1; size <= 4; size *= 2) {
			counts_in_ghcb(c, out, size);
			counts_outside(c, out, size);
		}
		bad_sizes(c, &base);
		ignored_bits(c, &base);
		conf_common(c, base.name);
	}
}

const struct conf_group conf_string_group = { "string", .rows = string_rows };
