// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: a software interrupt, and #BP and #OF as exceptions, injected by VMRUN
 *       return to the VMCB's next RIP; RIP itself does not move before the
 *       handler runs.
 * Source: AMD 24593 APM Volume 2, 15.20 "Event Injection", 15.7.1 (nRIP).
 * Why it matters: a hypervisor injects again what an exit interrupted; with
 *       the wrong return address the guest executes its INT3 without end.
 * Needs: a CPU with NRIPS.
 * Not covered: a CPU without, where RIP is pushed; privilege checks.
 */
#include "svm.h"

#define EVENT(type, vector) ((vector) | (type) << 8 | 1u << 31)
#define TYPE_EXCEPTION 3
#define TYPE_SOFTWARE 4
#define BP 3
#define UD 6
#define NP 11
#define VECTOR 0x40
#define EXIT_EXCEPTION 0x40

static u64 idt[256];

void guest(void);
asm("guest: int3\n nop\n nop\n ud2\n");

/* The return address, in EAX. */
void handler(void);
asm("handler: mov (%esp), %eax\n vmmcall\n");

static void prepare(u32 event)
{
	svm_guest(guest);
	idt[BP] = idt[UD] = idt[VECTOR] = interrupt_gate(handler);
	svm_guest_idt(vmcb + VMCB_SAVE, idt, sizeof(idt));
	VMCB32(VMCB_EVENTINJ) = event;
	VMCB64(VMCB_NRIP) = (u32)guest + 2;
}

static void returns_to(u32 event, u32 offset, const char *sentence)
{
	prepare(event);
	if (svm_run() != EXIT_VMMCALL)
		check_equal(VMCB32(VMCB_EXITCODE), EXIT_VMMCALL, "the handler runs");
	check_equal(VMCB64(VMCB_SAVE + SAVE_RAX) - (u32)guest, offset, sentence);
}

/* The gate is not present, and the host wants to know. */
static void interrupted(void)
{
	prepare(EVENT(TYPE_SOFTWARE, VECTOR));
	idt[VECTOR] &= ~(1ull << 47);
	VMCB32(VMCB_EXCEPTIONS) = 1 << NP;
	check_equal(svm_run(), EXIT_EXCEPTION + NP, "an exit interrupts the delivery of a software interrupt");
	check_equal(VMCB64(VMCB_SAVE + SAVE_RIP) - (u32)guest, 0, "RIP has not moved then");
	check_equal(VMCB32(VMCB_EXITINTINFO), EVENT(TYPE_SOFTWARE, VECTOR), "and the host learns which event it was");
}

void main(void)
{
	returns_to(EVENT(TYPE_SOFTWARE, VECTOR), 2, "an injected software interrupt returns to the next RIP");
	returns_to(EVENT(TYPE_EXCEPTION, BP), 2, "an injected #BP too");
	returns_to(EVENT(TYPE_EXCEPTION, UD), 0, "an injected #UD returns to RIP");
	interrupted();
}
