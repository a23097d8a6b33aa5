/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest hypervisor: one guest in flat 32-bit mode without paging
 *
 * AMD 24593 APM Volume 2, chapter 15 and Appendix B.  The guest shares the
 * host's memory and descriptors; svm_run() returns the exit code.
 */
#ifndef QEMU_TESTS_SVM_H
#define QEMU_TESTS_SVM_H

#include "test.h"

#define MSR_EFER         0xc0000080
#define EFER_SVME        (1 << 12)
#define MSR_VM_HSAVE_PA  0xc0010117

#define EXIT_VMMCALL     0x81
#define EXIT_INVALID     0xffffffff

/* Offsets in the VMCB. */
enum {
	VMCB_CR_WRITE = 0x002, VMCB_EXCEPTIONS = 0x008, VMCB_INTERCEPT3 = 0x00c, VMCB_INTERCEPT4 = 0x010,
	VMCB_IOPM = 0x040, VMCB_MSRPM = 0x048, VMCB_ASID = 0x058,
	VMCB_INT_CTL = 0x060, VMCB_INT_STATE = 0x068, VMCB_EXITCODE = 0x070,
	VMCB_EXITINFO1 = 0x078, VMCB_EXITINFO2 = 0x080,
	VMCB_EXITINTINFO = 0x088, VMCB_NP = 0x090,
	VMCB_GHCB = 0x0a0, VMCB_EVENTINJ = 0x0a8, VMCB_NCR3 = 0x0b0,
	VMCB_LBR = 0x0b8, VMCB_NRIP = 0x0c8, VMCB_VMSA = 0x108,
	VMCB_SAVE = 0x400,
	/* in the save area, and in a VMSA */
	SAVE_ES = 0x000, SAVE_CS = 0x010, SAVE_SS = 0x020, SAVE_DS = 0x030,
	SAVE_GDTR = 0x060, SAVE_IDTR = 0x080, SAVE_EFER = 0x0d0,
	SAVE_CR4 = 0x148, SAVE_CR3 = 0x150, SAVE_CR0 = 0x158,
	SAVE_DR7 = 0x160, SAVE_DR6 = 0x168, SAVE_RFLAGS = 0x170,
	SAVE_RIP = 0x178, SAVE_RSP = 0x1d8, SAVE_RAX = 0x1f8,
};

static u8 vmcb[4096] __attribute__((aligned(4096)));
static u8 host_save[4096] __attribute__((aligned(4096)));
static u8 permission_maps[4 * 4096] __attribute__((aligned(4096)));
static u8 guest_stack[1024] __attribute__((aligned(16)));

#define VMCB32(_offset)  (*(volatile u32 *)(vmcb + (_offset)))
#define VMCB64(_offset)  (*(volatile u64 *)(vmcb + (_offset)))

static inline void svm_segment(u8 *save, int offset, u16 selector, u16 attributes)
{
	*(u16 *)(save + offset) = selector;
	*(u16 *)(save + offset + 2) = attributes;
	*(u32 *)(save + offset + 4) = 0xffffffff;
	*(u64 *)(save + offset + 8) = 0;
}

/* A guest that starts at @entry, in a VMCB's save area or in a VMSA. */
static inline void svm_guest_state(u8 *save, void (*entry)(void))
{
	struct descriptor_table gdt;

	asm volatile("sgdt %0" : "=m"(gdt));
	svm_segment(save, SAVE_CS, 8, 0xc9b);
	svm_segment(save, SAVE_SS, 16, 0xc93);
	svm_segment(save, SAVE_DS, 16, 0xc93);
	svm_segment(save, SAVE_ES, 16, 0xc93);
	*(u32 *)(save + SAVE_GDTR + 4) = gdt.limit;
	*(u64 *)(save + SAVE_GDTR + 8) = gdt.base;
	*(u64 *)(save + SAVE_EFER) = EFER_SVME;
	*(u64 *)(save + SAVE_CR0) = 0x11;
	*(u64 *)(save + SAVE_DR6) = 0xffff0ff0;
	*(u64 *)(save + SAVE_DR7) = 0x400;
	*(u64 *)(save + SAVE_RFLAGS) = 2;
	*(u64 *)(save + SAVE_RIP) = (u32)entry;
	*(u64 *)(save + SAVE_RSP) = (u32)(guest_stack + sizeof(guest_stack));
}

/* The IDT of such a guest: @gates, @len bytes of them. */
static inline void svm_guest_idt(u8 *save, const void *gates, u32 len)
{
	*(u32 *)(save + SAVE_IDTR + 4) = len - 1;
	*(u64 *)(save + SAVE_IDTR + 8) = (u32)gates;
}

/* Each CPU has a separate host save page. */
static inline void svm_enable(u8 *save)
{
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, (u32)save);
}

/* A new VMCB that intercepts what it must. */
static inline void svm_guest(void (*entry)(void))
{
	svm_enable(host_save);
	memset(vmcb, 0, sizeof(vmcb));
	VMCB32(VMCB_INTERCEPT4) = 3; /* VMRUN, VMMCALL */
	VMCB64(VMCB_IOPM) = (u32)permission_maps;
	VMCB64(VMCB_MSRPM) = (u32)permission_maps;
	VMCB32(VMCB_ASID) = 1;
	svm_guest_state(vmcb + VMCB_SAVE, entry);
}

/* VMRUN as hypervisors do it: with STI right before it if @sti.  Registers are not kept. */
static inline u32 svm_run_sti(int sti)
{
	u32 address = (u32)vmcb;

	if (sti)
		asm volatile("clgi; push %%ebp; sti; vmrun; cli; pop %%ebp; stgi"
			     : "+a"(address) : : "ebx", "ecx", "edx", "esi", "edi", "memory", "cc");
	else
		asm volatile("clgi; push %%ebp; vmrun; pop %%ebp; stgi"
			     : "+a"(address) : : "ebx", "ecx", "edx", "esi", "edi", "memory", "cc");
	return VMCB32(VMCB_EXITCODE);
}

static inline u32 svm_run(void)
{
	return svm_run_sti(0);
}

#endif
