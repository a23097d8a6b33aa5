/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Start of the agent's image: the header for the VMM, descriptor tables, and the way from an
 * exception to C.  64-bit, identity mapped; the launch VMSA enters agent_main() directly.
 */
#include "agent.h"

	.section .head, "ax"
image_start:
	.quad	agent_main
	.quad	agent_cpus
	.quad	gdt
	.quad	24
	.quad	idt
	.quad	33 * 16

	.balign 16
gdt:	.quad	0
	.quad	0x00af9b000000ffff		/* code, 64-bit */
	.quad	0x00cf93000000ffff		/* data */

	/*
	 * Each handler lies within 64 KiB of the image's start, so its address splits without
	 * relocation.
	 */
	.balign 16
idt:
	.set	vector, 0
	.rept	33
	.word	stubs + vector * 16 - image_start
	.word	8, 0x8e00, AGENT_IMAGE_GPA >> 16
	.quad	0
	.set	vector, vector + 1
	.endr

	/* Vectors that come with an error code: 8, 10 to 14, 17, 21, 29, 30. */
	.balign 16
stubs:
	.set	vector, 0
	.rept	33
	.balign 16
	.if	!((0x60227d00 >> vector) & 1)
	push	$0
	.endif
	push	$vector
	jmp	exception
	.set	vector, vector + 1
	.endr

	/* Order of struct agent_frame in agent_cpu.h. */
exception:
	cld
	push	%rax
	push	%rcx
	push	%rdx
	push	%rbx
	push	%rbp
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	agent_exception
	mov	%rbp, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rbp
	pop	%rbx
	pop	%rdx
	pop	%rcx
	pop	%rax
	add	$16, %rsp
	iretq

/*
 * uint64_t agent_secrets(uint64_t value): VMGEXIT with the value in every register but RSP.
 * Returns how many of them hold something else afterwards.  0(%rsp) counts, 8(%rsp) keeps RAX, 16
 * the value.
 */
	.globl	agent_secrets
agent_secrets:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdi
	sub	$16, %rsp
	movq	$0, (%rsp)
	mov	%rdi, %rax
	.irp	reg, rbx, rcx, rdx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
	mov	%rax, %\reg
	.endr
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movq	%rax, %xmm\nr
	.endr
	rep; vmmcall
	mov	%rax, 8(%rsp)
	mov	16(%rsp), %rax
	.irp	reg, rbx, rcx, rdx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
	cmp	%rax, %\reg
	je	1f
	incq	(%rsp)
1:
	.endr
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movq	%xmm\nr, %rcx
	cmp	%rax, %rcx
	je	1f
	incq	(%rsp)
1:
	.endr
	cmp	%rax, 8(%rsp)
	je	1f
	incq	(%rsp)
1:
	pop	%rax
	add	$16, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
