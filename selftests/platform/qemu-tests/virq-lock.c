// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: a guest that lowers CR8 below a pending virtual interrupt continues.
 * Source: AMD 24593 APM Volume 2, 15.21.2 "Virtualizing APIC.TPR" and 15.21.4
 *         "Injecting Virtual (INTR) Interrupts".
 * Why it matters: firmware under KVM does so all the time; QEMU 7.2 aborts.
 * Not covered: VMRUN's own change of interrupt_request (a race).
 */
#include "svm.h"

#define V_IRQ          (1 << 8)
#define V_INTR_PRIO(n) ((n) << 16)
#define V_INTR_MASKING (1 << 24)

static void guest(void)
{
	/* LOCK MOV CR0: CR8 outside of 64-bit mode */
	asm volatile(".byte 0xf0, 0x0f, 0x22, 0xc0; vmmcall" : : "a"(0));
}

void main(void)
{
	svm_guest(guest);
	VMCB32(VMCB_INT_CTL) = V_IRQ | V_INTR_PRIO(5) | V_INTR_MASKING | 15;
	check_equal(svm_run(), EXIT_VMMCALL, "a guest may unmask a pending virtual interrupt by CR8");
	check_equal(VMCB32(VMCB_INT_CTL) & 15, 0, "its V_TPR is what it wrote");
	check_equal(VMCB32(VMCB_INT_CTL) & V_IRQ, V_IRQ, "and the interrupt is still pending, IF being 0");
}
