// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: DR6 and DR7 of a SEV-ES guest are its own, with the breakpoints that
 *       DR7 enables, and the host finds its own again.  DR0 to DR3 are the
 *       host's, or with DebugSwap in the VMSA's SEV_FEATURES the guest's.
 * Source: AMD 24593 APM Volume 2, 15.35.2 "Enabling SEV-ES", Appendix B,
 *       13.1 "Software-Debug Resources".
 * Why it matters: a host that lets a guest write DR7 without DebugSwap is at
 *       the mercy of what its own DR0 to DR3 hold; KVM decides its intercepts by that.
 * Not covered: breakpoint address masks (CPUID DBEXT is not there).
 */
#include "sev.h"

#define ASID             3
#define DEBUG_SWAP       0x20
#define SAVE_DR0         0x180
#define SAVE_FEATURES    0x3b0
#define HOST_SAVE_VMSA   0x400 /* where software saves what #VMEXIT loads */
#define DR6_STEPPED      0xffff4ff0 /* as an earlier single step left it */
#define DR7_EXECUTE_0    0x402
#define DR7_WRITE_1      0xd00404 /* four bytes, for this task */
#define DR7_WRITE_0      0xd0402

static u8 vmsa[4096] __attribute__((aligned(4096)));
static u8 swap_vmsa[4096] __attribute__((aligned(4096)));
static u8 odd_vmsa[4096] __attribute__((aligned(4096)));
static u8 high_vmsa[4096] __attribute__((aligned(4096)));
static volatile u32 host_watched, host_hits;

/* The guest is one page: code, data, IDT and stack. */
extern u8 guest_page[4096], guest_start[], guest_here[], guest_swap[], guest_db[], guest_idt[], guest_watched[];

asm(".balign 4096\n"
	"guest_page:\n"
	"guest_start:\n"
	"	nop\n"
	"guest_here:\n"
	"	nop\n"				/* #DB by the host's DR0 */
	"	mov %dr0, %eax\n"
	"	call report\n"
	"	hlt\n"
	"guest_swap:\n"
	"	movl $1, guest_watched\n"	/* #DB by its own DR0 */
	"	mov $0x12345000, %eax\n"
	"	mov %eax, %dr1\n"
	"	hlt\n"
	"	mov %dr1, %eax\n"
	"	call report\n"
	"	mov %dr6, %eax\n"
	"	call report\n"
	"	hlt\n"
	"guest_db:\n"
	"	mov $0x400, %eax\n"
	"	mov %eax, %dr7\n"
	"	mov %dr6, %eax\n"
	"	movzwl %ax, %eax\n"
	"	call report\n"
	"	iret\n"
	"report:\n"
	"	mov $0xc0010130, %ecx\n"
	"	xor %edx, %edx\n"
	"	wrmsr\n"
	VMGEXIT
	"	ret\n"
	".balign 4\n"
	"guest_watched:\n"
	"	.long 0\n"
	".balign 1024\n"
	"guest_idt:\n"
	"	.space 2 * 8\n"
	".balign 4096\n");

void host_db(void);
asm("host_db: incl host_hits\n iret\n");

static void make_vmsa(u8 *page, void *entry, u64 features, u64 dr0, u64 dr7)
{
	sev_vmsa(page, entry, guest_page + 4096);
	svm_guest_idt(page, guest_idt, 2 * 8);
	*(u64 *)(page + SAVE_FEATURES) = features;
	*(u64 *)(page + SAVE_DR0) = dr0;
	*(u64 *)(page + SAVE_DR6) = DR6_STEPPED;
	*(u64 *)(page + SAVE_DR7) = dr7;
}

