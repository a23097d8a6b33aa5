// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: with -icount and the trace event sev_exit_cost, each VMRUN reports the
 *       exit before it: its code, the GHCB MSR, and the instructions of the
 *       guest before and of the host after it.
 * Source: none, no hardware does this; the emulation is in sev_cost.c.
 * Why it matters: the benchmark's numbers come from there.
 * Needs: -icount shift=0; run compares what the event reported with sev-cost.trace.
 * Not covered: several vCPUs.
 */
#include "sev.h"

#define ASID    3

static u8 vmsa[4096] __attribute__((aligned(4096)));

extern u8 guest_page[4096];

/* Between two exits: 3 instructions, then 103; VMGEXIT itself is not counted, VMRUN is. */
asm(".balign 4096\n"
	"guest_page:\n"
	"	mov $0xc0010130, %ecx\n"
	"	mov $0x111, %eax\n"
	"	xor %edx, %edx\n"
	"	wrmsr\n"
	VMGEXIT
	"	nop; nop; nop\n"
	VMGEXIT
	"	.rept 103; nop; .endr\n"
	VMGEXIT
	VMGEXIT
	"1:	hlt\n"
	"	jmp 1b\n"
	".balign 4096\n");

static u32 address;

/* VMRUN is the host's only instruction, or comes after 100 others. */
static inline void run_bare(void)
{
	asm volatile("push %%ebp\n"
		     "mov %0, %%eax; vmrun\n"
		     "mov %0, %%eax; vmrun\n"
		     ".rept 100; nop; .endr\n"
		     "mov %0, %%eax; vmrun\n"
		     "mov %0, %%eax; vmrun\n"
		     "pop %%ebp"
		     : : "m"(address) : "eax", "ebx", "ecx", "edx", "esi", "edi", "memory", "cc");
}

static int launch(void)
{
	u32 handle = psp_launch(ASID);

	sev_vmsa(vmsa, guest_page, guest_page + 4096);
	return handle && psp_launch_page(PSP_LAUNCH_UPDATE_DATA, handle, guest_page) &&
	       psp_launch_page(PSP_LAUNCH_UPDATE_VMSA, handle, vmsa) &&
	       psp_launch_finish(handle);
}

void main(void)
{
	if (!sev_begin(ASID, vmsa, launch))
		return;
	address = (u32)vmcb;
	asm volatile("clgi");
	run_bare();
	asm volatile("stgi");
	check_equal(VMCB32(VMCB_EXITCODE), EXIT_VMGEXIT, "the guest made its requests");
}
