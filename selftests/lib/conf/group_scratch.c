// SPDX-License-Identifier: GPL-2.0
/*
 * The scratch area at each boundary: of the GHCB's shared buffer, of the GHCB page, of memory
 * slots, of the address space; and memory that cannot be written.
 *
 * Source: AMD 56421 GHCB Specification, section "GHCB Layout" (SW_SCRATCH).
 */
#include "events.h"

#include <string.h>

#define END	CONF_BUFFER_END
#define AROUND	(CONF_GHCB + SPEC_GHCB_BYTES)
#define OUT_END	(CONF_OUTSIDE_GPA + CONF_SLOT_BYTES)
#define C_BIT	(1ull << 51)

struct place {
	const char *name;
	uint64_t gpa;
	unsigned int len_bytes;		/* at most 8, which MMIO allows in each version */
	unsigned int good;		/* versions that allow it */
};

static const struct place places[] = {
	{ "start of the buffer", CONF_BUFFER, 8, CONF_BOTH },
	{ "odd address in the buffer", CONF_BUFFER + 3, 8, CONF_BOTH },
	{ "last 8 bytes of the buffer", END - 8, 8, CONF_BOTH },
	{ "last byte of the buffer", END - 1, 1, CONF_BOTH },
	{ "one byte over the buffer's end", END - 7, 8, 0 },
	{ "7 bytes over the buffer's end", END - 1, 8, 0 },
	{ "first byte behind the buffer", END, 1, 0 },
	{ "last byte before the buffer", CONF_BUFFER - 1, 1, 0 },
	{ "over the buffer's start", CONF_BUFFER - 4, 8, 0 },
	{ "8 bytes before the buffer", CONF_BUFFER - 8, 8, 0 },
	{ "first byte of the GHCB page", CONF_GHCB, 1, 0 },
	{ "over the answer", CONF_GHCB + SPEC_GHCB_EXITINFO1, 8, 0 },
	{ "over the bitmap", CONF_GHCB + SPEC_GHCB_BITMAP, 8, 0 },
	{ "over protocol version and usage", CONF_GHCB + SPEC_GHCB_VERSION, 6, 0 },
	{ "last byte of the GHCB page", AROUND - 1, 1, 0 },
	{ "over the end of the GHCB page", AROUND - 4, 8, 0 },
	{ "first bytes behind the GHCB page", AROUND, 8, CONF_V1 },
	{ "over the start of the GHCB page", CONF_GHCB - 4, 8, 0 },
	{ "last bytes before the GHCB page", CONF_GHCB - 8, 8, CONF_V1 },
	{ "address 0", 0, 8, 0 },
	{ "address of a device", AGENT_MMIO_GPA, 8, 0 },
	{ "address of the IOAPIC", 0xfec00000, 8, 0 },
	{ "no memory", 0x40000000, 8, 0 },
	{ "C-bit set", C_BIT | CONF_OUTSIDE_GPA, 8, 0 },
	{ "C-bit set, in the GHCB", C_BIT | CONF_BUFFER, 8, 0 },
	{ "upper half of the addresses", 1ull << 63, 8, 0 },
	{ "last byte of all addresses", ~0ull, 1, 0 },
	{ "last 8 bytes of all addresses", ~7ull, 8, 0 },
	{ "over the end of all addresses", ~3ull, 8, 0 },
	{ "start of a slot", CONF_OUTSIDE_GPA, 8, CONF_V1 },
	{ "over a page's end in a slot", CONF_OUTSIDE_GPA + 0xffc, 8, CONF_V1 },
	{ "end of a slot", OUT_END - 8, 8, CONF_V1 },
	{ "over a slot's end", OUT_END - 4, 8, 0 },
	{ "first byte behind a slot", OUT_END, 1, 0 },
	{ "over a slot's start", CONF_OUTSIDE_GPA - 4, 8, 0 },
	{ "last byte before a slot", CONF_OUTSIDE_GPA - 1, 1, 0 },
};