static int launch(void)
{
	u32 handle = psp_launch(ASID);
	u8 *pages[] = { vmsa, swap_vmsa, odd_vmsa, high_vmsa };
	int i, good;

	*(u64 *)(guest_idt + 8) = interrupt_gate(guest_db);
	make_vmsa(vmsa, guest_start, 0, 0x55000, DR7_EXECUTE_0);
	make_vmsa(swap_vmsa, guest_swap, DEBUG_SWAP, (u32)guest_watched, DR7_WRITE_0);
	make_vmsa(odd_vmsa, guest_swap, DEBUG_SWAP << 1, 0, 0x400);
	make_vmsa(high_vmsa, guest_swap, 0, 0, 1ull << 32 | 0x400);
	good = handle && psp_launch_page(PSP_LAUNCH_UPDATE_DATA, handle, guest_page);
	for (i = 0; i < 4; i++)
		good = good && psp_launch_page(PSP_LAUNCH_UPDATE_VMSA, handle, pages[i]);
	return good && psp_launch_finish(handle);
}

/* Set a data breakpoint for the host, and DR0 for the guest to trip over. */
static void host_breakpoints(void)
{
	static u64 idt[2];

	idt[1] = interrupt_gate(host_db);
	load_idt(idt, sizeof(idt));
	asm volatile("mov %0, %%dr0; mov %1, %%dr1; mov %2, %%dr7"
		     : : "r"(guest_here), "r"(&host_watched), "r"(DR7_WRITE_1));
	*(u64 *)(host_save + HOST_SAVE_VMSA + SAVE_DR0) = 0x66000;
	*(u64 *)(host_save + HOST_SAVE_VMSA + SAVE_DR0 + 8) = (u32)&host_watched;
}

static u32 dr0(void)
{
	u32 value;

	asm volatile("mov %%dr0, %0" : "=r"(value));
	return value;
}

static u32 dr7(void)
{
	u32 value;

	asm volatile("mov %%dr7, %0" : "=r"(value));
	return value;
}

/* How often the host's own breakpoint hits. */
static u32 hits(void)
{
	host_hits = 0;
	host_watched = 1;
	return host_hits;
}

static void without_swap(void)
{
	check_equal(svm_run(), EXIT_VMGEXIT, "the breakpoint of the guest's DR7 stops the guest");
	check_equal(VMCB64(VMCB_GHCB), 0x4ff1, "and its DR6 says which it was");
	check_equal(dr7(), DR7_WRITE_1, "the host's DR7 is back");
	check_equal(hits(), 1, "with its breakpoint");
	check_equal(svm_run(), EXIT_VMGEXIT, "the guest runs on");
	check_equal(VMCB64(VMCB_GHCB), (u32)guest_here, "its DR0 is the host's");
	check_equal(dr0(), (u32)guest_here, "which stays as it was");
}

static void with_swap(void)
{
	VMCB64(VMCB_VMSA) = (u32)swap_vmsa;
	check_equal(svm_run(), EXIT_VMGEXIT, "with DebugSwap a data breakpoint stops the guest");
	check_equal(VMCB64(VMCB_GHCB), 0x4ff1, "that of its own DR0");
	check_equal(dr0(), 0x66000, "the host's DR0 comes from its save area");
	check_equal(hits(), 1, "the host's breakpoint works");
	check_equal(svm_run(), EXIT_HLT, "the guest writes its DR1");
	check_equal(hits(), 1, "which the host's breakpoint does not follow");
	check_equal(svm_run(), EXIT_VMGEXIT, "the guest runs on");
	check_equal(VMCB64(VMCB_GHCB), 0x12345000, "with its own DR1");
	check_equal(svm_run(), EXIT_VMGEXIT, "and on");
	check_equal(VMCB64(VMCB_GHCB), 0xffff4ff1, "its DR6 as it left it");
}

static u32 features(void)
{
	u32 eax = 0x8000001f;

	asm volatile("cpuid" : "+a"(eax) : : "ebx", "ecx", "edx");
	return eax;
}

void main(void)
{
	if (!sev_begin(ASID, vmsa, launch))
		return;
	check_equal(features() >> 14 & 1, 1, "CPUID announces DebugSwap");
	host_breakpoints();
	without_swap();
	with_swap();
	VMCB64(VMCB_VMSA) = (u32)odd_vmsa;
	check_equal(svm_run(), EXIT_INVALID, "other features of a VMSA are refused");
	VMCB64(VMCB_VMSA) = (u32)high_vmsa;
	check_equal(svm_run(), EXIT_INVALID, "so is a DR7 with reserved bits");
}
