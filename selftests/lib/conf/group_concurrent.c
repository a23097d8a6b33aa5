// SPDX-License-Identifier: GPL-2.0
/*
 * Changes while userspace works on an exit: memory slots are deleted, the GHCB page and its shared
 * buffer are rewritten.  The response is that of the request as it was, or an error, or, when there
 * is no place left for a response, the guest is terminated.
 *
 * Source: AMD 56421 GHCB Specification, section "GHCB Layout" (the page is shared, so it may change
 *	at any time); KVM API, KVM_SET_USER_MEMORY_REGION.
 */
#include "events.h"

#include <string.h>
#include "../vmm/env.h"

#define LONG_BYTES	5000u	/* more than one exit carries */
#define MMIO_BYTES	16u	/* two exits */

static void fill_outside(struct conf *c, uint8_t *ghcb)
{
	(void)ghcb;
	conf_fill_outside(c, 0, LONG_BYTES);
}

/* --- memory slots */

static bool delete_slot(struct conf *c, struct kvm_run *run)
{
	(void)run;
	if (!c->seen.exits && conf_set_slot(c, CONF_OUTSIDE, false))
		vmm_fail("deleting a memory slot failed: %m");
	return false;
}

static bool exchange_slot(struct conf *c, struct kvm_run *run)
{
	delete_slot(c, run);
	if (!c->seen.exits && conf_set_slot(c, CONF_OUTSIDE, true))
		vmm_fail("adding a memory slot failed: %m");
	return false;
}

static void sent_long(struct conf *c, const uint8_t *answer)
{
	(void)answer;
	conf_check_out(c, LONG_BYTES);
}

static void sent_mmio(struct conf *c, const uint8_t *answer)
{
	(void)answer;
	conf_check_out(c, MMIO_BYTES);
}

static void got_outside(struct conf *c, const uint8_t *answer)
{
	(void)answer;
	conf_check_in(c, c->slots[CONF_OUTSIDE], LONG_BYTES);
}

static void meanwhile(struct conf *c, struct conf_row *row,
		      bool (*at_exit)(struct conf *c, struct kvm_run *run))
{
	conf_row_with_exits(c, row, at_exit);
	if (c->alive)
		conf_set_slot(c, CONF_OUTSIDE, true);
}

/*
 * Run an event with a scratch area outside the GHCB; without a check the request is rejected for
 * it.
 */
static void outside(struct conf *c, const char *event, const char *name, uint64_t len,
		    bool (*at_exit)(struct conf *c, struct kvm_run *run),
		    void (*check)(struct conf *c, const uint8_t *answer))
{
	struct conf_row base = conf_event(event), row;

	if (check)
		row = conf_variant(&base, "%s", name);
	else
		row = conf_refused(&base, SPEC_INVALID_SCRATCH, "%s", name);
	conf_put(&row, SPEC_GHCB_SCRATCH, CONF_OUTSIDE_GPA);
	row.info2 = len;
	row.prepare = fill_outside;
	row.exits = -1;
	row.check = check;
	meanwhile(c, &row, at_exit);
}

/*
 * Delete the slot of the scratch area: outgoing data was copied before; incoming data has no place
 * any more.
 */
static void scratch_deleted(struct conf *c)
{
	const char *name = "the scratch area's slot is deleted";

	outside(c, "outs", name, LONG_BYTES, delete_slot, sent_long);
	outside(c, "mmio_write", name, MMIO_BYTES, delete_slot, sent_mmio);
	outside(c, "ins", name, LONG_BYTES, delete_slot, NULL);
	outside(c, "mmio_read", name, MMIO_BYTES, delete_slot, NULL);
	outside(c, "ins", "the scratch area's slot is deleted and comes back", LONG_BYTES,
		exchange_slot, got_outside);
}

static void ghcb_deleted(struct conf *c)
{
	static const char * const events[] = { "in", "out" };
	struct conf_row base, row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		base = conf_event(events[i]);
		base.page_outside = true;
		conf_with(c, &base, "the GHCB in a slot of its own", NULL, base.check);
		row = conf_variant(&base, "the GHCB's slot is deleted and comes back");
		meanwhile(c, &row, exchange_slot);
		row = conf_ends_without_page(&base, "the GHCB's slot is deleted");
		meanwhile(c, &row, delete_slot);
		conf_drop_vm(c);
	}
}

