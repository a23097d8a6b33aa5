// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: with a PAUSE filter count in the VMCB, an intercepted PAUSE exits when
 *       it completes the count, which each VMRUN starts anew; with 0 each exits.
 * Source: AMD 24593 APM Volume 2, 15.14.4 "PAUSE Intercept Filtering".
 * Why it matters: KVM counts on it to find guests that spin, and only those.
 * Not covered: the threshold, which this CPU does not announce (CPUID
 *       PauseFilterThreshold).
 */
#include "svm.h"

#define EXIT_PAUSE   0x77
#define PAUSE_COUNT  0x3e

void guest(void);
extern const u8 spinning[], spun[];
extern u32 pauses;
asm("guest: movl $0, pauses\n"
    "1: incl pauses\n"
    "spinning: pause\n"
    "spun: cmpl $20, pauses\n"
    " jb 1b\n"
    " vmmcall\n"
    ".data\n .align 4\n pauses: .long 0\n.text\n");

/* The guest from its start or from where it is, with that count. */
static u32 run(int begin, u16 count)
{
	if (begin)
		svm_guest(guest);
	VMCB32(VMCB_INTERCEPT3) = 1 << (EXIT_PAUSE & 31);
	*(u16 *)(vmcb + PAUSE_COUNT) = count;
	return svm_run();
}

static u32 has_filter(void)
{
	u32 eax = 0x8000000a, edx;

	asm volatile("cpuid" : "+a"(eax), "=d"(edx) : : "ebx", "ecx");
	return edx >> 10 & 1;
}

void main(void)
{
	check_equal(has_filter(), 1, "CPUID announces the filter");
	check_equal(run(1, 0), EXIT_PAUSE, "without a count a PAUSE exits");
	check_equal(pauses, 1, "and it is the first");
	check_equal(VMCB32(VMCB_SAVE + SAVE_RIP), (u32)spinning, "RIP is at it");
	check_equal(run(1, 5), EXIT_PAUSE, "with a count of 5 one exits");
	check_equal(pauses, 5, "and it is the fifth");
	VMCB64(VMCB_SAVE + SAVE_RIP) = (u32)spun;
	check_equal(run(0, 7), EXIT_PAUSE, "the next VMRUN counts anew");
	check_equal(pauses, 12, "from its own count");
	check_equal(run(1, 100), EXIT_VMMCALL, "a guest that pauses less often runs to its end");
	VMCB32(VMCB_INTERCEPT3) = 0;
	svm_guest(guest);
	*(u16 *)(vmcb + PAUSE_COUNT) = 5;
	check_equal(svm_run(), EXIT_VMMCALL, "so does one whose PAUSEs are not intercepted");
}
