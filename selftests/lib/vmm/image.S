/* SPDX-License-Identifier: GPL-2.0 */
/* The guest's agent, linked into each test. */
	.section .rodata
	.globl	vmm_agent_image, vmm_agent_image_end
	.balign	4096
vmm_agent_image:
	.incbin	"agent.bin"
vmm_agent_image_end:

	.section .note.GNU-stack, "", @progbits
