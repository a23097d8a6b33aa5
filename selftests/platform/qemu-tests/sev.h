/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest host of SEV-ES guests: paging, a VMSA to launch, a VMCB for it
 *
 * AMD 24593 APM Volume 2, 15.25 "Nested Paging" and 15.35.  The guest runs
 * without paging, so all its accesses are private.
 */
#ifndef QEMU_TESTS_SEV_H
#define QEMU_TESTS_SEV_H

#include "psp.h"
#include "svm.h"

#define NP_SEV_ES     7 /* VMCB 0x90: nested paging, SEV, SEV-ES */

#define EXIT_CPUID    0x72
#define EXIT_HLT      0x78
#define EXIT_CR0_TRAP 0x90
#define EXIT_VMGEXIT  0x403
#define EXIT_BUSY     0xfffffffe

#define VMGEXIT "	.byte 0xf3; vmmcall\n"

static u64 page_directories[4][512] __attribute__((aligned(4096)));
static u64 page_directory_pointers[4] __attribute__((aligned(4096)));

/* The host's own and the nested page tables: 4 GiB one to one, PAE. */
static inline void paging_on(void)
{
	u32 i;

	for (i = 0; i < 4 * 512; i++)
		page_directories[i / 512][i % 512] = (u64)i << 21 | 0xe7;
	for (i = 0; i < 4; i++)
		page_directory_pointers[i] = (u32)page_directories[i] | 1;
	asm volatile("mov %0, %%cr4; mov %1, %%cr3; mov %2, %%cr0"
		     : : "r"(0x20), "r"(page_directory_pointers), "r"(0x80000011) : "memory");
}

static inline void paging_off(void)
{
	asm volatile("mov %0, %%cr0" : : "r"(0x11) : "memory");
}

/* What the security processor is to launch. */
static inline void sev_vmsa(u8 *page, void *entry, void *stack)
{
	memset(page, 0, 4096);
	svm_guest_state(page, (void (*)(void))entry);
	*(u64 *)(page + SAVE_RSP) = (u32)stack;
	*(u64 *)(page + SAVE_CR4) = 0x200; /* SSE */
	*(u64 *)(page + 0x3e8) = 1; /* XCR0 */
}

static inline void sev_vmcb(u8 *page, u32 asid, u8 *vmsa_page)
{
	svm_guest(0);
	memcpy(page, vmcb, VMCB_SAVE);
	memset(page + VMCB_SAVE, 0, 4096 - VMCB_SAVE);
	*(u32 *)(page + VMCB_ASID) = asid;
	*(u32 *)(page + VMCB_INTERCEPT3) = 1 << (EXIT_CPUID & 31) | 1 << (EXIT_HLT & 31);
	*(u32 *)(page + VMCB_INTERCEPT4) |= 1 << (EXIT_CR0_TRAP & 31);
	*(u64 *)(page + VMCB_NP) = NP_SEV_ES;
	*(u64 *)(page + VMCB_NCR3) = (u32)page_directory_pointers;
	*(u64 *)(page + VMCB_LBR) = 1;
	*(u64 *)(page + VMCB_VMSA) = (u32)vmsa_page;
}

/* The security processor, paging, @vmcb for @vmsa_page, and what @launch does; false if that fails. */
static inline int sev_begin(u32 asid, u8 *vmsa_page, int (*launch)(void))
{
	check(psp_find(), "there is a security processor");
	check_equal(psp_init(), 0, "it is initialized");
	paging_on();
	sev_vmcb(vmcb, asid, vmsa_page);
	return check(launch(), "a SEV-ES guest is launched");
}

/* A byte stream from QEMU's configuration device into @to, by DMA: its signature "QEMU". */
static inline void dma_signature(void *to)
{
	static struct {
		u32 control, length;
		u64 address;
	} access __attribute__((aligned(16)));

	access.control = __builtin_bswap32(0 << 16 | 8 | 2); /* select item 0, read */
	access.length = __builtin_bswap32(4);
	access.address = __builtin_bswap64((u32)to);
	asm volatile("" : : : "memory");
	outl(0x514, 0);
	outl(0x518, __builtin_bswap32((u32)&access));
}

#endif
