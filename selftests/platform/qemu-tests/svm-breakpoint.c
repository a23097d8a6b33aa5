// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: the breakpoints that the guest's DR7 enables work in the guest, and
 *       those alone; DR0 to DR3 are the host's.  None is left on for the host.
 * Source: AMD 24593 APM Volume 2, 15.5.1 (VMRUN loads DR6 and DR7), 15.6
 *       (#VMEXIT disables the host's breakpoints), 13.1 "Software-Debug
 *       Resources".
 * Why it matters: a debugger of a guest uses them through its hypervisor.
 * Not covered: I/O breakpoints, DR7.GD.
 */
#include "svm.h"

#define DB 1
#define EXIT_EXCEPTION 0x40
#define DR7_EXECUTE_0 0x402
#define DR7_WRITE_0 0xd0402 /* four bytes */

void guest(void);
extern u32 watched;
asm("guest: nop\n here: nop\n movl $1, watched\n there: nop\n vmmcall\n"
    ".data\n .align 4\n watched: .long 0\n.text\n");
extern const u8 here[], there[];

static u32 run(const void *address, u64 dr7)
{
	asm volatile("mov %0, %%dr0" : : "r"(address));
	svm_guest(guest);
	VMCB32(VMCB_EXCEPTIONS) = 1 << DB;
	*(u64 *)(vmcb + VMCB_SAVE + SAVE_DR7) = dr7;
	return svm_run();
}

/* The host's, after it had one that would have stopped it. */
static u32 host_dr7_behind(void)
{
	u32 dr7;

	asm volatile("mov %0, %%dr0; mov %1, %%dr7" : : "r"(&watched), "r"((u32)DR7_WRITE_0));
	svm_guest(guest);
	svm_run();
	watched = 3;
	asm volatile("mov %%dr7, %0" : "=r"(dr7));
	return dr7;
}

static u32 stopped_at(void)
{
	return VMCB32(VMCB_SAVE + SAVE_RIP);
}

void main(void)
{
	check_equal(run(here, DR7_EXECUTE_0), EXIT_EXCEPTION + DB, "an instruction breakpoint stops the guest");
	check_equal(stopped_at(), (u32)here, "before the instruction");
	check_equal(VMCB32(VMCB_SAVE + SAVE_DR6) & 15, 1, "and DR6 says which it was");
	watched = 2;
	check_equal(watched, 2, "the host runs without it");
	check_equal(run(&watched, DR7_WRITE_0), EXIT_EXCEPTION + DB, "a data breakpoint stops the guest");
	check_equal(stopped_at(), (u32)there, "after the write");
	check_equal(run(here, 0x400), EXIT_VMMCALL, "a guest without breakpoints runs to its end");
	check_equal(host_dr7_behind(), 0x400, "the host's breakpoints are disabled afterwards");
	check_equal(run(here, 1ull << 32 | 0x400), EXIT_INVALID, "a DR7 with reserved bits is refused");
}
