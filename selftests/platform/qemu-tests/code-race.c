// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: a CPU runs the code that is in memory, also when another CPU wrote it
 *       while the first one was just about to run it.
 * Source: Intel SDM Volume 3, "Handling Self- and Cross-Modifying Code";
 *       Linux patches its own code this way (static keys).
 * Why it matters: QEMU translates code while others may write it; stale
 *       translations kill a host kernel with "int3" that is not there.
 * Needs: -smp 2 and CPUs in parallel to fail.
 */
#include "ap.h"

#define CODE      ((u8 *)0x1000000)
#define NR_PAGES  1000
#define LENGTH    300 /* NOPs, to make the translation take its time */

static volatile u32 go, done, result;

static u32 call(u8 *code)
{
	u32 value;

	asm volatile("call *%1" : "=a"(value) : "r"(code) : "memory");
	return value;
}

static void answer(u32 turn)
{
	while (go != turn)
		asm volatile("pause");
	result = call(CODE + (turn - 1) / 2 * 4096);
	done = turn;
}

void ap_main(void)
{
	u32 turn = 1;

	ap_entered = 1;
	for (;;)
		answer(turn++);
}

static void wait_for(u32 turn)
{
	go = turn;
	while (done != turn)
		asm volatile("pause");
}

/* MOV $1, EAX; NOPs; RET */
static void put_code(u8 *code)
{
	code[0] = 0xb8;
	*(u32 *)(code + 1) = 1;
	memset(code + 5, 0x90, LENGTH);
	code[5 + LENGTH] = 0xc3;
}

/* True if the CPU that ran the code while it was changed later runs the change. */
static int change(u32 nr)
{
	u8 *code = CODE + nr * 4096;
	u32 i;

	put_code(code);
	go = 2 * nr + 1;
	for (i = 0; i < nr % 256 * 16; i++)
		asm volatile("" : : : "memory");
	*(volatile u8 *)(code + 1) = 2; /* a single store */
	wait_for(2 * nr + 1);
	wait_for(2 * nr + 2);
	return result == 2;
}

void main(void)
{
	u32 nr, nr_stale = 0;
	u64 end;

	start_ap();
	end = rdtsc() + 10 * SECOND; /* on a busy machine a change takes long */
	for (nr = 0; nr < NR_PAGES && rdtsc() < end; nr++)
		nr_stale += !change(nr);
	check_equal(nr_stale, 0, "a CPU never runs code that another has replaced");
}
