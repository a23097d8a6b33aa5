// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: INT3 and INTO are exceptions where a hypervisor intercepts them, INT n
 *       and ICEBP are not, and ICEBP is a #DB after the instruction; an
 *       exception that VMRUN injects counts towards a double fault, and a
 *       double fault exits where #DF is intercepted.
 * Source: AMD 24593 APM Volume 2, 15.12 "Exception Intercepts", 15.9
 *       "Instruction Intercepts", 15.20 "Event Injection", 8.2.9 (#DF).
 * Why it matters: a debugger's breakpoints in a guest are INT3; a guest's
 *       double fault must not look like a shutdown.
 * Not covered: INT3 with prefixes, #DF that no hypervisor intercepts.
 */
#include "svm.h"

#define DB 1
#define BP 3
#define OF 4
#define DF 8
#define SS 12
#define EXIT_EXCEPTION 0x40
#define EXIT_INTN 0x75
#define INTERCEPT_INTN (1 << 21)
#define INTERCEPT_SHUTDOWN (1u << 31)
#define INJECT_SS ((u32)SS | 3 << 8 | 1 << 11 | 1u << 31) /* an exception with an error code */

static void with_int3(void)
{
	asm volatile("nop; int3; vmmcall");
}

static void with_int_3(void)
{
	asm volatile(".byte 0xcd, 3; vmmcall");
}

static void with_into(void)
{
	asm volatile("mov $0x7fffffff, %%eax; inc %%eax; into; vmmcall" : : : "eax", "cc");
}

static u64 idt[DB + 1] __attribute__((aligned(16)));
extern u8 at_icebp[];
extern const u8 on_db[];

asm("on_db: pop %eax; vmmcall");

static void with_icebp(void)
{
	asm volatile("at_icebp: .byte 0xf1; vmmcall");
}

/* Every vector leads nowhere, so that what is not intercepted ends in a shutdown. */
static u32 run(void (*entry)(void), u32 exceptions, u32 instructions)
{
	svm_guest(entry);
	VMCB32(VMCB_EXCEPTIONS) = exceptions;
	VMCB32(VMCB_INTERCEPT3) = instructions | INTERCEPT_SHUTDOWN;
	return svm_run();
}

static void double_fault(void)
{
	svm_guest(with_int3);
	VMCB32(VMCB_EXCEPTIONS) = 1 << DF;
	VMCB32(VMCB_EVENTINJ) = INJECT_SS;
	check_equal(svm_run(), EXIT_EXCEPTION + DF, "#SS that cannot be delivered is a double fault, which exits");
	check_equal(VMCB64(VMCB_EXITINFO1), 0, "with the error code 0");
}

static void icebp(void)
{
	idt[DB] = interrupt_gate(on_db);
	svm_guest(with_icebp);
	svm_guest_idt(vmcb + VMCB_SAVE, idt, sizeof(idt));
	VMCB32(VMCB_EXCEPTIONS) = 1 << DB;
	check_equal(svm_run(), EXIT_VMMCALL, "ICEBP does not exit as #DB");
	check_equal(VMCB64(VMCB_SAVE + SAVE_RAX), (u32)at_icebp + 1, "but traps to the guest, behind the instruction");
}

void main(void)
{
	check_equal(run(with_int3, 1 << BP, 0), EXIT_EXCEPTION + BP, "INT3 exits as #BP");
	check_equal(VMCB64(VMCB_SAVE + SAVE_RIP), (u32)with_int3 + 1, "with RIP at the INT3");
	check_equal(run(with_int3, 1 << BP, INTERCEPT_INTN), EXIT_EXCEPTION + BP, "and not as INT n");
	check_equal(run(with_int_3, 1 << BP, INTERCEPT_INTN), EXIT_INTN, "INT 3 exits as INT n");
	check_equal(run(with_into, 1 << OF, INTERCEPT_INTN), EXIT_EXCEPTION + OF, "INTO exits as #OF");
	icebp();
	double_fault();
}
