// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions inside the guest: #VC becomes a request through the GHCB, NMI is counted and
 * completed, anything else ends the guest with its vector as the reason code.
 *
 * Source: AMD 56421 GHCB Specification, section "SEV-ES Guest Non-Automatic Exits".  The
 *	instruction is not decoded: code that executes one on purpose leaves its end, and for I/O
 *	and MMIO its operands, in the vCPU's block.
 */
#include "agent_cpu.h"
#include "../spec/events.h"
#include "../spec/ghcb.h"

#define VECTOR_NMI	2
#define X2APIC_EOI	0x80b
#define X2APIC_ISR	0x810
#define MMIO_BYTES	4

/* Return true when handled; an exception that the response requests is stored in the mailbox. */
static int vc_answered(struct agent_cpu *cpu, const uint8_t *ghcb)
{
	switch ((uint32_t)spec_ghcb_get(ghcb, SPEC_GHCB_EXITINFO1)) {
	case SPEC_HANDLED:
		return 1;
	case SPEC_EXCEPTION:
		cpu->mailbox->exception = spec_ghcb_get(ghcb, SPEC_GHCB_EXITINFO2) & 0xff;
		return 0;
	}
	agent_terminate(SPEC_VECTOR_VC);
}

static void vc_cpuid(struct agent_cpu *cpu, struct agent_frame *frame)
{
	uint8_t *ghcb = agent_new_ghcb(cpu, SPEC_EXIT_CPUID, 0, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, frame->rax);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, frame->rcx);
	if ((uint32_t)frame->rax == 0xd)
		spec_ghcb_put(ghcb, SPEC_GHCB_XCR0, 1);
	agent_send_ghcb(cpu);
	if (!vc_answered(cpu, ghcb))
		return;
	frame->rax = spec_ghcb_get(ghcb, SPEC_GHCB_RAX);
	frame->rbx = spec_ghcb_get(ghcb, SPEC_GHCB_RBX);
	frame->rcx = spec_ghcb_get(ghcb, SPEC_GHCB_RCX);
	frame->rdx = spec_ghcb_get(ghcb, SPEC_GHCB_RDX);
}

/* Handle RDMSR, which is 0F 32, and WRMSR, 0F 30. */
static void vc_msr(struct agent_cpu *cpu, struct agent_frame *frame)
{
	int write = ((uint8_t *)frame->rip)[1] == 0x30;
	uint8_t *ghcb = agent_new_ghcb(cpu, SPEC_EXIT_MSR, write, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, frame->rcx);
	if (write) {
		spec_ghcb_put(ghcb, SPEC_GHCB_RAX, frame->rax);
		spec_ghcb_put(ghcb, SPEC_GHCB_RDX, frame->rdx);
	}
	agent_send_ghcb(cpu);
	if (!vc_answered(cpu, ghcb) || write)
		return;
	frame->rax = spec_ghcb_get(ghcb, SPEC_GHCB_RAX);
	frame->rdx = spec_ghcb_get(ghcb, SPEC_GHCB_RDX);
}

static void vc_io(struct agent_cpu *cpu, struct agent_frame *frame)
{
	uint8_t *ghcb = agent_new_ghcb(cpu, SPEC_EXIT_IOIO, cpu->io_info, 0);

	if (!(cpu->io_info & SPEC_IO_IN))
		spec_ghcb_put(ghcb, SPEC_GHCB_RAX, frame->rax);
	agent_send_ghcb(cpu);
	if (vc_answered(cpu, ghcb) && (cpu->io_info & SPEC_IO_IN))
		frame->rax = spec_ghcb_get(ghcb, SPEC_GHCB_RAX);
}

static void vc_mmio(struct agent_cpu *cpu, struct agent_frame *frame)
{
	uint64_t exit = cpu->mmio_write ? SPEC_NAE_MMIO_WRITE : SPEC_NAE_MMIO_READ;
	uint8_t *ghcb = agent_new_ghcb(cpu, exit, cpu->mmio_gpa, MMIO_BYTES);
	uint32_t *buffer = (uint32_t *)(ghcb + SPEC_GHCB_BUFFER);

	if (cpu->mmio_write)
		shared_write(buffer, (uint32_t)frame->rax);
	spec_ghcb_put(ghcb, SPEC_GHCB_SCRATCH, (uint64_t)buffer);
	agent_send_ghcb(cpu);
	if (vc_answered(cpu, ghcb) && !cpu->mmio_write)
		frame->rax = shared_read(buffer);
}

