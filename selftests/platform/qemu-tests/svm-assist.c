// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: an exit reports where the next instruction is, which register a MOV
 *       CRn names, and the address of INVLPG.
 * Source: AMD 24593 APM Volume 2, 15.7.1 "State Saved on Exit" (nRIP) and
 *       15.10 "Decode Assists".
 * Why it matters: KVM skips instructions by nRIP, and 6.12 wants it for SEV-ES.
 * Not covered: the bytes of a page fault's instruction, 64-bit code.
 */
#include "svm.h"

#define EXIT_WRITE_CR4 0x14
#define EXIT_CPUID     0x72
#define EXIT_INVLPG    0x79
#define EXIT_INT       0x75

static void guest(void)
{
	asm volatile("cpuid\n\t"
		     ".byte 0x2e, 0x66, 0x0f, 0xa2\n\t" /* CPUID with prefixes */
		     "mov %esi, %cr4\n\t"
		     "mov $0x20, %esi\n\t" /* registers do not outlive an exit */
		     "invlpg 0x1234(,%esi,2)\n\t"
		     "int $0x42\n\t"
		     "vmmcall");
}

/* Run to the next exit, check it and step over the instruction. */
static void next(u32 code, u32 len, const char *what)
{
	u64 rip;

	svm_run();
	rip = VMCB64(VMCB_SAVE + SAVE_RIP);
	if (VMCB32(VMCB_EXITCODE) != code)
		check_equal(VMCB32(VMCB_EXITCODE), code, "the exit is the one expected");
	check_equal(VMCB64(VMCB_NRIP) - rip, len, what);
	VMCB64(VMCB_SAVE + SAVE_RIP) = rip + len;
}

void main(void)
{
	svm_guest(guest);
	VMCB32(VMCB_CR_WRITE - 2) = 1 << (EXIT_WRITE_CR4 - 0x10 + 16);
	VMCB32(VMCB_INTERCEPT3) = 1 << (EXIT_CPUID & 31) | 1 << (EXIT_INVLPG & 31) | 1 << (EXIT_INT & 31);
	next(EXIT_CPUID, 2, "nRIP is behind CPUID");
	next(EXIT_CPUID, 4, "and behind its prefixes");
	next(EXIT_WRITE_CR4, 3, "nRIP is behind MOV CR4");
	check_equal(VMCB64(VMCB_EXITINFO1), 1ull << 63 | 6, "EXITINFO1 names ESI, number 6");
	next(EXIT_INVLPG, 8, "nRIP is behind INVLPG with SIB and displacement");
	check_equal(VMCB64(VMCB_EXITINFO1), 0x1234 + 2 * 0x20, "EXITINFO1 is its address");
	next(EXIT_INT, 2, "nRIP is behind INT n");
	check_equal(VMCB64(VMCB_EXITINFO1), 0x42, "EXITINFO1 is its vector");
	check_equal(svm_run(), EXIT_VMMCALL, "the guest ends");
}
