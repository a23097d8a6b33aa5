// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's side of VMGEXIT: the GHCB MSR, the GHCB page, the instruction.
 *
 * Source: AMD 56421 GHCB Specification, sections "GHCB MSR Protocol" and "GHCB Layout".
 */
#include "agent_cpu.h"
#include "../spec/events.h"
#include "../spec/ghcb.h"

void agent_copy(void *to, const void *from, size_t len_bytes)
{
	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(len_bytes) : : "memory");
}

static void agent_clear(void *to, size_t len_bytes)
{
	asm volatile("rep stosb" : "+D"(to), "+c"(len_bytes) : "a"(0) : "memory");
}

uint64_t agent_rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return (uint64_t)hi << 32 | lo;
}

void agent_wrmsr(uint32_t msr, uint64_t value)
{
	asm volatile("wrmsr"
		     : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

void agent_vmgexit(void)
{
	asm volatile("rep; vmmcall" : : : "memory");
}

/*
 * Send a request and return the response.  Restore the MSR, for a page-based request that may be in
 * preparation.
 */
uint64_t agent_msr_proto(uint64_t request)
{
	uint64_t before = agent_rdmsr(SPEC_MSR_GHCB);
	uint64_t answer;

	agent_wrmsr(SPEC_MSR_GHCB, request);
	agent_vmgexit();
	answer = agent_rdmsr(SPEC_MSR_GHCB);
	agent_wrmsr(SPEC_MSR_GHCB, before);
	return answer;
}

void agent_send_ghcb(struct agent_cpu *cpu)
{
	agent_wrmsr(SPEC_MSR_GHCB, (uint64_t)agent_page(cpu, AGENT_GHCB_PAGE));
	agent_vmgexit();
}

uint8_t *agent_new_ghcb(struct agent_cpu *cpu, uint64_t exit, uint64_t info1, uint64_t info2)
{
	uint8_t *ghcb = agent_page(cpu, AGENT_GHCB_PAGE);

	agent_clear(ghcb, SPEC_GHCB_BYTES);
	shared_write((uint16_t *)(ghcb + SPEC_GHCB_VERSION), 1);
	spec_ghcb_put(ghcb, SPEC_GHCB_EXITCODE, exit);
	spec_ghcb_put(ghcb, SPEC_GHCB_EXITINFO1, info1);
	spec_ghcb_put(ghcb, SPEC_GHCB_EXITINFO2, info2);
	return ghcb;
}

void agent_send_wrmsr(struct agent_cpu *cpu, uint32_t msr, uint64_t value)
{
	uint8_t *ghcb = agent_new_ghcb(cpu, SPEC_EXIT_MSR, 1, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, msr);
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, (uint32_t)value);
	spec_ghcb_put(ghcb, SPEC_GHCB_RDX, value >> 32);
	agent_send_ghcb(cpu);
}

void agent_terminate(uint8_t code)
{
	for (;;)
		agent_msr_proto(SPEC_MSR_TERM(AGENT_TERM_SET, code));
}
