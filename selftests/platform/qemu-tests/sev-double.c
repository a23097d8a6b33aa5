// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: #VC is contributory: a guest whose #VC handler cannot be reached, since
 *       the way there is a #VC itself, has a double fault and shuts down.
 * Source: AMD 24593 APM Volume 2, 15.35.5 "#VC Exception", 8.2.9 "#DF".
 * Why it matters: such a guest must not keep the CPU from its host.
 * Not covered: #VC after a page fault.
 */
#include "sev.h"

#define ASID          3
#define EXIT_SHUTDOWN 0x7f
#define DEVICE        0x1800000u /* 2 MiB that the host marks as a device's */
#define PTE_RESERVED  (1ull << 51) /* beyond the last address bit: #VC, as KVM does */

static u8 vmsa[4096] __attribute__((aligned(4096)));

extern u8 guest_page[4096], guest_start[], guest_vc[], guest_df[], guest_idt[];

/* Its stack is in a device. */
asm(".balign 4096\n"
	"guest_page:\n"
	"guest_start:\n"
	"	cpuid\n"
	"guest_vc:\n"
	"	hlt\n"
	"guest_df:\n"
	"	hlt\n"
	".balign 1024\n"
	"guest_idt:\n"
	"	.space 30 * 8\n"
	".balign 4096\n");

static int launch(void)
{
	u32 handle = psp_launch(ASID);

	*(u64 *)(guest_idt + 8 * 8) = interrupt_gate(guest_df);
	*(u64 *)(guest_idt + 29 * 8) = interrupt_gate(guest_vc);
	sev_vmsa(vmsa, guest_start, (void *)(DEVICE + 4096));
	svm_guest_idt(vmsa, guest_idt, 30 * 8);
	return handle && psp_launch_page(PSP_LAUNCH_UPDATE_DATA, handle, guest_page) &&
	       psp_launch_page(PSP_LAUNCH_UPDATE_VMSA, handle, vmsa) && psp_launch_finish(handle);
}

void main(void)
{
	static u64 nested[4][512] __attribute__((aligned(4096)));
	static u64 pointers[4] __attribute__((aligned(4096)));
	int i;

	if (!sev_begin(ASID, vmsa, launch))
		return;
	memcpy(nested, page_directories, sizeof(nested));
	nested[0][DEVICE >> 21] |= PTE_RESERVED;
	for (i = 0; i < 4; i++)
		pointers[i] = (u32)nested[i] | 1;
	VMCB64(VMCB_NCR3) = (u32)pointers;
	VMCB32(VMCB_INTERCEPT3) |= 1u << (EXIT_SHUTDOWN & 31);
	check_equal(svm_run(), EXIT_SHUTDOWN, "a #VC that cannot be delivered for a #VC shuts the guest down");
}
