// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: a virtual interrupt waits for the guest's RFLAGS.IF, its shadow and
 *       its task priority; the host hears of it by VINTR.  The host's own
 *       interrupts exit whatever the guest's IF says, and an NMI waits for
 *       no flag of the guest's.
 * Source: AMD 24593 APM Volume 2, 15.21.1 "Virtual Interrupts", 15.21.2
 *       "Virtualizing APIC.TPR", 15.20 "Event Injection", 15.13.1 "INTR".
 * Why it matters: KVM asks by VINTR when it may inject, and follows V_TPR.
 * Not covered: NMI virtualization (the CPU does not have it), SMI.
 */
#include "svm.h"

#define EXIT_INTR         0x60
#define EXIT_NMI          0x61
#define EXIT_VINTR        0x64

#define V_IRQ             (1 << 8)
#define V_PRIO(p)         ((p) << 16)
#define V_IGN_TPR         (1 << 20)
#define V_INTR_MASKING    (1 << 24)

#define INTERCEPT(code)   (1 << ((code) & 31))

#define VECTOR            0x41
#define APIC(offset)      (*(volatile u32 *)(0xfee00000 + (offset)))

static u64 idt[256] __attribute__((aligned(16)));
static u64 host_idt[256] __attribute__((aligned(16)));
u32 host_nmis;

/* The guest's handlers say who came; the host counts NMIs. */
extern u8 on_vector[], on_nmi[], on_host_nmi[];
asm("on_vector:	mov $0x41, %ebx\n"
	"	vmmcall\n"
	"on_nmi:	mov $2, %ebx\n"
	"	vmmcall\n"
	"on_host_nmi:\n"
	"	incl host_nmis\n"
	"	iret\n");

static void closed(void)
{
	asm volatile("xor %ebx, %ebx; nop; vmmcall; sti; nop; nop; vmmcall");
}

static void opened(void)
{
	asm volatile("xor %ebx, %ebx; nop; nop; vmmcall");
}

static void lowers_priority(void)
{
	/* MOV CR8 with LOCK, as 32-bit code writes it */
	asm volatile("xor %ebx, %ebx; sti; nop; nop; vmmcall\n"
		     "xor %eax, %eax; .byte 0xf0; mov %eax, %cr0; nop; nop; vmmcall");
}

static void make_guest(void (*entry)(void), u32 rflags, u32 int_ctl)
{
	svm_guest(entry);
	idt[VECTOR] = interrupt_gate(on_vector);
	idt[2] = interrupt_gate(on_nmi);
	svm_guest_idt(vmcb + VMCB_SAVE, idt, sizeof(idt));
	VMCB64(VMCB_SAVE + SAVE_RFLAGS) = rflags;
	VMCB32(VMCB_INT_CTL) = V_INTR_MASKING | int_ctl;
	VMCB32(VMCB_INT_CTL + 4) = VECTOR;
}

static u32 guest_ebx;

/* Run and keep the guest's EBX; step over VMMCALL. */
static u32 next(void)
{
	u32 address = (u32)vmcb;

	asm volatile("clgi; push %%ebp; vmrun; pop %%ebp; cli; stgi"
		     : "+a"(address), "=b"(guest_ebx) : : "ecx", "edx", "esi", "edi", "memory", "cc");
	if (VMCB32(VMCB_EXITCODE) == EXIT_VMMCALL)
		VMCB64(VMCB_SAVE + SAVE_RIP) += 3;
	return VMCB32(VMCB_EXITCODE);
}

static void flag(void)
{
	make_guest(closed, 2, V_IRQ | V_PRIO(4));
	next();
	check_equal(guest_ebx, 0, "a virtual interrupt waits for RFLAGS.IF");
	next();
	check_equal(guest_ebx, VECTOR, "and comes by its vector");
	check_equal(VMCB32(VMCB_INT_CTL) & V_IRQ, 0, "V_IRQ is clear then");
	make_guest(opened, 0x202, V_IRQ | V_PRIO(4));
	VMCB32(VMCB_INT_STATE) = 1;
	VMCB32(VMCB_INTERCEPT3) = INTERCEPT(EXIT_VINTR);
	check_equal(next(), EXIT_VINTR, "VINTR exits when it could be taken");
	check_equal(VMCB64(VMCB_SAVE + SAVE_RIP) - (u32)opened, 2, "that is behind the interrupt shadow");
	check(VMCB32(VMCB_INT_CTL) & V_IRQ, "V_IRQ is still set then");
}

static void priority(void)
{
	make_guest(opened, 0x202, V_IRQ | V_PRIO(4) | 4);
	next();
	check_equal(guest_ebx, 0, "a virtual interrupt of the priority of V_TPR waits");
	check(VMCB32(VMCB_INT_CTL) & V_IRQ, "V_IRQ stays set");
	make_guest(opened, 0x202, V_IRQ | V_PRIO(4) | 3);
	next();
	check_equal(guest_ebx, VECTOR, "one of a higher priority does not");
	make_guest(opened, 0x202, V_IRQ | V_IGN_TPR | V_PRIO(4) | 15);
	next();
	check_equal(guest_ebx, VECTOR, "nor one that ignores V_TPR");
	make_guest(lowers_priority, 2, V_IRQ | V_PRIO(4) | 9);
	next();
	check_equal(guest_ebx, 0, "it waits");
	next();
	check_equal(guest_ebx, VECTOR, "until the guest lowers CR8");
	check_equal(VMCB32(VMCB_INT_CTL) & 15, 0, "which is V_TPR in the VMCB");
}

/* The host's local APIC sends its own CPU something. */
static void send(u32 command)
{
	APIC(0x310) = 0;
	APIC(0x300) = 1 << 18 | 1 << 14 | command;
}

static void physical(void)
{
	APIC(0xf0) = 0x1ff;
	make_guest(opened, 2, 0);
	VMCB32(VMCB_INTERCEPT3) = INTERCEPT(EXIT_INTR) | INTERCEPT(EXIT_NMI);
	asm volatile("clgi; sti"); /* the host's IF counts */
	send(0x51);
	check_equal(next(), EXIT_INTR, "an interrupt of the host's exits though the guest's IF is clear");
}

static void nmi(void)
{
	host_idt[2] = interrupt_gate(on_host_nmi);
	load_idt(host_idt, sizeof(host_idt));
	make_guest(opened, 2, 0);
	VMCB32(VMCB_EVENTINJ) = 1u << 31 | 2 << 8 | 2;
	next();
	check_equal(guest_ebx, 2, "an injected NMI needs no RFLAGS.IF");
	make_guest(opened, 2, 0);
	VMCB32(VMCB_INTERCEPT3) = INTERCEPT(EXIT_NMI);
	asm volatile("clgi");
	send(0x400);
	check_equal(next(), EXIT_NMI, "one of the host's that waited for GIF exits");
	check_equal(host_nmis, 1, "and comes to the host when GIF is set");
}

void main(void)
{
	flag();
	priority();
	nmi();
	physical();
}
