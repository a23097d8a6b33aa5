// SPDX-License-Identifier: GPL-2.0
/*
 * Send the same request again and again, and measure each one's round trip, as the benchmark
 * orders.
 */
#include "agent_cpu.h"
#include "../spec/events.h"
#include "../spec/ghcb.h"

/* Return the low half only, which is enough for differences. */
static uint32_t rdtsc(void)
{
	uint32_t low;

	asm volatile("rdtsc" : "=a"(low) : : "edx", "memory");
	return low;
}

static uint32_t timed_vmgexit(void)
{
	uint32_t before = rdtsc();

	agent_vmgexit();
	return rdtsc() - before;
}

/* Repeat the request.  The response overwrites it, so each time starts with a fresh copy. */
void agent_repeat(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	uint32_t *trips = (uint32_t *)AGENT_TRIPS_GPA, i;
	uint32_t times = box->in[0], mark = box->in[0] >> 32;
	uint64_t msr = box->in[1], field = box->in[2];

	agent_msr_proto(AGENT_MARK(mark, 0));
	for (i = 0; i < times; i++) {
		if (!msr)
			agent_copy(agent_page(cpu, AGENT_GHCB_PAGE),
				   agent_page(cpu, AGENT_REQUEST_PAGE), SPEC_GHCB_BYTES);
		if (field)
			shared_write((uint64_t *)(agent_page(cpu, AGENT_GHCB_PAGE) + field), i & 1);
		agent_wrmsr(SPEC_MSR_GHCB, msr ? msr : (uint64_t)agent_page(cpu, AGENT_GHCB_PAGE));
		shared_write(&trips[i], timed_vmgexit());
	}
	agent_msr_proto(AGENT_MARK(mark, 1));
	agent_copy(agent_page(cpu, AGENT_ANSWER_PAGE), agent_page(cpu, AGENT_GHCB_PAGE),
		   SPEC_GHCB_BYTES);
}
