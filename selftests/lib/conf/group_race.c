// SPDX-License-Identifier: GPL-2.0
/*
 * A second vCPU writes over the GHCB page and its shared buffer while the first one makes requests
 * with it.  Where it leaves SW_EXITINFO1 and 2 alone the guest itself checks each response:
 * handled, an exception that a response may request, or an error with a known reason.  Where it
 * writes everything, only the host's behaviour can be checked: KVM_RUN does not fail, the guest
 * continues, the log does not grow.
 *
 * Source: AMD 56421 GHCB Specification, sections "GHCB Layout", "Invalid GHCB content".
 */
#include "events.h"

#include <stdio.h>
#include <string.h>
#include "../vmm/ap.h"

#define TIMES		150
#define WAITS		8	/* exits of a row at which the other vCPU is waited for */
#define WAIT_STEPS	100

/*
 * Delay userspace, so that the page changes between request and response; for some exits of the row
 * only.
 */
static bool wait_for_writer(struct conf *c, struct kvm_run *run)
{
	struct agent_mailbox *box = vmm_mailbox(&c->vm.vcpus[1]);
	uint64_t passes = shared_read(&box->passes);
	int step;

	(void)run;
	for (step = 0; c->seen.exits < WAITS && step < WAIT_STEPS; step++) {
		if (shared_read(&box->passes) > passes + 1)
			break;
		vmm_sleep_ms(1);
	}
	return false;
}

static void check_counts(struct conf *c, const uint64_t *out, bool answer_is_kept)
{
	uint64_t sum = out[AGENT_RACE_DONE] + out[AGENT_RACE_RAISE] + out[AGENT_RACE_REFUSED];

	printf("#   %s: done %llu, raise %llu, refused %llu, improper %llu\n", c->name,
	       (unsigned long long)out[AGENT_RACE_DONE], (unsigned long long)out[AGENT_RACE_RAISE],
	       (unsigned long long)out[AGENT_RACE_REFUSED],
	       (unsigned long long)out[AGENT_RACE_IMPROPER]);
	if (answer_is_kept && sum != TIMES)
		conf_complain(c, "%llu of %u answers are none", (unsigned long long)(TIMES - sum),
			      TIMES);
}

static void stop_writer(struct conf *c)
{
	struct vmm_vcpu *writer = &c->vm.vcpus[1];

	shared_write(&vmm_mailbox(writer)->order, AGENT_NOTHING);
	if (!conf_settles(c, writer))
		conf_complain(c, "the writing vCPU does not go on");
}

static void put_request(struct conf *c, const struct conf_row *event)
{
	uint8_t *ghcb = vmm_request(c->vcpu, event->exit, event->info1, event->info2);
	unsigned int i;

	for (i = 0; i < CONF_FIELDS && event->set[i].field; i++)
		spec_ghcb_put(ghcb, event->set[i].field, event->set[i].field == SPEC_GHCB_SCRATCH ?
			      AGENT_PLAIN_GPA + SPEC_GHCB_BUFFER : event->set[i].value);
}

static void race_row(struct conf *c, const char *event_name, bool answer_is_kept)
{
	struct conf_row event = conf_event(event_name);
	char name[CONF_NAME_BYTES];

	snprintf(name, sizeof(name), "%s: another vCPU writes %s", event_name,
		 answer_is_kept ? "all but the answer" : "the whole page");
	conf_begin(c, name);
	if (conf_need_vm(c)) {
		c->at_exit = wait_for_writer;
		vmm_order_start(&c->vm.vcpus[1], AGENT_SCRIBBLE, AGENT_PLAIN_GPA, answer_is_kept);
		put_request(c, &event);
		if (conf_order(c, c->vcpu, AGENT_RACE, AGENT_PLAIN_GPA, TIMES))
			check_counts(c, vmm_mailbox(c->vcpu)->out, answer_is_kept);
		else
			conf_complain(c, "the guest does not go on");
		stop_writer(c);
		c->at_exit = NULL;
	}
	conf_end(c);
	if (c->failed)
		conf_drop_vm(c);
}

static void race_rows(struct conf *c)
{
	static const char * const events[] = {
		"cpuid", "cpuid_0xd", "in", "out", "ins", "outs", "rdmsr", "wrmsr", "mmio_read",
		"mmio_write", "jump_table_get", "rdtsc",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		race_row(c, events[i], true);
		race_row(c, events[i], false);
	}
}

const struct conf_group conf_race_group = { "race", .nr_vcpus = 2, .rows = race_rows };
