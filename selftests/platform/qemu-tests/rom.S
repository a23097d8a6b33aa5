/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ROM of a test: from the reset vector to main() in flat 32-bit mode
 *
 * Intel SDM Volume 3, "Processor Initialization": a CPU starts in real mode
 * at FFFF:FFF0.  The 64 KiB image is the program, linked for PROGRAM, and this
 * stub in its last 256 bytes, which copies the program to RAM and enters it.
 * No firmware is involved.  PROGRAM is on the command line.
 */
	.section .stub, "ax"
	.code16
start16:
	cli
	lgdtl	%cs:(gdtr - start16 + 0xff00)
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$8, $(start32 - start16 + 0xfff00)

	.code32
start32:
	mov	$16, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %ss
	mov	$0x90000, %esp
	mov	$0xffff0000, %esi
	mov	$PROGRAM, %edi
	mov	$(0xff00 / 4), %ecx
	rep movsl
	call	*entry_address - start16 + 0xffffff00
1:	hlt
	jmp	1b

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* 08: code */
	.quad	0x00cf93000000ffff	/* 10: data */
	.quad	0x00009b000000ffff	/* 18: 16-bit code, base 0 */
gdtr:	.word	. - gdt - 1
	.long	gdt - start16 + 0xfff00
entry_address:
	.long	test_entry
	.org	0xf0
	jmp	start16
	.org	0x100

	.section .note.GNU-stack, ""
