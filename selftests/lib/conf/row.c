// SPDX-License-Identifier: GPL-2.0
/*
 * Rows and groups: from a row's description to the request, and to the row's line.
 */
#include "conf.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include "../vmm/env.h"

void conf_begin(struct conf *c, const char *name)
{
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->failed = c->log_grew = false;
	c->note[0] = 0;
	conf_log_skip(c);
}

static const char *result(const struct conf *c)
{
	if (c->failed)
		return c->cannot < 0 ? "NONE" : "FAIL";
	return c->log_grew ? "LOG" : "ok";
}

void conf_end(struct conf *c)
{
	if (c->alive)
		conf_check_lives(c);
	conf_log_check(c);
	c->nr_rows++;
	c->nr_failed += c->failed || c->log_grew;
	printf("# row|%s|v%u|%s|%s|%s\n", c->group->name, c->version, result(c), c->name, c->note);
	fflush(stdout);
}

/* Build the request, always with the payload of string I/O and MMIO, whether it is used or not. */
static uint8_t *build(struct conf *c, const struct conf_row *row)
{
	uint8_t *ghcb = vmm_request(c->vcpu, row->exit, row->info1, row->info2);
	unsigned int i;

	for (i = 0; i < SPEC_GHCB_BUFFER_BYTES; i++)
		ghcb[SPEC_GHCB_BUFFER + i] = conf_out_byte(i);
	for (i = 0; i < CONF_FIELDS && row->set[i].field; i++)
		spec_ghcb_put(ghcb, row->set[i].field, row->set[i].value);
	if (row->omit)
		spec_ghcb_omit(ghcb, row->omit);
	*(uint16_t *)(ghcb + SPEC_GHCB_VERSION) = row->claim ? row->claim - 1 : c->version;
	*(uint32_t *)(ghcb + SPEC_GHCB_USAGE) = row->usage;
	return ghcb;
}

/*
 * Send the request.  With page_outside it is in the slot outside, and the agent gets the GHCB's
 * address only.
 */
static bool send(struct conf *c, const struct conf_row *row)
{
	uint8_t *ghcb = build(c, row);

	if (row->page_outside)
		ghcb = memcpy(c->slots[CONF_OUTSIDE], ghcb, SPEC_GHCB_BYTES);
	if (row->prepare)
		row->prepare(c, ghcb);
	if (!row->page_outside)
		return conf_order(c, c->vcpu, AGENT_NAE, 0, 0);
	return conf_order(c, c->vcpu, AGENT_MSR_PROTO, CONF_OUTSIDE_GPA, 0);
}

void conf_row(struct conf *c, const struct conf_row *row)
{
	if (row->versions && !(row->versions & 1u << (c->version - 1)))
		return;
	c->row = row;
	conf_begin(c, row->name);
	if (conf_need_vm(c))
		conf_check(c, row, send(c, row));
	conf_end(c);
	c->row = NULL;
}

void conf_row_with_exits(struct conf *c, const struct conf_row *row,
			 bool (*at_exit)(struct conf *c, struct kvm_run *run))
{
	c->at_exit = at_exit;
	conf_row(c, row);
	c->at_exit = NULL;
}

void conf_rows(struct conf *c, const struct conf_row *rows, unsigned int nr_rows)
{
	unsigned int i;

	for (i = 0; i < nr_rows; i++)
		conf_row(c, &rows[i]);
}

unsigned int conf_run_group(const struct conf_group *group)
{
	static struct conf c;
	unsigned int version;
	time_t start = time(NULL);

	c.group = group;
	conf_log_open(&c);
	for (version = 1; version <= 2; version++) {
		if (group->versions && !(group->versions & 1u << (version - 1)))
			continue;
		c.version = version;
		c.cannot = CONF_UNTRIED;
		group->rows(&c);
		conf_drop_vm(&c);
	}
	printf("# group %s: %u rows, %u failed, %ld s\n", group->name, c.nr_rows, c.nr_failed,
	       (long)(time(NULL) - start));
	fflush(stdout);
	return c.nr_failed;
}
