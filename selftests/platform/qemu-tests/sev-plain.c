// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: a guest with SEV and without SEV-ES has its memory encrypted and its
 *       registers in the VMCB; what the host intercepts exits, nothing is #VC.
 *       SYSCFG and HWCR say whether there are such guests at all.
 * Source: AMD 24593 APM Volume 2, 15.34.3 "Enabling SEV", 15.34.4 "Supported
 *       Operating Modes", 15.34.5 "SEV Encryption Behavior".
 * Why it matters: KVM runs such guests, too.
 * Not covered: VMRUN with SMM not locked (nothing unlocks it).
 */
#include "sev.h"

#define ASID          20
#define NP_SEV        3
#define PTE_C         (1ull << 51)
#define SHARED        0x1800000u /* 2 MiB that the guest shares */
#define PRIVATE       0x1a00000u

#define MSR_SYSCFG    0xc0010010
#define MSR_HWCR      0xc0010015
#define MEM_ENCRYPT   (1 << 23)
#define SMM_LOCK      1

extern u8 guest_page[4096], guest_start[];

asm(".balign 4096\n"
	"guest_page:\n"
	"guest_start:\n"
	"	mov $0xc0010131, %ecx\n"
	"	rdmsr\n"
	"	vmmcall\n"		/* 1: SEV_STATUS */
	"	cpuid\n"		/* 2: exits */
	"	movl $0x11111111, 0x1800000\n"
	"	movl $0x22222222, 0x1a00000\n"
	"	vmmcall\n"		/* 3 */
	"	mov 0x1a00000, %eax\n"
	"	vmmcall\n"		/* 4: its own bytes */
	"	mov 0x1800000, %eax\n"
	"	vmmcall\n"		/* 5: the host's */
	"	hlt\n"
	".balign 4096\n");

static u64 guest_directories[4][512] __attribute__((aligned(4096)));
static u64 guest_pointers[4] __attribute__((aligned(4096)));

/* Everything private but one page; the tables themselves are launched. */
static void make_tables(void)
{
	u32 i;

	memcpy(guest_directories, page_directories, sizeof(page_directories));
	for (i = 0; i < 4 * 512; i++)
		guest_directories[i / 512][i % 512] |= PTE_C;
	guest_directories[0][SHARED >> 21] &= ~PTE_C;
	for (i = 0; i < 4; i++)
		guest_pointers[i] = (u32)guest_directories[i] | 1;
}

static int launch(void)
{
	u32 i, handle;

	if (psp(PSP_LAUNCH_START, 0, 0 /* policy */, 0, 0, 0))
		return 0;
	handle = psp_buffer[0];
	psp_flush();
	if (psp(PSP_ACTIVATE, handle, ASID, 0, 0, 0))
		return 0;
	for (i = 0; i < 4; i++)
		if (!psp_launch_page(PSP_LAUNCH_UPDATE_DATA, handle, guest_directories[i]))
			return 0;
	return psp_launch_page(PSP_LAUNCH_UPDATE_DATA, handle, guest_pointers) &&
	       psp_launch_page(PSP_LAUNCH_UPDATE_DATA, handle, guest_page) && psp_launch_finish(handle);
}

static void make_guest(u64 np, u32 cr0)
{
	svm_guest((void (*)(void))guest_start);
	VMCB32(VMCB_ASID) = ASID;
	VMCB32(VMCB_INTERCEPT3) = 1 << (EXIT_CPUID & 31) | 1 << (EXIT_HLT & 31);
	VMCB64(VMCB_NP) = np;
	VMCB64(VMCB_NCR3) = (u32)page_directory_pointers;
	VMCB64(VMCB_SAVE + SAVE_CR0) = cr0;
	VMCB64(VMCB_SAVE + SAVE_CR4) = 0x20;
	VMCB64(VMCB_SAVE + SAVE_CR3) = (u32)guest_pointers;
}

