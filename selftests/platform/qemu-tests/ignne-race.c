// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: what another CPU does to its x87 state is nothing to this CPU's VMRUN,
 *       #VMEXIT, STGI and CLGI.
 * Source: AMD 24593 APM Volume 2, 15.5, 15.17 "Global Interrupt Flag", 15.25.
 * Why it matters: each context switch loads x87 state.
 * Needs: -smp 2; ES_THREADS=multi makes both CPUs run at the same time.
 * Not covered: port F0h, which is for FERR# of old systems.
 */
#include "ap.h"
#include "sev.h"

#define ROUNDS   20000
#define UNMAPPED 0x1800000u /* not in the nested tables */

static u64 nested_directory[512] __attribute__((aligned(4096)));
static u64 nested_pointers[4] __attribute__((aligned(4096)));

/* A x87 environment, again and again. */
void ap_main(void)
{
	static u32 environment[7];

	asm volatile("fninit; fnstenv %0" : "=m"(environment));
	ap_entered = 1;
	for (;;)
		asm volatile("fldenv %0" : : "m"(environment));
}

static void guest(void)
{
	asm volatile("vmmcall");
}

/* With no translation of the host's left, each of its accesses is walked. */
static void look(void)
{
	asm volatile("mov %%cr3, %%eax; mov %%eax, %%cr3" : : : "eax", "memory");
	*(volatile u32 *)UNMAPPED;
}

void main(void)
{
	u32 i, bad = 0;

	paging_on();
	nested_directory[0] = page_directories[0][0]; /* the first 2 MiB */
	nested_pointers[0] = (u32)nested_directory | 1;
	svm_guest(guest);
	VMCB64(VMCB_NP) = 1;
	VMCB64(VMCB_NCR3) = (u32)nested_pointers;
	VMCB64(VMCB_SAVE + SAVE_CR0) = 0x11;
	start_ap();
	check(ap_entered, "the second CPU loads x87 state all the time");
	for (i = 0; i < ROUNDS; i++) {
		VMCB64(VMCB_SAVE + SAVE_RIP) = (u32)guest;
		bad += svm_run() != EXIT_VMMCALL;
		look();
	}
	check_equal(bad, 0, "each guest of the first CPU ends as it should, and the host goes on");
}
