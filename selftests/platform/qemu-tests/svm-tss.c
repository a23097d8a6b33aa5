// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: an interrupt that enters the kernel takes its stack from the TSS,
 *       which is busy; a TSS that is not present is a #TS of the guest's.
 * Source: AMD 24593 APM Volume 2, 12.2.2 "TSS Descriptor", 8.9.3 "Interrupt
 *       Stack", 8.2.11 (#TS), 15.5.2 "VMSAVE and VMLOAD Instructions".
 * Why it matters: QEMU 7.2 aborts, so that a guest ends the machine.
 * Not covered: task gates, long mode.
 */
#include "svm.h"

#define VECTOR          0x40
#define EXIT_SHUTDOWN   0x7f
#define SAVE_TR         0x090
#define SAVE_CPL        0x0cb
#define TSS_AVAILABLE   0x089
#define TSS_BUSY        0x08b
#define TSS_16_BUSY     0x083
#define TSS_ABSENT      0x00b
#define INTERCEPT_SHUTDOWN (1u << 31)

static u64 idt[256] __attribute__((aligned(16)));
static u32 tss[26];
static u8 kernel_stack[256] __attribute__((aligned(16)));
static u32 guest_ebx;

extern u8 user[], on_vector[];
asm("user:	xor %ebx, %ebx\n"
	"	int $0x40\n"
	"on_vector:\n"
	"	mov %esp, %ebx\n"
	"	vmmcall\n");

/* The exit code of a user program that calls its kernel with such a TSS. */
static u32 run(u16 attributes)
{
	u32 address = (u32)vmcb, handler = (u32)on_vector;
	u8 *save = vmcb + VMCB_SAVE;

	idt[VECTOR] = (handler & 0xffff) | 8 << 16 | (u64)(0xee00 | (handler & 0xffff0000)) << 32;
	svm_guest((void (*)(void))user);
	svm_segment(save, SAVE_CS, 0x1b, 0xcfb);
	svm_segment(save, SAVE_SS, 0x23, 0xcf3);
	svm_segment(save, SAVE_TR, 0x28, attributes);
	*(u32 *)(save + SAVE_TR + 4) = sizeof(tss) - 1;
	*(u64 *)(save + SAVE_TR + 8) = (u32)tss;
	save[SAVE_CPL] = 3;
	svm_guest_idt(save, idt, sizeof(idt));
	VMCB32(VMCB_INTERCEPT3) = INTERCEPT_SHUTDOWN;
	asm volatile("clgi; push %%ebp; vmload; vmrun; pop %%ebp; stgi"
		     : "+a"(address), "=b"(guest_ebx) : : "ecx", "edx", "esi", "edi", "memory", "cc");
	return VMCB32(VMCB_EXITCODE);
}

static void takes_stack(u16 attributes, u32 stack, const char *what)
{
	check_equal(run(attributes), EXIT_VMMCALL, what);
	check_equal(guest_ebx, stack - 5 * 4, "and what it pushes is on the stack that the TSS names");
}

void main(void)
{
	u32 stack = (u32)(kernel_stack + sizeof(kernel_stack));

	tss[1] = stack;
	tss[2] = 16;
	takes_stack(TSS_BUSY, stack, "an interrupt enters the kernel with a busy TSS");
	takes_stack(TSS_AVAILABLE, stack, "and with one that the hypervisor says is available");
	check_equal(run(TSS_ABSENT), EXIT_SHUTDOWN, "with one that is not present it cannot, and the guest shuts down");
	tss[0] = stack << 16;
	tss[1] = 16;
	takes_stack(TSS_16_BUSY, stack & 0xffff, "a 16-bit TSS names its stack in 16 bits");
}
