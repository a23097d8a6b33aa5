// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: a guest on one CPU finds its memory and its registers as it left
 *       them, while another CPU reads the same pages all the time.
 * Source: AMD 24593 APM Volume 2, 15.34.5 "Encrypted Memory", 15.35.
 * Why it matters: the platform converts a page in place for who looks; a
 *       conversion that another CPU notices would look like a bug of KVM's.
 * Needs: -smp 2; ES_THREADS=multi makes both CPUs run at the same time.
 * Not covered: devices, which stop no CPU.
 */
#include "ap.h"
#include "sev.h"

#define ASID      3
#define NR_PAGES  4
#define NR_LOOKS  50
#define ROUNDS    100 /* from one exit to the next */
#define STRING(x) #x
#define MOV(x)    "mov $" STRING(x)

static u8 ap_vmcb[4096] __attribute__((aligned(4096)));
static u8 ap_host_save[4096] __attribute__((aligned(4096)));
static u8 vmsa[4096] __attribute__((aligned(4096)));
static volatile u32 nr_looks, nr_exits, exit_code, guest_count;

extern u8 guest_page[4096], guest_data[NR_PAGES][4096];

/* EBX counts the rounds, and so do the first and the last word of each page. */
asm(".balign 4096\n"
	"guest_page:\n"
	"	" MOV(ROUNDS) ", %edi\n"
	"1:	mov $guest_data, %esi\n"
	"2:	cmp %ebx, (%esi)\n"
	"	jne 3f\n"
	"	cmp %ebx, 4092(%esi)\n"
	"	jne 3f\n"
	"	incl (%esi)\n"
	"	incl 4092(%esi)\n"
	"	add $4096, %esi\n"
	"	cmp $guest_data + 4 * 4096, %esi\n"
	"	jb 2b\n"
	"	inc %ebx\n"
	"	dec %edi\n"
	"	jnz 1b\n"
	"	mov %ebx, %eax\n"
	"	jmp 4f\n"
	"3:	mov $0xbad, %eax\n"
	"4:	mov $0xc0010130, %ecx\n"
	"	xor %edx, %edx\n"
	"	wrmsr\n"
	VMGEXIT
	"	jmp guest_page\n"
	".balign 4096\n"
	"guest_data:\n"
	"	.space 4 * 4096\n");

static void ap_run(void)
{
	u32 address = (u32)ap_vmcb;

	asm volatile("push %%ebp; vmrun; pop %%ebp"
		     : "+a"(address) : : "ebx", "ecx", "edx", "esi", "edi", "memory", "cc");
	exit_code = *(volatile u32 *)(ap_vmcb + VMCB_EXITCODE);
	guest_count = *(volatile u32 *)(ap_vmcb + VMCB_GHCB);
	nr_exits++;
	asm volatile("pause"); /* CPUs that take turns: the other's */
}

void ap_main(void)
{
	paging_on();
	svm_enable(ap_host_save);
	ap_entered = 1;
	asm volatile("clgi");
	do {
		ap_run();
	} while (nr_looks < NR_LOOKS && exit_code == EXIT_VMGEXIT && guest_count == nr_exits * ROUNDS);
	ap_left = 1;
	for (;;)
		asm volatile("pause");
}

static void look(const u8 *page)
{
	*(volatile u32 *)(page + 64);
}

/* Counts what the other CPU's guest had time to undo. */
static void look_around(void)
{
	u32 i, seen = 0;

	while (!ap_left) {
		for (i = 0; i < NR_PAGES; i++)
			look(guest_data[i]);
		look(guest_page);
		look(vmsa);
		nr_looks += nr_exits != seen;
		seen = nr_exits;
		asm volatile("pause");
	}
}

static int launch(void)
{
	u32 i, handle = psp_launch(ASID);
	int good = handle != 0;

	sev_vmsa(vmsa, guest_page, guest_page + 4096);
	good &= psp_launch_page(PSP_LAUNCH_UPDATE_DATA, handle, guest_page);
	for (i = 0; i < NR_PAGES; i++)
		good &= psp_launch_page(PSP_LAUNCH_UPDATE_DATA, handle, guest_data[i]);
	return good && psp_launch_page(PSP_LAUNCH_UPDATE_VMSA, handle, vmsa) && psp_launch_finish(handle);
}

void main(void)
{
	check(psp_find() && !psp_init(), "there is a security processor");
	paging_on();
	wake_ap();
	if (!check(launch(), "a SEV-ES guest with five pages is launched"))
		return;
	sev_vmcb(ap_vmcb, ASID, vmsa);
	start_ap();
	look_around();
	check(nr_looks >= NR_LOOKS, "while the second CPU runs it, the first looks at all its pages");
	check_equal(exit_code, EXIT_VMGEXIT, "each VMRUN finds the VMSA as #VMEXIT left it");
	check_equal(guest_count, nr_exits * ROUNDS, "the guest finds its memory as it left it");
}
