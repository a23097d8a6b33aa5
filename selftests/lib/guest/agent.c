// SPDX-License-Identifier: GPL-2.0
/*
 * The agent: the program that every vCPU of a test's SEV-ES guest runs.  See agent.h.
 */
#include "agent_cpu.h"
#include "../spec/events.h"
#include "../spec/ghcb.h"

#define MSR_EFER	0xc0000080

_Alignas(4096) uint8_t agent_cpus[AGENT_MAX_VCPUS][AGENT_CPU_BYTES];

static void do_nae(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	(void)box;
	agent_copy(agent_page(cpu, AGENT_GHCB_PAGE), agent_page(cpu, AGENT_REQUEST_PAGE),
		   SPEC_GHCB_BYTES);
	agent_send_ghcb(cpu);
	agent_copy(agent_page(cpu, AGENT_ANSWER_PAGE), agent_page(cpu, AGENT_GHCB_PAGE),
		   SPEC_GHCB_BYTES);
}

static void do_secrets(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	agent_copy(agent_page(cpu, AGENT_GHCB_PAGE), agent_page(cpu, AGENT_REQUEST_PAGE),
		   SPEC_GHCB_BYTES);
	agent_wrmsr(SPEC_MSR_GHCB, (uint64_t)agent_page(cpu, AGENT_GHCB_PAGE));
	/* The mailbox holds a mask, so that the value itself is never in shared memory. */
	box->out[0] = agent_secrets(~box->in[0]);
}

static void do_msr_proto(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	(void)cpu;
	box->out[0] = agent_msr_proto(box->in[0]);
}

static void do_cpuid(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	uint64_t regs[4] = { box->in[0], 0, box->in[1], 0 };
	unsigned int i;

	agent_cpuid(&cpu->after, regs);
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		box->out[i] = regs[i];
}

static void do_rdmsr(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	box->out[0] = agent_insn_rdmsr(&cpu->after, box->in[0]);
}

static void do_wrmsr(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	agent_insn_wrmsr(&cpu->after, box->in[0], box->in[1]);
}

static void do_in(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	cpu->io_info = SPEC_IO_PORT(box->in[0]) | SPEC_IO_BYTES(4) | SPEC_IO_IN;
	box->out[0] = agent_insn_in(&cpu->after, box->in[0]);
}

static void do_out(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	cpu->io_info = SPEC_IO_PORT(box->in[0]) | SPEC_IO_BYTES(4);
	agent_insn_out(&cpu->after, box->in[0], box->in[1]);
}

static void do_load(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	cpu->mmio_write = 0;
	cpu->mmio_gpa = box->in[0];
	box->out[0] = agent_insn_load(&cpu->after, box->in[0]);
}

static void do_store(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	cpu->mmio_write = 1;
	cpu->mmio_gpa = box->in[0];
	agent_insn_store(&cpu->after, box->in[0], box->in[1]);
}

static void do_read8(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	(void)cpu;
	box->out[0] = shared_read((uint64_t *)box->in[0]);
}

/* Write the complement of the mailbox's value: the data of private memory was never shared. */
static void do_write8(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	(void)cpu;
	shared_write((uint64_t *)box->in[0], ~box->in[1]);
}

/* Write DR0, which is no breakpoint because DR7 enables none. */
static void do_dr0(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	(void)cpu;
	asm volatile("mov %1, %%db0; mov %%db0, %0; mov %2, %%db0"
		     : "=&r" (box->out[0]) : "r" (box->in[0]), "r" (0ull));
}

static uint64_t turn_over(enum agent_control which, uint64_t bits)
{
	uint64_t value;

	switch (which) {
	case AGENT_CR0:
		asm volatile("mov %%cr0, %0; xor %1, %0; mov %0, %%cr0"
			     : "=&r" (value) : "r" (bits) : "memory");
		return value;
	case AGENT_CR4:
		asm volatile("mov %%cr4, %0; xor %1, %0; mov %0, %%cr4"
			     : "=&r" (value) : "r" (bits) : "memory");
		return value;
	case AGENT_EFER:
		value = agent_rdmsr(MSR_EFER) ^ bits;
		agent_wrmsr(MSR_EFER, value);
		return value;
	}
	return 0;
}

static void do_control(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	(void)cpu;
	box->out[0] = turn_over(box->in[0], box->in[1]);
}

/*
 * Wait in HLT; the interrupt comes after the HLT, because STI keeps interrupts off until the next
 * instruction is done.
 */
static void do_halt(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	(void)cpu;
	(void)box;
	asm volatile("sti; hlt; cli" : : : "memory");
}

/* Call the code that a test wrote there by AGENT_WRITE8. */
static void do_call(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	box->exception = 0;
	box->last_vc = 0;
	box->out[0] = agent_call(&cpu->call_rsp, box->in[0]);
	cpu->call_rsp = 0;
}

static void obey(struct agent_cpu *cpu, struct agent_mailbox *box)
{
	switch (box->order) {
	case AGENT_NAE:		return do_nae(cpu, box);
	case AGENT_MSR_PROTO:	return do_msr_proto(cpu, box);
	case AGENT_CPUID:	return do_cpuid(cpu, box);
	case AGENT_RDMSR:	return do_rdmsr(cpu, box);
	case AGENT_WRMSR:	return do_wrmsr(cpu, box);
	case AGENT_IN:		return do_in(cpu, box);
	case AGENT_OUT:		return do_out(cpu, box);
	case AGENT_LOAD:	return do_load(cpu, box);
	case AGENT_STORE:	return do_store(cpu, box);
	case AGENT_READ8:	return do_read8(cpu, box);
	case AGENT_WRITE8:	return do_write8(cpu, box);
	case AGENT_HALT:	return do_halt(cpu, box);
	case AGENT_PARK:	return agent_park(cpu, box);
	case AGENT_WAKE:	return agent_wake(cpu, box);
	case AGENT_SECRETS:	return do_secrets(cpu, box);
	case AGENT_REPEAT:	return agent_repeat(cpu, box);
	case AGENT_RACE:	return agent_race(cpu, box);
	case AGENT_FLOOD:	return agent_flood(cpu, box);
	case AGENT_SCRIBBLE:	return agent_scribble(cpu, box);
	case AGENT_DR0:		return do_dr0(cpu, box);
	case AGENT_CALL:	return do_call(cpu, box);
	case AGENT_CONTROL:	return do_control(cpu, box);
	}
}

static void ring_doorbell(struct agent_cpu *cpu)
{
	uint8_t *ghcb = agent_new_ghcb(cpu, SPEC_EXIT_IOIO,
				       SPEC_IO_PORT(AGENT_DOORBELL) | SPEC_IO_BYTES(4), 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, cpu->nr);
	agent_send_ghcb(cpu);
}

/* Run the agent; RDI, RSI and RDX come from the launch VMSA. */
void agent_main(uint64_t nr, struct agent_cpu *cpu, uint64_t cookie)
{
	struct agent_mailbox *box = (void *)(AGENT_MAILBOX_GPA + nr * AGENT_MAILBOX_BYTES);

	asm volatile("ldmxcsr %0" : : "m"((const uint32_t){ 0x1f80 }));
	cpu->self = cpu;
	cpu->nr = nr;
	cpu->mailbox = box;
	box->launch_cookie = cookie;
	box->starts++;
	for (;;) {
		ring_doorbell(cpu);
		obey(cpu, box);
	}
}
