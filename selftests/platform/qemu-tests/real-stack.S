/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * real_stack(): INT and IRET in real mode with a 32-bit stack above 64 KiB
 *
 * Called in flat 32-bit mode; visits real mode with the cached descriptor of
 * the flat data segment in SS and records what it saw in real_stack_seen.
 */
	.set	STACK, 0x80000
	.set	VECTOR, 0x60

	.text
	.code32
	.globl	real_stack
real_stack:
	pushal
	mov	%esp, saved_esp
	sidtl	saved_idtr
	/* this code lies in the first 64 KiB: segment 0 */
	movw	$handler, VECTOR * 4
	movw	$0, VECTOR * 4 + 2
	lidtl	real_idtr
	ljmp	$0x18, $1f
	.code16
1:	mov	%cr0, %eax
	and	$~1, %al
	mov	%eax, %cr0
	ljmp	$0, $2f
2:	mov	$STACK, %esp

	/* INT pushes through ESP ... */
	int	$VECTOR
back:	addr32 mov %esp, esp_after_iret

	/* ... and so does IRET with 32-bit operands, as edk2 uses it */
	pushfl
	pushl	$0
	pushl	$3f
	iretl
3:	addr32 mov %esp, esp_after_iretl

	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$8, $4f
	.code32
4:	mov	$16, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	saved_esp, %esp
	lidtl	saved_idtr
	popal
	ret

	.code16
handler:
	addr32 mov %esp, esp_in_handler
	addr32 movl $back, pushed_ip_wanted
	/* DS is flat, too: what lies where INT should have pushed */
	mov	$(STACK - 6), %eax
	movzwl	(%eax), %eax
	addr32 mov %eax, pushed_ip
	iretw

	.data
	.balign	4
	.globl	esp_in_handler, pushed_ip, pushed_ip_wanted, esp_after_iret, esp_after_iretl
esp_in_handler:		.long	0
pushed_ip:		.long	0
pushed_ip_wanted:	.long	0
esp_after_iret:		.long	0
esp_after_iretl:	.long	0
saved_esp:		.long	0
saved_idtr:		.word	0
			.long	0
real_idtr:		.word	0x3ff
			.long	0

	.section .note.GNU-stack, ""