/* Run to the next exit and step over the instruction. */
static u32 next(u32 len)
{
	u32 code = svm_run();

	VMCB64(VMCB_SAVE + SAVE_RIP) += len;
	return code;
}

static void life(void)
{
	volatile u32 *private = (u32 *)PRIVATE, *shared = (u32 *)SHARED;

	make_guest(NP_SEV, 0x80000011);
	check_equal(next(3), EXIT_VMMCALL, "a plain SEV guest runs under its own page tables");
	check_equal(VMCB32(VMCB_SAVE + SAVE_RAX), 1, "its SEV_STATUS says SEV and nothing else, and its RAX is in the VMCB");
	check_equal(next(2), EXIT_CPUID, "an intercepted CPUID exits");
	check_equal(next(3), EXIT_VMMCALL, "it writes its memory");
	check_equal(*shared, 0x11111111, "the host reads a shared page");
	check(*private != 0x22222222, "and not a private one");
	*shared = 0x33333333;
	check_equal(next(3), EXIT_VMMCALL, "it reads it again");
	check_equal(VMCB32(VMCB_SAVE + SAVE_RAX), 0x22222222, "its private page is as it was");
	check_equal(next(3), EXIT_VMMCALL, "it reads the shared one");
	check_equal(VMCB32(VMCB_SAVE + SAVE_RAX), 0x33333333, "what the host wrote is there");
}

static void unpaged(void)
{
	make_guest(NP_SEV, 0x11);
	check_equal(next(3), EXIT_VMMCALL, "without paging its code is private all the same");
	check_equal(VMCB32(VMCB_SAVE + SAVE_RAX), 1, "and runs");
}

static void open_code(void)
{
	asm volatile("vmmcall");
}

/* Nothing of it is encrypted, and its ASID is none of SEV's. */
static void make_open_guest(void)
{
	make_guest(NP_SEV, 0x11);
	VMCB32(VMCB_ASID) = 33;
	VMCB64(VMCB_SAVE + SAVE_RIP) = (u32)open_code;
}

static void switches(void)
{
	u64 syscfg = rdmsr(MSR_SYSCFG);

	check(syscfg & MEM_ENCRYPT, "firmware has switched memory encryption on");
	check(rdmsr(MSR_HWCR) & SMM_LOCK, "and locked SMM");
	wrmsr(MSR_HWCR, 0);
	check(rdmsr(MSR_HWCR) & SMM_LOCK, "the lock stays");
	wrmsr(MSR_HWCR, 1 << 24 | SMM_LOCK);
	check_equal(rdmsr(MSR_HWCR), 1 << 24 | SMM_LOCK, "other bits of HWCR are kept");
	wrmsr(MSR_SYSCFG, syscfg & ~MEM_ENCRYPT);
	check_equal(rdmsr(MSR_SYSCFG) & MEM_ENCRYPT, 0, "memory encryption can be switched off");
	make_open_guest();
	check_equal(svm_run(), EXIT_VMMCALL, "then the bit for SEV means nothing: any ASID will do");
	wrmsr(MSR_SYSCFG, syscfg);
	make_open_guest();
	check_equal(svm_run(), EXIT_INVALID, "with it on again it does not");
}

static void refusals(void)
{
	make_guest(NP_SEV, 0x11);
	VMCB32(VMCB_ASID) = 32;
	check_equal(svm_run(), EXIT_INVALID, "an ASID behind those of SEV is refused");
	make_guest(NP_SEV, 0x11);
	VMCB32(VMCB_ASID) = 3;
	check_equal(svm_run(), EXIT_INVALID, "so is one of SEV-ES");
	make_guest(2, 0x11);
	check_equal(svm_run(), EXIT_INVALID, "so is SEV without nested paging");
}

void main(void)
{
	check(psp_find() && !psp_init(), "there is a security processor");
	paging_on();
	make_tables();
	if (!check(launch(), "a guest without SEV-ES is launched"))
		return;
	life();
	unpaged();
	refusals();
	switches();
}
