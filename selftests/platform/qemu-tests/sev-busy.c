// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: one VMSA runs on one CPU at a time; a second VMRUN is VMEXIT_BUSY.
 * Source: AMD 24593 APM Volume 2, 15.35.8 "VMRUN", 15.36.16 (exit codes).
 * Why it matters: KVM must never run a vCPU twice; a host that allows it
 *       would hide that.
 * Needs: -smp 2.
 * Not covered: the VMSA's being free again (the other CPU's guest never exits).
 */
#include "ap.h"
#include "sev.h"

#define ASID    3

static u8 ap_vmcb[4096] __attribute__((aligned(4096)));
static u8 ap_host_save[4096] __attribute__((aligned(4096)));
static u8 loop_vmsa[4096] __attribute__((aligned(4096)));
static u8 exit_vmsa[4096] __attribute__((aligned(4096)));

extern u8 guest_page[4096], guest_loop[], guest_exit[];

asm(".balign 4096\n"
	"guest_page:\n"
	"guest_loop:\n"
	"	jmp guest_loop\n"
	"guest_exit:\n"
	VMGEXIT
	"	hlt\n"
	".balign 4096\n");

void ap_main(void)
{
	u32 address = (u32)ap_vmcb;

	paging_on();
	svm_enable(ap_host_save);
	ap_entered = 1;
	asm volatile("clgi; vmrun" : "+a"(address) : : "memory");
	ap_left = 1;
	for (;;)
		asm volatile("pause");
}

static int launch(void)
{
	u32 handle = psp_launch(ASID);

	sev_vmsa(loop_vmsa, guest_loop, guest_page + 4096);
	sev_vmsa(exit_vmsa, guest_exit, guest_page + 4096);
	return handle && psp_launch_page(PSP_LAUNCH_UPDATE_DATA, handle, guest_page) &&
	       psp_launch_page(PSP_LAUNCH_UPDATE_VMSA, handle, loop_vmsa) &&
	       psp_launch_page(PSP_LAUNCH_UPDATE_VMSA, handle, exit_vmsa) && psp_launch_finish(handle);
}

void main(void)
{
	check(psp_find() && !psp_init(), "there is a security processor");
	paging_on();
	wake_ap();
	if (!check(launch(), "a SEV-ES guest with two VMSAs is launched"))
		return;
	sev_vmcb(ap_vmcb, ASID, loop_vmsa);
	sev_vmcb(vmcb, ASID, loop_vmsa);
	start_ap();
	wait_cycles(SECOND); /* into the guest */
	check(ap_entered && !ap_left, "the second CPU runs the first VMSA");
	check_equal(svm_run(), EXIT_BUSY, "the first CPU cannot run it, too");
	check(!ap_left, "the second CPU's guest is not disturbed");
	VMCB64(VMCB_VMSA) = (u32)exit_vmsa;
	check_equal(svm_run(), EXIT_VMGEXIT, "the first CPU can run the other VMSA");
}
