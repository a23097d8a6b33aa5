// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: a SEV-ES guest runs only as its security processor made it, the host
 *       sees neither its memory nor its registers, and what the host
 *       intercepts becomes #VC unless it is an automatic exit.
 * Source: AMD 24593 APM Volume 2, 15.34 and 15.35.
 * Why it matters: tests of KVM are worth what the host they run on is worth.
 * Not covered: interrupts, C-bit clear (the guest has no paging, so all is
 *       private), plain SEV; VMEXIT_BUSY is in sev-busy.c.
 */
#include "sev.h"

#define ASID        3
#define CR0_WP      (1 << 16)
#define EVENT(type, vector) (1u << 31 | (type) << 8 | (vector))

static u8 vmsa[4096] __attribute__((aligned(4096)));
static u8 other_vmsa[4096] __attribute__((aligned(4096)));
static u8 swap_vmsa[4096] __attribute__((aligned(4096)));
static u8 kept[4096];

/* The guest is one page: code, IDT and stack. */
extern u8 guest_page[4096], guest_start[], guest_vc[], guest_idt[], guest_secret[];

asm(".balign 4096\n"
	"guest_page:\n"
	"guest_start:\n"
	"	mov $0xc0010130, %ecx\n"
	"	mov $0x111, %eax\n"
	"	xor %edx, %edx\n"
	"	wrmsr\n"
	VMGEXIT				/* 1: the GHCB MSR speaks */
	"	cpuid\n"			/* 2: #VC says which exit */
	"	hlt\n"				/* 3: automatic */
	"	mov %cr0, %eax\n"
	"	bts $16, %eax\n"
	"	mov %eax, %cr0\n"		/* 4: trap, WP set */
	"	mov %eax, %cr0\n"		/* no trap, nothing changes */
	"	mov $0xc0010131, %ecx\n"
	"	rdmsr\n"
	"	mov $0xc0010130, %ecx\n"
	"	wrmsr\n"
	VMGEXIT				/* 5: SEV_STATUS */
	"	mov $0xc0000080, %ecx\n"
	"	rdmsr\n"
	"	btr $12, %eax\n"
	"	wrmsr\n"
	"	rdmsr\n"
	"	mov $0xc0010130, %ecx\n"
	"	wrmsr\n"
	VMGEXIT				/* EFER without SVME, if it could */
	"	hlt\n"				/* 6 */
	"	fninit\n"
	"	fldpi\n"
	"	movd %esp, %xmm7\n"
	"	mov $0x5a5a, %ebx\n"
	"	hlt\n"				/* 7: what the host may not see or spoil */
	"	fldpi\n"
	"	fucomip\n"			/* ZF: still pi */
	"	setz %al\n"
	"	movd %xmm7, %edx\n"
	"	cmp %edx, %esp\n"
	"	setz %ah\n"
	"	cmp $0x5a5a, %ebx\n"
	"	setz %dl\n"
	"	movzx %ax, %eax\n"
	"	movzx %dl, %edx\n"
	"	mov $0xc0010130, %ecx\n"
	"	wrmsr\n"
	VMGEXIT				/* 8: all three, as ones */
	"1:	hlt\n"
	"	jmp 1b\n"
	"guest_vc:\n"
	"	pop %eax\n"
	"	mov $0xc0010130, %ecx\n"
	"	xor %edx, %edx\n"
	"	wrmsr\n"
	VMGEXIT
	"	addl $2, (%esp)\n"		/* over CPUID */
	"	iret\n"
	"guest_secret:\n"
	"	.ascii \"0123456789abcdef\"\n"
	".balign 1024\n"
	"guest_idt:\n"
	"	.space 30 * 8\n"
	".balign 4096\n");

static void make_vmsa(u8 *page)
{
	sev_vmsa(page, guest_start, guest_page + 4096);
	svm_guest_idt(page, guest_idt, 30 * 8);
}

