/* SPDX-License-Identifier: GPL-2.0 */
/* The first program of a Linux guest, linked into tests that boot one. */
	.section .rodata
	.globl	pc_init_image, pc_init_image_end
	.balign	16
pc_init_image:
	.incbin	"init"
pc_init_image_end:

	.section .note.GNU-stack, "", @progbits
