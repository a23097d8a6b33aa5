// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: a guest's RDTSC is the host's times TSC_RATIO, plus TSC_OFFSET.
 * Source: AMD 24593 APM Volume 2, 15.30.5 "TSC Ratio MSR".
 * Why it matters: KVM gives a guest another frequency that way.
 * Not covered: reads of the TSC by RDMSR.
 */
#include "svm.h"

#define MSR_TSC_RATIO 0xc0000104
#define TSC_OFFSET    0x050
#define ONE           (1ull << 32)

static void guest(void)
{
	asm volatile("rdtsc; mov %edx, %ebx; vmmcall");
}

static u64 rdtsc(void)
{
	u64 value;

	asm volatile("rdtsc" : "=A"(value));
	return value;
}

/* The guest's TSC; its upper half comes in EBX. */
static u64 guest_tsc(void)
{
	u32 address = (u32)vmcb, ebx;

	VMCB64(VMCB_SAVE + SAVE_RIP) = (u32)guest;
	asm volatile("clgi; push %%ebp; vmrun; pop %%ebp; stgi"
		     : "+a"(address), "=b"(ebx) : : "ecx", "edx", "esi", "edi", "memory", "cc");
	return (u64)ebx << 32 | VMCB32(VMCB_SAVE + SAVE_RAX);
}

/* Check that the guest's TSC is between the host's before and after, scaled by @eighths / 8. */
static int scaled(u64 eighths)
{
	u64 before, behind, is;

	wrmsr(MSR_TSC_RATIO, eighths * (ONE / 8));
	before = rdtsc() / 8 * eighths;
	is = guest_tsc();
	behind = (rdtsc() / 8 + 1) * eighths;
	return is >= before && is <= behind;
}

void main(void)
{
	svm_guest(guest);
	check_equal(rdmsr(MSR_TSC_RATIO), ONE, "the ratio is one");
	check(scaled(8), "a guest sees the host's TSC");
	check(scaled(16), "twice as fast with a ratio of two");
	check(scaled(1), "slower with an eighth");
	check_equal(rdmsr(MSR_TSC_RATIO), ONE / 8, "the ratio is kept");
	VMCB64(TSC_OFFSET) = 1ull << 60;
	wrmsr(MSR_TSC_RATIO, 0);
	check_equal(guest_tsc(), 1ull << 60, "the offset is added and not scaled");
	check(rdtsc() != 0, "the host's own TSC runs on");
	wrmsr(MSR_TSC_RATIO, ONE);
}
