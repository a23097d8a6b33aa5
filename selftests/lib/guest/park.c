// SPDX-License-Identifier: GPL-2.0
/*
 * Two vCPUs, one that parks again and again and one that wakes it each time, without their VMM: as
 * often and as close to each other as the host lets them.
 *
 * The first writes to memory that it parks before it does, as guests do; the other may send INIT
 * and SIPI immediately.
 *
 * Source: AMD 56421 GHCB Specification, sections "SMP Booting" and "AP Reset Hold".
 */
#include "agent_cpu.h"
#include "../spec/events.h"
#include "../spec/ghcb.h"

#define X2APIC_ICR	0x830
#define ICR_INIT	0x4500u
#define ICR_SIPI	0x4610u
/* spins before the wake-up: it meets the hold before, in, and after its way in */
#define DELAYS		61

/* Return whether a SIPI ended the hold. */
static int park(struct agent_cpu *cpu, int by_msr)
{
	uint64_t msr;
	uint8_t *ghcb;

	if (by_msr) {
		msr = agent_msr_proto(SPEC_MSR_AP_HOLD_REQ);
		return SPEC_MSR_INFO(msr) == SPEC_MSR_AP_HOLD_RESP && SPEC_MSR_DATA(msr);
	}
	ghcb = agent_new_ghcb(cpu, SPEC_NAE_AP_RESET_HOLD, 0, 0);
	agent_send_ghcb(cpu);
	return spec_ghcb_get(ghcb, SPEC_GHCB_EXITINFO1) == SPEC_HANDLED &&
	       spec_ghcb_get(ghcb, SPEC_GHCB_EXITINFO2);
}

void agent_park(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	uint64_t nr, others = 0;

	for (nr = 1; nr <= box->in[0]; nr++) {
		shared_write(&box->passes, nr);
		others += !park(cpu, (box->in[1] + nr) & 1);
		shared_write(&box->out[0], nr);
	}
	box->out[1] = others;
}

static void await(uint64_t *counter, uint64_t value)
{
	while (shared_read(counter) < value)
		asm volatile("pause");
}

void agent_wake(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	struct agent_mailbox *other = (void *)(AGENT_MAILBOX_GPA +
					       box->in[1] * AGENT_MAILBOX_BYTES);
	uint64_t nr, spins;

	for (nr = 1; nr <= box->in[0]; nr++) {
		await(&other->passes, nr);
		for (spins = nr % DELAYS * (nr % DELAYS); spins; spins--)
			asm volatile("pause");
		agent_send_wrmsr(cpu, X2APIC_ICR, box->in[1] << 32 | ICR_INIT);
		agent_send_wrmsr(cpu, X2APIC_ICR, box->in[1] << 32 | ICR_SIPI);
		await(&other->out[0], nr);
		shared_write(&box->out[0], nr);
	}
}
