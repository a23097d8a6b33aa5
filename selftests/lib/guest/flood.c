// SPDX-License-Identifier: GPL-2.0
/*
 * Send the same request as fast as the guest can, until the test has another order: bench/flood
 * measures it.
 */
#include "agent_cpu.h"
#include "../spec/events.h"
#include "../spec/ghcb.h"

/* Renew what a response overwrites: RAX, then from RCX to the bitmap. */
static void renew_request(struct agent_cpu *cpu)
{
	const uint8_t *request = agent_page(cpu, AGENT_REQUEST_PAGE);
	uint8_t *ghcb = agent_page(cpu, AGENT_GHCB_PAGE);

	agent_copy(ghcb + SPEC_GHCB_RAX, request + SPEC_GHCB_RAX, 8);
	agent_copy(ghcb + SPEC_GHCB_RCX, request + SPEC_GHCB_RCX,
		   SPEC_GHCB_BITMAP + SPEC_GHCB_BITMAP_BYTES - SPEC_GHCB_RCX);
}

void agent_flood(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	enum agent_flood how = box->in[0];
	uint64_t nr;

	agent_copy(agent_page(cpu, AGENT_GHCB_PAGE), agent_page(cpu, AGENT_REQUEST_PAGE),
		   SPEC_GHCB_BYTES);
	agent_wrmsr(SPEC_MSR_GHCB, (uint64_t)agent_page(cpu, AGENT_GHCB_PAGE));
	for (nr = 1; shared_read(&box->order) == AGENT_FLOOD; nr++) {
		if (how == AGENT_FLOOD_MSR_PROTO)
			agent_wrmsr(SPEC_MSR_GHCB, box->in[1]);
		else if (how == AGENT_FLOOD_NAE)
			renew_request(cpu);
		if (how != AGENT_FLOOD_NOTHING)
			agent_vmgexit();
		shared_write(&box->out[0], nr);
	}
}
