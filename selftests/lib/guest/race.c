// SPDX-License-Identifier: GPL-2.0
/*
 * Two vCPUs on one GHCB page: one makes requests with it and counts the responses by kind, the
 * other writes over it as fast as it can, in the middle of requests and responses.
 *
 * The values are chosen so that the guest survives when the host uses them: known events, but none
 * that ends the guest or parks the vCPU, and addresses and registers that do no harm.
 */
#include "agent_cpu.h"
#include "../spec/events.h"
#include "../spec/ghcb.h"

#define MOST_SPINS	5000
#define WATCHED		(SPEC_GHCB_BUFFER + 8)	/* what the writer writes last */

static enum agent_race kind_of(const uint8_t *ghcb)
{
	uint64_t info1 = spec_ghcb_get(ghcb, SPEC_GHCB_EXITINFO1),
		 info2 = spec_ghcb_get(ghcb, SPEC_GHCB_EXITINFO2);

	if (info1 == SPEC_HANDLED)
		return AGENT_RACE_DONE;
	if (info1 == SPEC_EXCEPTION && (info2 == SPEC_RAISE_GP || info2 == SPEC_RAISE_UD))
		return AGENT_RACE_RAISE;
	if (info1 == SPEC_MALFORMED && info2 >= SPEC_NOT_REGISTERED && info2 <= SPEC_INVALID_EVENT)
		return AGENT_RACE_REFUSED;
	return AGENT_RACE_IMPROPER;
}

/*
 * Wait until the writer has written to the page.  Few requests would meet it otherwise: an emulated
 * host gives its CPUs long turns, and PAUSE is what ends one.
 */
static void let_write(const uint8_t *ghcb, const uint8_t *request)
{
	unsigned int spins;

	for (spins = 0; spins < MOST_SPINS; spins++) {
		if (spec_ghcb_get(ghcb, WATCHED) != spec_ghcb_get(request, WATCHED))
			break;
		asm volatile("pause");
	}
}

void agent_race(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	uint8_t *ghcb = (uint8_t *)box->in[0], *request = agent_page(cpu, AGENT_REQUEST_PAGE);
	uint64_t i, out[4] = { 0 };

	for (i = 0; i < box->in[1]; i++) {
		agent_copy(ghcb, request, SPEC_GHCB_BYTES);
		agent_wrmsr(SPEC_MSR_GHCB, (uint64_t)ghcb);
		if (i & 1)
			let_write(ghcb, request);
		agent_vmgexit();
		out[kind_of(ghcb)]++;
	}
	agent_copy(box->out, out, sizeof(out));
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static uint64_t next_value(uint64_t *seed)
{
	static const uint64_t values[] = {
		SPEC_EXIT_CPUID, SPEC_EXIT_IOIO, SPEC_EXIT_MSR, SPEC_EXIT_RDPMC, SPEC_EXIT_WBINVD,
		SPEC_EXIT_RDTSC, SPEC_NAE_MMIO_READ, SPEC_NAE_MMIO_WRITE, SPEC_NAE_AP_JUMP_TABLE,
		SPEC_NAE_HV_FEATURES, 0x8000abcd, 0, 1, 2, 4, 8, 0xd, 64, 2032, 4096, 0x1b, 0x3b,
		~0ull, 1ull << 63, 0xffffffff, AGENT_PLAIN_GPA, AGENT_MMIO_GPA,
		SPEC_IO_BYTES(1) | SPEC_IO_STRING, SPEC_IO_BYTES(4) | SPEC_IO_IN,
		SPEC_IO_BYTES(2) | SPEC_IO_STRING | SPEC_IO_IN,
	};
	uint64_t random = next_random(seed);

	return random & 0x40 ? values[(uint32_t)random % ARRAY_SIZE(values)] : random;
}

/* The fields that the host reads; those of its response come last. */
static const uint16_t targets[] = {
	SPEC_GHCB_CPL, SPEC_GHCB_XSS, SPEC_GHCB_RAX, SPEC_GHCB_RBX, SPEC_GHCB_RCX, SPEC_GHCB_RDX,
	SPEC_GHCB_EXITCODE, SPEC_GHCB_SCRATCH, SPEC_GHCB_XCR0, SPEC_GHCB_BITMAP, SPEC_GHCB_BUFFER,
	SPEC_GHCB_BUFFER + 1016, SPEC_GHCB_BUFFER + SPEC_GHCB_BUFFER_BYTES - 8,
	SPEC_GHCB_VERSION - 2, SPEC_GHCB_BITMAP + 8, SPEC_GHCB_EXITINFO1, SPEC_GHCB_EXITINFO2,
};

#define ANSWER_TARGETS	3

static bool is_frame(uint16_t target)
{
	return target == SPEC_GHCB_VERSION - 2;
}

void agent_scribble(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	unsigned int i, nr_targets = ARRAY_SIZE(targets) - (box->in[1] ? ANSWER_TARGETS : 0);
	uint8_t *ghcb = (uint8_t *)box->in[0];
	uint64_t value, seed = 0x9e3779b97f4a7c15ull + cpu->nr;

	box->passes = 0;
	while (shared_read(&box->order) == AGENT_SCRIBBLE) {
		for (i = 0; i < nr_targets; i++) {
			/* A few at a time, so that not all are rejected for the same reasons. */
			if (next_random(&seed) & 0x700)
				continue;
			value = next_value(&seed);
			/*
			 * Usage and version are mostly correct, or nothing else would be checked.
			 */
			if (is_frame(targets[i]) && value & 0xf00)
				value = 0;
			shared_write((uint64_t *)(ghcb + (targets[i] & ~7u)), value);
		}
		shared_write((uint64_t *)(ghcb + WATCHED), next_random(&seed));
		shared_write(&box->passes, box->passes + 1);
		asm volatile("pause");
	}
}