/* End what AGENT_CALL called, or else the guest, on an exception that the agent does not expect. */
static void end(struct agent_cpu *cpu, struct agent_frame *frame)
{
	cpu->mailbox->fault_rip = frame->rip;
	if (!cpu->call_rsp)
		agent_terminate(frame->vector);
	cpu->mailbox->exception = frame->vector;
	frame->rip = (uint64_t)agent_call_end;
	frame->rsp = cpu->call_rsp;
	frame->rflags = 2;
}

static void handle_vc(struct agent_cpu *cpu, struct agent_frame *frame)
{
	cpu->mailbox->last_vc = frame->error_code;
	switch (frame->error_code) {
	case SPEC_EXIT_CPUID:
		vc_cpuid(cpu, frame);
		break;
	case SPEC_EXIT_MSR:
		vc_msr(cpu, frame);
		break;
	case SPEC_EXIT_IOIO:
		vc_io(cpu, frame);
		break;
	case SPEC_EXIT_NPF:
		vc_mmio(cpu, frame);
		break;
	default:
		end(cpu, frame);
		return;
	}
	frame->rip = cpu->after;
}

static void ring_nmi_bell(struct agent_cpu *cpu, uint16_t port)
{
	uint8_t *ghcb = agent_new_ghcb(cpu, SPEC_EXIT_IOIO, SPEC_IO_PORT(port) | SPEC_IO_BYTES(1),
				       0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0);
	agent_send_ghcb(cpu);
}

/*
 * Count and complete an NMI.  It may hit while a request is in preparation: restore its GHCB and
 * MSR.
 */
static void handle_nmi(struct agent_cpu *cpu)
{
	uint64_t msr = agent_rdmsr(SPEC_MSR_GHCB), depth = cpu->nmi_depth++;
	struct agent_mailbox *box = cpu->mailbox;
	uint8_t *backup = cpu->ghcb_backup[depth];

	if (depth == AGENT_MAX_NMIS)
		agent_terminate(VECTOR_NMI);
	box->nmis++;
	agent_copy(backup, agent_page(cpu, AGENT_GHCB_PAGE), SPEC_GHCB_BYTES);
	if (box->nmi_bell && !depth)
		ring_nmi_bell(cpu, box->nmi_bell);
	agent_new_ghcb(cpu, SPEC_NAE_NMI_COMPLETE, 0, 0);
	agent_send_ghcb(cpu);
	if (!depth)
		shared_write(&box->nmis_at_complete, (uint32_t)shared_read(&box->nmis));
	agent_copy(agent_page(cpu, AGENT_GHCB_PAGE), backup, SPEC_GHCB_BYTES);
	agent_wrmsr(SPEC_MSR_GHCB, msr);
	cpu->nmi_depth--;
	shared_write(&box->nmis_done, box->nmis_done + 1);
}

static uint32_t read_msr_by_ghcb(struct agent_cpu *cpu, uint32_t msr)
{
	uint8_t *ghcb = agent_new_ghcb(cpu, SPEC_EXIT_MSR, 0, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, msr);
	agent_send_ghcb(cpu);
	return spec_ghcb_get(ghcb, SPEC_GHCB_RAX);
}

/*
 * End the interrupt in memory, without an exit, where the host offers it.  Use one instruction: any
 * exit may withdraw the offer.
 */
static int ended_in_memory(struct agent_mailbox *box)
{
	uint32_t *word = (uint32_t *)box->pv_eoi;
	uint8_t offered = 0;

	if (word)
		asm volatile("btrl $0, %0; setc %1"
			     : "+m" (*word), "=q" (offered) : : "memory", "cc");
	return offered;
}

/*
 * Handle an interrupt.  Interrupts are on in AGENT_HALT only, where no request is in preparation.
 */
static void handle_interrupt(struct agent_cpu *cpu)
{
	struct agent_mailbox *box = cpu->mailbox;

	box->interrupts++;
	if (!ended_in_memory(box)) {
		agent_send_wrmsr(cpu, X2APIC_EOI, 0);
		return;
	}
	box->in_service = read_msr_by_ghcb(cpu, X2APIC_ISR + AGENT_VECTOR / 32);
	box->pv_eois++;
}

void agent_exception(struct agent_frame *frame)
{
	struct agent_cpu *cpu = agent_this_cpu();

	if (frame->vector == SPEC_VECTOR_VC)
		handle_vc(cpu, frame);
	else if (frame->vector == VECTOR_NMI)
		handle_nmi(cpu);
	else if (frame->vector == AGENT_VECTOR)
		handle_interrupt(cpu);
	else
		end(cpu, frame);
}
