// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: a single step traps after STI, and not between MOV SS and the next
 *       instruction.
 * Source: AMD 24593 APM Volume 2, 13.1 "Software-Debug Resources"; AMD 24594
 *       APM Volume 3, "STI", "MOV".
 * Why it matters: KVM steps a guest that way.
 * Not covered: POP SS; a step that a POPF begins right before MOV SS.
 */
#include "test.h"

#define DB       1
#define TF       "0x100"
#define MAX_TRAP 8

static u64 idt[DB + 1] __attribute__((aligned(16)));
static volatile u32 trail[MAX_TRAP], nr_traps;
extern u8 on_db[], behind_sti[], at_mov_ss[], behind_shadow[], last[];

asm("on_db:\n"
	"	push %eax\n"
	"	push %ecx\n"
	"	mov 8(%esp), %eax\n"
	"	mov nr_traps, %ecx\n"
	"	mov %eax, trail(, %ecx, 4)\n"
	"	incl nr_traps\n"
	"	pop %ecx\n"
	"	pop %eax\n"
	"	iret\n");

static void step(void)
{
	asm volatile("	mov %%ss, %%eax\n"
		     "	pushf\n"
		     "	pushf\n"
		     "	orl $" TF ", (%%esp)\n"
		     "	popf\n"
		     "	sti\n"
		     "behind_sti:\n"
		     "	nop\n"
		     "at_mov_ss:\n"
		     "	mov %%eax, %%ss\n"
		     "	nop\n"
		     "behind_shadow:\n"
		     "	popf\n"
		     "last:\n"
		     "	cli\n"
		     : : : "eax", "memory", "cc");
}

void main(void)
{
	outb(0x21, 0xff); /* no interrupts from the PICs */
	outb(0xa1, 0xff);
	idt[DB] = interrupt_gate(on_db);
	load_idt(idt, sizeof(idt));
	step();
	check_equal(trail[0], (u32)behind_sti, "a step over STI traps behind it");
	check_equal(trail[1], (u32)at_mov_ss, "the next instruction is a step of its own");
	check_equal(trail[2], (u32)behind_shadow, "there is no trap right behind MOV SS, but one instruction later");
	check_equal(trail[3], (u32)last, "a POPF that ends the steps is the last");
	check_equal(nr_traps, 4, "there are no more");
}
