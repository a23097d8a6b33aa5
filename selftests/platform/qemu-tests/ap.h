/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second CPU: woken through the local APIC, it executes WBINVD, and once
 * started it calls ap_main()
 *
 * Intel SDM Volume 3, "Multiple-Processor Initialization".  It comes up in
 * real mode at a page below 1 MiB and needs a separate stack; descriptors
 * are shared.  Needs -smp 2.
 */
#ifndef QEMU_TESTS_AP_H
#define QEMU_TESTS_AP_H

#include "svm.h"

#define SECOND  1000000000ull /* cycles, some tenths of one */

static volatile u32 ap_woken, ap_started, ap_entered, ap_left;

extern u8 ap_start[];

struct descriptor_table ap_gdtr;
u8 ap_stack[4096] __attribute__((aligned(16)));
void ap_main(void);

asm(".balign 4096\n"
	"ap_start:\n"			/* in real mode */
	".code16\n"
	"	cli\n"
	"	xor %ax, %ax\n"
	"	mov %ax, %ds\n"
	"	mov $ap_gdtr, %ebx\n"
	"	lgdtl (%ebx)\n"
	"	mov %cr0, %eax\n"
	"	or $1, %al\n"
	"	mov %eax, %cr0\n"
	"	ljmpl $8, $ap_start32\n"
	".code32\n"
	"ap_start32:\n"
	"	mov $16, %eax\n"
	"	mov %eax, %ds\n"
	"	mov %eax, %es\n"
	"	mov %eax, %ss\n"
	"	mov $ap_stack + 4096, %esp\n"
	"	wbinvd\n"
	"	movl $1, ap_woken\n"
	"1:	pause\n"
	"	cmpl $0, ap_started\n"
	"	je 1b\n"
	"	call ap_main\n"
	".balign 4096\n");

static inline u64 rdtsc(void)
{
	u64 value;

	asm volatile("rdtsc" : "=A"(value));
	return value;
}

static inline void wait_cycles(u64 cycles)
{
	u64 end = rdtsc() + cycles;

	while (rdtsc() < end)
		asm volatile("pause");
}

static inline void await(volatile u32 *flag)
{
	int i;

	for (i = 0; i < 100 && !*flag; i++)
		wait_cycles(SECOND / 10);
}

/* INIT and SIPI to all CPUs but this one, through the local APIC. */
static inline void wake_ap(void)
{
	volatile u32 *icr = (u32 *)0xfee00300;

	/* the AP reads it with a segment limit of 64 KiB */
	asm volatile("sgdt %0" : "=m"(ap_gdtr));
	*icr = 0xc4500;
	wait_cycles(SECOND / 100);
	*icr = 0xc4600 | (u32)ap_start >> 12;
	await(&ap_woken);
}

static inline void start_ap(void)
{
	if (!ap_woken)
		wake_ap();
	ap_started = 1;
	await(&ap_entered);
}

#endif
