// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: the trace event sev_watch reports each access to a private page or a
 *       VMSA by the host's CPUs and devices while its key is bound to an ASID,
 *       and none of the guest's own.
 * Source: none, no hardware does this; the emulation is in sev_watch.c.
 * Why it matters: a host that looks there has lost its way, or means harm.
 * Needs: -trace sev_watch; run compares what the event reported with
 *       sev-watch.trace.
 */
#include "sev.h"

#define ASID    3

static u8 vmsa[4096] __attribute__((aligned(4096)));

extern u8 guest_page[4096];

asm(".balign 4096\n"
	"guest_page:\n"
	"	hlt\n"
	"	jmp guest_page\n"
	".balign 4096\n");

static int launch(u32 handle)
{
	sev_vmsa(vmsa, guest_page, guest_page + 4096);
	return handle && psp_launch_page(PSP_LAUNCH_UPDATE_DATA, handle, guest_page) &&
	       psp_launch_page(PSP_LAUNCH_UPDATE_VMSA, handle, vmsa) && psp_launch_finish(handle);
}

static void run_guest(void)
{
	check_equal(svm_run(), EXIT_HLT, "the guest runs");
}

static u8 look(u8 *at)
{
	return *(volatile u8 *)at;
}

void main(void)
{
	u32 handle;

	check(psp_find() && !psp_init(), "there is a security processor");
	paging_on();
	sev_vmcb(vmcb, ASID, vmsa);
	handle = psp_launch(ASID);
	if (!check(launch(handle), "a SEV-ES guest is launched"))
		return;
	run_guest();
	*(volatile u8 *)(guest_page + 2048) = 1;
	look(guest_page + 2049); /* it has the host's view now: no second report */
	run_guest();
	look(vmsa);
	run_guest();
	dma_signature(guest_page + 3072);
	run_guest();
	check_equal(psp(PSP_DEACTIVATE, handle, 0, 0, 0, 0), 0, "its ASID is unbound");
	look(guest_page); /* no report after the guest has ended */
}
