// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: one VMSA runs on one CPU at a time; a second VMRUN is VMEXIT_BUSY.
 * Source: AMD 24593 APM Volume 2, 15.35.8 "VMRUN", 15.36.16 (exit codes).
 * Why it matters: KVM must never run a vCPU twice; a host that allows it
 *       would hide that.
 * Needs: -smp 2.
 * Not covered: the VMSA's being free again (the other CPU's guest never exits).
 */
#include "sev.h"

#define ASID    3
#define SECOND  1000000000ull /* cycles, some tenths of one */

static u8 loop_vmsa[4096] __attribute__((aligned(4096)));
static u8 exit_vmsa[4096] __attribute__((aligned(4096)));
static u8 ap_vmcb[4096] __attribute__((aligned(4096)));
static u8 ap_host_save[4096] __attribute__((aligned(4096)));
static volatile u32 ap_entered, ap_left;

extern u8 guest_page[4096], guest_loop[], guest_exit[], ap_start[];

struct descriptor_table ap_gdtr;
u8 ap_stack[4096] __attribute__((aligned(16)));
void ap_main(void);

asm(".balign 4096\n"
	"guest_page:\n"
	"guest_loop:\n"
	"	jmp guest_loop\n"
	"guest_exit:\n"
	VMGEXIT
	"	hlt\n"
	".balign 4096\n"
	"ap_start:\n"			/* the second CPU starts here, in real mode */
	".code16\n"
	"	cli\n"
	"	xor %ax, %ax\n"
	"	mov %ax, %ds\n"
	"	mov $ap_gdtr, %ebx\n"
	"	lgdtl (%ebx)\n"
	"	mov %cr0, %eax\n"
	"	or $1, %al\n"
	"	mov %eax, %cr0\n"
	"	ljmpl $8, $ap_start32\n"
	".code32\n"
	"ap_start32:\n"
	"	mov $16, %eax\n"
	"	mov %eax, %ds\n"
	"	mov %eax, %es\n"
	"	mov %eax, %ss\n"
	"	mov $ap_stack + 4096, %esp\n"
	"	call ap_main\n"
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

static u64 rdtsc(void)
{
	u64 value;

	asm volatile("rdtsc" : "=A"(value));
	return value;
}

static void wait_cycles(u64 cycles)
{
	u64 end = rdtsc() + cycles;

	while (rdtsc() < end)
		asm volatile("pause");
}

/* INIT and SIPI to all CPUs but this one, through the local APIC. */
static void start_ap(void)
{
	volatile u32 *icr = (u32 *)0xfee00300;
	int i;

	/* the AP reads it with a segment limit of 64 KiB */
	asm volatile("sgdt %0" : "=m"(ap_gdtr));
	*icr = 0xc4500;
	wait_cycles(SECOND / 100);
	*icr = 0xc4600 | (u32)ap_start >> 12;
	for (i = 0; i < 100 && !ap_entered; i++)
		wait_cycles(SECOND / 10);
	wait_cycles(SECOND); /* into the guest */
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
	if (!check(launch(), "a SEV-ES guest with two VMSAs is launched"))
		return;
	sev_vmcb(ap_vmcb, ASID, loop_vmsa);
	sev_vmcb(vmcb, ASID, loop_vmsa);
	start_ap();
	check(ap_entered && !ap_left, "the second CPU runs the first VMSA");
	check_equal(svm_run(), EXIT_BUSY, "the first CPU cannot run it, too");
	check(!ap_left, "the second CPU's guest is not disturbed");
	VMCB64(VMCB_VMSA) = (u32)exit_vmsa;
	check_equal(svm_run(), EXIT_VMGEXIT, "the first CPU can run the other VMSA");
}