static void slots_rows(struct conf *c)
{
	if (c->version == 1)
		scratch_deleted(c);
	ghcb_deleted(c);
}

const struct conf_group conf_slots_group = { "slots", .rows = slots_rows };

/*
 * --- the GHCB page and the shared buffer are rewritten, by userspace, which runs at the right
 * moment
 */

static uint8_t *live_ghcb(struct conf *c)
{
	return c->vm.memory + CONF_GHCB;
}

/* Give every field that the host reads another value, and set all its valid bits. */
static bool rewrite_fields(struct conf *c, struct kvm_run *run)
{
	uint8_t *ghcb = live_ghcb(c);

	(void)run;
	spec_ghcb_put(ghcb, SPEC_GHCB_EXITCODE, SPEC_NAE_TERMINATE);
	spec_ghcb_put(ghcb, SPEC_GHCB_EXITINFO1, ~0ull);
	spec_ghcb_put(ghcb, SPEC_GHCB_EXITINFO2, ~0ull);
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, ~0ull);
	spec_ghcb_put(ghcb, SPEC_GHCB_SCRATCH, CONF_BUFFER + 0x400);
	memset(ghcb + SPEC_GHCB_BITMAP, 0xff, SPEC_GHCB_BITMAP_BYTES);
	memset(ghcb + SPEC_GHCB_USAGE, 0xff, 4);
	return false;
}

/* Rewrite, at the first of two exits, the data that the second one will transfer. */
static bool rewrite_payload(struct conf *c, struct kvm_run *run)
{
	(void)run;
	if (!c->seen.exits) {
		memset(live_ghcb(c) + SPEC_GHCB_BUFFER + 8, 0xee, 8);
		memset((uint8_t *)c->slots[CONF_OUTSIDE] + 8, 0xee, LONG_BYTES);
	}
	return false;
}

/* Rewrite, at the second exit, the data that the first one has transferred. */
static bool rewrite_result(struct conf *c, struct kvm_run *run)
{
	(void)run;
	if (c->seen.exits == 1)
		memset(live_ghcb(c) + SPEC_GHCB_BUFFER, 0xee, 8);
	return false;
}

static void got_mmio(struct conf *c, const uint8_t *answer)
{
	conf_check_in(c, answer + SPEC_GHCB_BUFFER, MMIO_BYTES);
}

static void rewritten_fields(struct conf *c)
{
	static const char * const events[] = {
		"in", "out", "ins", "outs", "mmio_read", "mmio_write"
	};
	struct conf_row base, row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		base = conf_event(events[i]);
		row = conf_variant(&base, "every field is rewritten during the exit");
		row.only_those = true;
		meanwhile(c, &row, rewrite_fields);
	}
}

static void inside(struct conf *c, const char *event, const char *name,
		   bool (*at_exit)(struct conf *c, struct kvm_run *run),
		   void (*check)(struct conf *c, const uint8_t *answer))
{
	struct conf_row base = conf_event(event), row = conf_variant(&base, "%s", name);

	row.info2 = MMIO_BYTES;
	row.exits = 2;
	row.check = check;
	meanwhile(c, &row, at_exit);
}

/* Rewrite the payload between two exits, which only version 1 has for one access. */
static void rewritten_payload(struct conf *c)
{
	const char *name = "the payload outside is rewritten between two exits";

	inside(c, "mmio_write", "the payload in the GHCB is rewritten between two exits",
	       rewrite_payload, sent_mmio);
	inside(c, "mmio_read", "the result in the GHCB is rewritten between two exits",
	       rewrite_result, got_mmio);
	outside(c, "mmio_write", name, MMIO_BYTES, rewrite_payload, sent_mmio);
	outside(c, "outs", name, LONG_BYTES, rewrite_payload, sent_long);
}

static void reread_rows(struct conf *c)
{
	rewritten_fields(c);
	if (c->version == 1)
		rewritten_payload(c);
}

const struct conf_group conf_reread_group = { "reread", .rows = reread_rows };
