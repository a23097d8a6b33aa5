/* SPDX-License-Identifier: GPL-2.0 */
/* The guest's agent, linked into each test. */
	.section .rodata
	.globl	es_agent_image, es_agent_image_end
	.balign	4096
es_agent_image:
	.incbin	"agent.bin"
es_agent_image_end:

	.section .note.GNU-stack, "", @progbits
