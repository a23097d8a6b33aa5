/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The agent's own state, one block for each vCPU, at the base of GS; private to the guest.
 */
#ifndef ES_GUEST_AGENT_CPU_H
#define ES_GUEST_AGENT_CPU_H

#include <stddef.h>
#include <stdint.h>
#include "agent.h"
#include "../spec/compiler.h"

#define AGENT_MAX_NMIS	4

/* As entry.S pushes them; RSP and SS are the interrupted ones. */
struct agent_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector, error_code, rip, cs, rflags, rsp, ss;
};

struct agent_cpu {
	struct agent_cpu *self;
	struct agent_mailbox *mailbox;
	uint64_t nr;
	/* Values that the handler of #VC cannot know without decoding the instruction. */
	uint64_t after;			/* address of the next instruction */
	uint32_t io_info;		/* SW_EXITINFO1 for IN and OUT */
	uint32_t mmio_write;
	uint64_t mmio_gpa;
	uint64_t nmi_depth;		/* NMI handlers that are in progress */
	uint64_t call_rsp;		/* AGENT_CALL: where it ends, 0 outside */
	uint8_t ghcb_backup[AGENT_MAX_NMIS][0x1000];	/* for the NMI handlers */
	uint8_t stack[];
};

static inline struct agent_cpu *agent_this_cpu(void)
{
	struct agent_cpu *cpu;

	asm volatile("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

static inline uint8_t *agent_page(struct agent_cpu *cpu, unsigned int offset)
{
	return (uint8_t *)cpu->mailbox + offset;
}

/* ghcb.c */
void agent_copy(void *to, const void *from, size_t len_bytes);
uint64_t agent_rdmsr(uint32_t msr);
void agent_wrmsr(uint32_t msr, uint64_t value);
void agent_vmgexit(void);
uint64_t agent_msr_proto(uint64_t request);
void agent_send_ghcb(struct agent_cpu *cpu);
uint8_t *agent_new_ghcb(struct agent_cpu *cpu, uint64_t exit, uint64_t info1, uint64_t info2);
void agent_send_wrmsr(struct agent_cpu *cpu, uint32_t msr, uint64_t value);
_Noreturn void agent_terminate(uint8_t code);

/* flood.c */
void agent_flood(struct agent_cpu *cpu, struct agent_mailbox *box);

/* park.c */
void agent_park(struct agent_cpu *cpu, struct agent_mailbox *box);
void agent_wake(struct agent_cpu *cpu, struct agent_mailbox *box);

/* race.c */
void agent_race(struct agent_cpu *cpu, struct agent_mailbox *box);
void agent_scribble(struct agent_cpu *cpu, struct agent_mailbox *box);

/* repeat.c */
void agent_repeat(struct agent_cpu *cpu, struct agent_mailbox *box);

/* vc.c */
void agent_exception(struct agent_frame *frame);

/* entry.S */
uint64_t agent_secrets(uint64_t value);

/* insn.S: each leaves the address of the next instruction in *after */
void agent_cpuid(uint64_t *after, uint64_t regs[4]);
uint64_t agent_insn_rdmsr(uint64_t *after, uint64_t msr);
void agent_insn_wrmsr(uint64_t *after, uint64_t msr, uint64_t value);
uint64_t agent_insn_in(uint64_t *after, uint64_t port);
void agent_insn_out(uint64_t *after, uint64_t port, uint64_t value);
uint64_t agent_insn_load(uint64_t *after, uint64_t gpa);
void agent_insn_store(uint64_t *after, uint64_t gpa, uint64_t value);
/* Call FUNCTION with its stack pointer in *rsp; code that sets both continues at the end. */
uint64_t agent_call(uint64_t *rsp, uint64_t function);
extern const char agent_call_end[];

#endif
