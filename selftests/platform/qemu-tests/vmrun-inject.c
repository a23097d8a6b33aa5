// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: an interrupt in EVENTINJ is delivered exactly once.
 * Source: AMD 24593 APM Volume 2, 15.20 "Event Injection".
 * Why it matters: with a second CPU QEMU 7.2 delivers it again at the next
 *       switch between them, even with RFLAGS.IF clear.
 * Needs: -smp 2 (the second CPU never starts; that it exists makes QEMU
 *       interrupt the first one every 100 ms).
 * Not covered: injected exceptions and NMIs.
 */
#include "svm.h"

#define EVENTINJ_INTERRUPT(vector) ((vector) | 1u << 31)
#define VECTOR 0x40
#define WAIT_CYCLES 2000000000ull /* several of QEMU's switches */

static volatile u32 nr_deliveries;
static u64 idt[256];

static u64 rdtsc(void)
{
	u64 value;

	asm volatile("rdtsc" : "=A"(value));
	return value;
}

__attribute__((used)) static void handler_body(void)
{
	u64 end = rdtsc() + WAIT_CYCLES;

	nr_deliveries++;
	while (rdtsc() < end)
		;
	asm volatile("vmmcall");
}

void handler(void);
asm("handler: call handler_body\n1: hlt\n jmp 1b\n");

static void guest(void)
{
	asm volatile("1: jmp 1b");
}

void main(void)
{
	idt[VECTOR] = interrupt_gate(handler);
	svm_guest(guest);
	svm_guest_idt(vmcb + VMCB_SAVE, idt, sizeof(idt));
	*(u64 *)(vmcb + VMCB_SAVE + SAVE_RFLAGS) = 0x202;
	VMCB32(VMCB_EVENTINJ) = EVENTINJ_INTERRUPT(VECTOR);
	check_equal(svm_run(), EXIT_VMMCALL, "a guest gets the interrupt that VMRUN injects");
	check_equal(nr_deliveries, 1, "and it gets it once");
}