static int launch(void)
{
	u32 handle = psp_launch(ASID);

	*(u64 *)(guest_idt + 29 * 8) = interrupt_gate(guest_vc);
	make_vmsa(vmsa);
	make_vmsa(other_vmsa);
	make_vmsa(swap_vmsa);
	*(u64 *)(swap_vmsa + 0x3b0) = 0x20;
	memcpy(kept, guest_page, 4096);
	return handle && psp_launch_page(PSP_LAUNCH_UPDATE_DATA, handle, guest_page) &&
	       psp_launch_page(PSP_LAUNCH_UPDATE_VMSA, handle, vmsa) &&
	       psp_launch_page(PSP_LAUNCH_UPDATE_VMSA, handle, swap_vmsa) &&
	       psp_launch_finish(handle);
}

/* VMRUN with one field of the VMCB changed; the field is as before then. */
static u32 run_with(int offset, u64 value)
{
	u64 old = VMCB64(offset);
	u32 code;

	VMCB64(offset) = value;
	code = svm_run();
	VMCB64(offset) = old;
	return code;
}

static void plain_guest(void)
{
	asm volatile("vmmcall");
}

/* A guest without encrypted state, whose registers are in the VMCB. */
static void plain_refusal(void)
{
	svm_guest_state(vmcb + VMCB_SAVE, plain_guest);
	VMCB32(VMCB_ASID) = 16;
	check_equal(run_with(VMCB_NP, 3), EXIT_INVALID, "plain SEV with an ASID without a key is refused");
	check_equal(run_with(VMCB_NP, 1), EXIT_VMMCALL, "without SEV the same guest runs");
	VMCB32(VMCB_ASID) = ASID;
	memset(vmcb + VMCB_SAVE, 0, sizeof(vmcb) - VMCB_SAVE);
}

static void refusals(void)
{
	plain_refusal();
	check_equal(run_with(VMCB_ASID, ASID + 1), EXIT_INVALID, "an ASID without a key is refused");
	check_equal(run_with(VMCB_ASID, 16), EXIT_INVALID, "so is one of plain SEV");
	check_equal(run_with(VMCB_NP, 3), EXIT_INVALID, "plain SEV with an ASID of SEV-ES is refused");
	check_equal(run_with(VMCB_NP, 6), EXIT_INVALID, "SEV-ES without nested paging is refused");
	paging_off();
	check_equal(svm_run(), EXIT_INVALID, "nested paging under a host without paging is refused");
	paging_on();
	check_equal(run_with(VMCB_LBR, 0), EXIT_INVALID, "SEV-ES without LBR virtualization is refused");
	check_equal(run_with(VMCB_VMSA, (u32)other_vmsa), EXIT_INVALID,
		    "a page that is no VMSA is refused");
	check_equal(run_with(VMCB_VMSA, (u32)swap_vmsa), EXIT_INVALID,
		    "DebugSwap is refused by a CPU that does not announce it");
	check_equal(run_with(VMCB_VMSA, (u32)vmsa + 8), EXIT_INVALID,
		    "an address that is not a page's is refused");
	check_equal(run_with(VMCB_EVENTINJ, EVENT(4, 0x80)), EXIT_INVALID, "injecting a software interrupt is refused");
	check_equal(run_with(VMCB_EVENTINJ, EVENT(3, 3)), EXIT_INVALID, "so is a breakpoint exception");
	check_equal(run_with(VMCB_EVENTINJ, EVENT(3, 4)), EXIT_INVALID, "and an overflow exception");
}

static int same(const u8 *a, const u8 *b, int len)
{
	int i, nr_same = 0;

	for (i = 0; i < len; i++)
		nr_same += a[i] == b[i];
	return nr_same > len / 2;
}

static void secrecy(void)
{
	int offset = guest_secret - guest_page;

	make_vmsa(other_vmsa);
	check(!same(guest_secret, kept + offset, 16), "the host does not see the guest's memory");
	check(!same(vmsa, other_vmsa, 256), "nor its registers");
}