static const struct place readonly_places[] = {
	{ "read-only slot", CONF_READONLY_GPA, 8, CONF_V1 },
	{ "end of a read-only slot", CONF_READONLY_GPA + CONF_SLOT_BYTES - 8, 8, CONF_V1 },
	{ "over a read-only slot's end", CONF_READONLY_GPA + CONF_SLOT_BYTES - 4, 8, 0 },
};

static bool lies_in(const struct place *place, uint64_t start, uint64_t end)
{
	return place->gpa >= start && place->gpa < end && place->len_bytes <= end - place->gpa;
}

/*
 * Return the host's view of the place, or NULL: the mailbox's pages that the agent itself uses are
 * not compared.
 */
static uint8_t *bytes_of(struct conf *c, uint8_t *ghcb)
{
	const struct place *place = c->row->data;

	if (lies_in(place, CONF_BUFFER, END))
		return ghcb + (place->gpa - CONF_GHCB);
	if (lies_in(place, AROUND, AGENT_GUEST_BYTES))
		return c->vm.memory + place->gpa;
	if (lies_in(place, CONF_OUTSIDE_GPA, OUT_END))
		return (uint8_t *)c->slots[CONF_OUTSIDE] + (place->gpa - CONF_OUTSIDE_GPA);
	if (lies_in(place, CONF_READONLY_GPA, CONF_READONLY_GPA + CONF_SLOT_BYTES))
		return (uint8_t *)c->slots[CONF_READONLY] + (place->gpa - CONF_READONLY_GPA);
	return NULL;
}

static void fill(struct conf *c, uint8_t *ghcb)
{
	const struct place *place = c->row->data;
	uint8_t *bytes = bytes_of(c, ghcb);
	unsigned int i;

	for (i = 0; bytes && i < place->len_bytes; i++)
		bytes[i] = conf_out_byte(i);
}

static void was_sent(struct conf *c, const uint8_t *answer)
{
	const struct place *place = c->row->data;

	if (bytes_of(c, (uint8_t *)answer))
		conf_check_out(c, place->len_bytes);
}

static void has_come(struct conf *c, const uint8_t *answer)
{
	const struct place *place = c->row->data;
	uint8_t *bytes = bytes_of(c, (uint8_t *)answer);

	if (bytes)
		conf_check_in(c, bytes, place->len_bytes);
}

/* An error that could only come after the exit, when the write failed, has had its exit. */
static void place_row(struct conf *c, const char *event, const struct place *place, bool allowed)
{
	struct conf_row base = conf_event(event), row;
	bool writes = base.exit == SPEC_NAE_MMIO_READ || base.info1 & SPEC_IO_IN;

	if (allowed)
		row = conf_variant(&base, "%s, %u bytes", place->name, place->len_bytes);
	else
		row = conf_refused(&base, SPEC_INVALID_SCRATCH, "%s, %u bytes", place->name,
				   place->len_bytes);
	row.info2 = place->len_bytes;
	conf_put(&row, SPEC_GHCB_SCRATCH, place->gpa);
	row.prepare = fill;
	row.data = (void *)place;
	if (allowed)
		row.check = writes ? has_come : was_sent;
	else if (writes && place->gpa >> 28 == CONF_READONLY_GPA >> 28)
		row.exits = -1;
	conf_row(c, &row);
}

static void scratch_rows(struct conf *c)
{
	static const char * const events[] = { "mmio_write", "mmio_read", "outs", "ins" };
	unsigned int i, e;

	for (e = 0; e < ARRAY_SIZE(events); e++) {
		for (i = 0; i < ARRAY_SIZE(places); i++)
			place_row(c, events[e], &places[i], places[i].good & c->version);
		for (i = 0; c->version == 1 && i < ARRAY_SIZE(readonly_places); i++)
			place_row(c, events[e], &readonly_places[i],
				  readonly_places[i].good && e % 2 == 0);
	}
}

const struct conf_group conf_scratch_group = { "scratch", .rows = scratch_rows };
