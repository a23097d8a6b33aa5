/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instructions that raise #VC in an SEV-ES guest, one function each.  Before it executes, the
 * function leaves the address behind the instruction at (%rdi), where the handler of #VC takes it
 * from.  C declarations are in agent_cpu.h.
 */
	.macro	leave_end
	lea	1f(%rip), %rax
	mov	%rax, (%rdi)
	.endm

	.text
	/* (after, regs): EAX EBX ECX EDX in and out */
	.globl	agent_cpuid
agent_cpuid:
	push	%rbx
	leave_end
	mov	(%rsi), %rax
	mov	16(%rsi), %rcx
	cpuid
1:	mov	%rax, (%rsi)
	mov	%rbx, 8(%rsi)
	mov	%rcx, 16(%rsi)
	mov	%rdx, 24(%rsi)
	pop	%rbx
	ret

	/* (after, MSR): the value */
	.globl	agent_insn_rdmsr
agent_insn_rdmsr:
	leave_end
	mov	%rsi, %rcx
	xor	%eax, %eax
	xor	%edx, %edx
	rdmsr
1:	mov	%eax, %eax
	shl	$32, %rdx
	or	%rdx, %rax
	ret

	/* (after, MSR, value) */
	.globl	agent_insn_wrmsr
agent_insn_wrmsr:
	leave_end
	mov	%rsi, %rcx
	mov	%edx, %eax
	shr	$32, %rdx
	wrmsr
1:	ret

	/* (after, port): 4 bytes */
	.globl	agent_insn_in
agent_insn_in:
	leave_end
	mov	%rsi, %rdx
	xor	%eax, %eax
	in	%dx, %eax
1:	ret

	/* (after, port, 4 bytes) */
	.globl	agent_insn_out
agent_insn_out:
	leave_end
	mov	%rdx, %rax
	mov	%rsi, %rdx
	out	%eax, %dx
1:	ret

	/* (after, address): 4 bytes */
	.globl	agent_insn_load
agent_insn_load:
	leave_end
	xor	%eax, %eax
	mov	(%rsi), %eax
1:	ret

	/* (after, address, 4 bytes) */
	.globl	agent_insn_store
agent_insn_store:
	leave_end
	mov	%rdx, %rax
	mov	%eax, (%rsi)
1:	ret

	/* (place for RSP, function): what it returns */
	.globl	agent_call
agent_call:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	call	*%rsi
	.globl	agent_call_end
agent_call_end:
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