static void exits(void)
{
	check_equal(svm_run(), EXIT_VMGEXIT, "VMGEXIT leaves the guest");
	check_equal(VMCB64(VMCB_GHCB), 0x111, "the host reads the GHCB MSR in the VMCB");
	check_equal(VMCB64(VMCB_SAVE + SAVE_RIP), 0, "the VMCB's save area stays empty");
	check_equal(svm_run(), EXIT_VMGEXIT, "an intercepted CPUID is #VC in the guest");
	check_equal(VMCB64(VMCB_GHCB), EXIT_CPUID, "its error code is the exit code");
	check_equal(svm_run(), EXIT_HLT, "HLT is an automatic exit");
	check_equal(svm_run(), EXIT_CR0_TRAP, "the guest goes on behind HLT, to a trapped CR0 write");
	check_equal(VMCB64(VMCB_EXITINFO1), CR0_WP | 0x11, "EXITINFO1 is the new value");
	memcpy(kept, vmsa, 4096);
	check_equal(svm_run(), EXIT_VMGEXIT, "a write that changes nothing is not trapped");
	check_equal(VMCB64(VMCB_GHCB), 3, "SEV_STATUS says SEV and SEV-ES");
	check_equal(svm_run(), EXIT_VMGEXIT, "the guest clears EFER.SVME");
	check_equal(VMCB64(VMCB_GHCB) & EFER_SVME, EFER_SVME, "which stays set");
	check(!same(guest_secret, (u8 *)"0123456789abcdef", 16), "the guest's memory stays secret");
}

static void integrity(void)
{
	u8 now[256];
	u32 code;

	memcpy(now, vmsa, sizeof(now));
	check_equal(svm_run(), EXIT_HLT, "reading a VMSA does no harm");
	memcpy(now, vmsa, sizeof(now));
	vmsa[64] ^= 1;
	code = svm_run();
	check_equal(code, EXIT_INVALID, "a VMSA with one bit changed is refused");
	memcpy(vmsa, now, sizeof(now));
	check_equal(svm_run(), EXIT_HLT, "with the bit changed back it runs");
	memcpy(vmsa, kept, 4096);
	check_equal(svm_run(), EXIT_INVALID, "an older VMSA of the same guest is refused");
}

/* One run in which the host fills its own registers before and reads them afterwards. */
static void registers(void)
{
	u32 address = (u32)vmcb, ebx = 0, status, xmm7;

	*(u64 *)(host_save + VMCB_SAVE + 0x318) = 0x1234; /* what software saved as RBX */
	asm volatile("mov %%cr4, %%ecx; or $0x200, %%ecx; mov %%ecx, %%cr4\n"
		     "clgi; push %%ebp; vmrun; pop %%ebp; stgi\n"
		     "fnstsw %%ax; movzx %%ax, %%ecx; movd %%xmm7, %%edx"
		     : "+a"(address), "+b"(ebx), "=c"(status), "=d"(xmm7) : : "esi", "edi", "memory", "cc");
	check_equal(VMCB32(VMCB_EXITCODE), EXIT_HLT, "the guest fills its registers");
	check_equal(ebx, 0x1234, "the host's RBX comes from its save area");
	check_equal(status, 0, "the host finds x87 reset");
	check_equal(xmm7, 0, "and SSE");
	asm volatile("fninit; fldz; movd %0, %%xmm7" : : "r"(address));
	check_equal(svm_run(), EXIT_VMGEXIT, "the guest runs on");
	check_equal(VMCB64(VMCB_GHCB), 1ull << 32 | 0x101, "with its own x87, SSE and general registers");
}

static void devices(void)
{
	static u8 before[64];
	u8 *spot = guest_page + 2048;

	memcpy(before, spot, sizeof(before));
	check_equal(svm_run(), EXIT_HLT, "the guest takes its page into its own view");
	dma_signature(spot);
	check(same(spot, (u8 *)"QEMU", 4), "the host finds what a device wrote into the guest's page");
	check(same(spot + 16, before + 16, 48), "and the guest's cipher text beside it");
}

static void other_key(void)
{
	u32 handle = psp_launch(ASID + 1);

	check(handle && psp_launch_finish(handle), "a second guest is launched");
	check_equal(run_with(VMCB_ASID, ASID + 1), EXIT_INVALID, "a VMSA of another guest is refused");
	check_equal(psp(PSP_DEACTIVATE, handle, 0, 0, 0, 0), 0, "its ASID is unbound");
}

void main(void)
{
	if (!sev_begin(ASID, vmsa, launch))
		return;
	refusals();
	secrecy();
	exits();
	devices();
	registers();
	other_key();
	integrity();
}
