// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: with DR7.GD an access to a debug register is a #DB before it happens;
 *       the handler finds DR6.BD set and DR7.GD clear.
 * Source: AMD 24593 APM Volume 2, 13.1.1 "Debug Registers".
 * Why it matters: a debugger that runs in a guest guards its registers so.
 * Not covered: which comes first of this and an intercept of the access, which
 *       the manual leaves to silicon (the kernel's debug_regs has it).
 */
#include "test.h"

#define DB     1
#define DR6_BD (1 << 13)
#define DR7_GD (1 << 13)

static u64 idt[DB + 1] __attribute__((aligned(16)));
static volatile u32 nr_traps, trap_eip, trap_dr6, trap_dr7;
extern u8 on_db[], at_read[], at_write[];

asm("on_db:\n"
	"	push %eax\n"
	"	mov 4(%esp), %eax\n"
	"	mov %eax, trap_eip\n"
	"	mov %dr7, %eax\n"
	"	mov %eax, trap_dr7\n"
	"	mov %dr6, %eax\n"
	"	mov %eax, trap_dr6\n"
	"	xor %eax, %eax\n"
	"	mov %eax, %dr6\n"
	"	incl nr_traps\n"
	"	pop %eax\n"
	"	iret\n");

static void guard(void)
{
	asm volatile("mov %0, %%dr7" : : "r"(DR7_GD | 0x400));
}

static void trapped_at(const u8 *insn, const char *what)
{
	check_equal(trap_eip, (u32)insn, what);
	check_equal(trap_dr6 & 0xe00f, DR6_BD, "DR6 says why");
	check_equal(trap_dr7 & DR7_GD, 0, "the handler may use them");
}

void main(void)
{
	u32 value = 0;

	idt[DB] = interrupt_gate(on_db);
	load_idt(idt, sizeof(idt));
	asm volatile("mov %0, %%dr1" : : "r"(0x12345));
	check_equal(nr_traps, 0, "without DR7.GD debug registers are free");
	guard();
	asm volatile("at_read: mov %%dr1, %0" : "=r"(value));
	trapped_at(at_read, "with it a read traps, at the instruction");
	check_equal(value, 0x12345, "which the handler's end repeats");
	guard();
	asm volatile("at_write: mov %0, %%dr1" : : "r"(0x54321));
	trapped_at(at_write, "so does a write");
	asm volatile("mov %%dr1, %0" : "=r"(value));
	check_equal(value, 0x54321, "and is done afterwards");
	check_equal(nr_traps, 2, "nothing else traps");
}
