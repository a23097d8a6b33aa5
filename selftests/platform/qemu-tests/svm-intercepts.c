// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: each instruction that the host intercepts exits with the code of its
 *       own, RIP at the instruction; one that it does not intercept does not.
 * Source: AMD 24593 APM Volume 2, 15.9 "Instruction Intercepts" and Appendix C
 *       "SVM Intercept Exit Codes".
 * Why it matters: KVM takes XCR0 from XSETBV's exit, and of a SEV-ES guest the
 *       code is all that its #VC handler gets.
 * Not covered: RSM, SKINIT, task switches; IN, OUT, RDMSR, WRMSR, MOV CRn and
 *       MOV DRn, which depend on more than one bit; VMRUN and VMMCALL, which
 *       every test has.
 */
#include "svm.h"

#define CR4_OSXSAVE (1 << 18)

struct row {
	const u8 *code;
	u32 exit;
	const char *what;
};

static u8 buffer[64] __attribute__((aligned(64), used));

/* With ECX 0, which some insist on. */
#define INSN(_name, _code) \
	asm("	xor %ecx, %ecx\ninsn_" #_name ": " _code "\n	vmmcall\n"); \
	extern const u8 insn_##_name[]

INSN(sidt, "sidt buffer");
INSN(sgdt, "sgdt buffer");
INSN(sldt, "sldt %ax");
INSN(str, "str %ax");
INSN(lidt, "lidt buffer");
INSN(lgdt, "lgdt buffer");
INSN(lldt, "lldt %ax");
INSN(ltr, "ltr %ax");
INSN(rdtsc, "rdtsc");
INSN(rdpmc, "rdpmc");
INSN(pushf, "pushf");
INSN(popf, "popf");
INSN(cpuid, "cpuid");
INSN(iret, "iret");
INSN(int, "int $0x80");
INSN(invd, "invd");
INSN(pause, "pause");
INSN(hlt, "hlt");
INSN(invlpg, "invlpg buffer");
INSN(invlpga, "invlpga %eax, %ecx");
INSN(vmload, "vmload");
INSN(vmsave, "vmsave");
INSN(stgi, "stgi");
INSN(clgi, "clgi");
INSN(rdtscp, "rdtscp");
INSN(icebp, ".byte 0xf1");
INSN(wbinvd, "wbinvd");
INSN(monitor, "monitor %eax, %ecx, %edx");
INSN(mwait, "mwait %eax, %ecx");
INSN(xsetbv, "xsetbv");

static const struct row rows[] = {
	{ insn_sidt, 0x66, "SIDT" }, { insn_sgdt, 0x67, "SGDT" }, { insn_sldt, 0x68, "SLDT" }, { insn_str, 0x69, "STR" },
	{ insn_lidt, 0x6a, "LIDT" }, { insn_lgdt, 0x6b, "LGDT" }, { insn_lldt, 0x6c, "LLDT" }, { insn_ltr, 0x6d, "LTR" },
	{ insn_rdtsc, 0x6e, "RDTSC" }, { insn_rdpmc, 0x6f, "RDPMC" }, { insn_pushf, 0x70, "PUSHF" },
	{ insn_popf, 0x71, "POPF" }, { insn_cpuid, 0x72, "CPUID" }, { insn_iret, 0x74, "IRET" }, { insn_int, 0x75, "INT n" },
	{ insn_invd, 0x76, "INVD" }, { insn_pause, 0x77, "PAUSE" }, { insn_hlt, 0x78, "HLT" },
	{ insn_invlpg, 0x79, "INVLPG" }, { insn_invlpga, 0x7a, "INVLPGA" },
	{ insn_vmload, 0x82, "VMLOAD" }, { insn_vmsave, 0x83, "VMSAVE" }, { insn_stgi, 0x84, "STGI" },
	{ insn_clgi, 0x85, "CLGI" }, { insn_rdtscp, 0x87, "RDTSCP" }, { insn_icebp, 0x88, "ICEBP" },
	{ insn_wbinvd, 0x89, "WBINVD" }, { insn_monitor, 0x8a, "MONITOR" }, { insn_mwait, 0x8b, "MWAIT" },
	{ insn_xsetbv, 0x8d, "XSETBV" },
};

static u32 run(const struct row *row)
{
	svm_guest((void (*)(void))(row->code - 2)); /* at the XOR */
	*(u64 *)(vmcb + VMCB_SAVE + SAVE_CR4) = CR4_OSXSAVE;
	*(u64 *)(vmcb + VMCB_SAVE + SAVE_RAX) = (u32)buffer & ~4095u;
	*(u64 *)(vmcb + VMCB_INTERCEPT3) |= 1ull << (row->exit - 0x60);
	return svm_run();
}

/* What intercepts of other instructions make of RDTSCP and INVD. */
static void neighbours(void)
{
	static const struct row near[] = {
		{ insn_rdtscp, 0x6e, "an intercept of RDTSC is none of RDTSCP" },
		{ insn_invd, 0x89, "one of WBINVD is none of INVD" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(near) / sizeof(near[0]); i++)
		check_equal(run(&near[i]), EXIT_VMMCALL, near[i].what);
}

void main(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_equal(run(&rows[i]), rows[i].exit, rows[i].what);
		if (VMCB32(VMCB_SAVE + SAVE_RIP) != (u32)rows[i].code)
			check(0, "its exit leaves RIP at the instruction");
	}
	neighbours();
}
