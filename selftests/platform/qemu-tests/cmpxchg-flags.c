// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: CMPXCHG8B changes ZF and no other flag.
 * Source: AMD 24594 APM Volume 3, "CMPXCHG8B, CMPXCHG16B".
 * Why it matters: flags that the program did not set, TF among them, are saved at #VMEXIT
 *       and loaded again: Linux, which allocates memory with CMPXCHG16B, dies
 *       of a double fault.
 * Not covered: CMPXCHG16B, which needs long mode.
 */
#include "test.h"

#define FLAGS_FIXED 0x2
#define CF 1u
#define ZF 0x40u
#define SF 0x80u

static u32 memory[2] __attribute__((aligned(8)));

/* SUB leaves its operand where an emulator that puts flags off would find them. */
static u32 flags_after(u32 from, u32 minus, u32 old)
{
	u32 flags;

	asm volatile("push $2; popf; sub %2, %1; mov $0, %%edx; mov %3, %%eax; mov $0, %%ecx; mov $0, %%ebx\n\t"
		     "cmpxchg8b %4; pushf; pop %0; push $2; popf"
		     : "=S" (flags), "+D" (from) : "r" (minus), "m" (old), "m" (memory[0]) : "eax", "ebx", "ecx", "edx", "memory");
	return flags;
}

void main(void)
{
	check_equal(flags_after(0, 0x10b00, 0) & (CF | SF), CF | SF, "a subtraction's carry and sign outlive CMPXCHG8B");
	check_equal(flags_after(0x20000, 0x10b00, 0) & ~4u, FLAGS_FIXED | ZF, "a comparison that succeeds sets ZF and nothing else");
	check_equal(flags_after(0x20000, 0x10b00, 1) & ~4u, FLAGS_FIXED, "one that fails clears ZF and sets nothing");
}
