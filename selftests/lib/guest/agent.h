/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the test's VMM and the agent inside its SEV-ES guest agree on: the guest's memory map, the
 * mailbox in shared memory and the orders that go through it.
 *
 * Each vCPU runs the same agent.  It rings the doorbell (an OUT to AGENT_DOORBELL by way of its GHCB),
 * the VMM writes an order into the vCPU's mailbox and re-enters, the agent obeys and rings again.
 * An order may carry a whole GHCB page, so a test can send any request that a guest could.
 */
#ifndef ES_GUEST_AGENT_H
#define ES_GUEST_AGENT_H

#define AGENT_GUEST_BYTES	0x600000
#define AGENT_PRIVATE_BYTES	0x200000	/* [0, 2 MiB) is loaded and measured, private */
#define AGENT_LATER_GPA		0x400000	/* 2 MiB, private, untouched until the guest writes */
#define AGENT_IMAGE_GPA		0x100000
#define AGENT_SPARE_GPA		0x1c0000	/* private pages for tests to use */
#define AGENT_TABLES_GPA	0x1f0000	/* page tables */
#define AGENT_MAILBOX_GPA	0x200000	/* + vCPU * AGENT_MAILBOX_BYTES */
#define AGENT_MAILBOX_BYTES	0x8000
#define AGENT_PLAIN_GPA		0x300000	/* pages for tests to use; [2 MiB, 4 MiB) is shared */
#define AGENT_TRIPS_GPA		0x380000	/* AGENT_REPEAT's round trips, 4 bytes each */
#define AGENT_MMIO_GPA		0xd0000000	/* no memory slot */
#define AGENT_MAX_VCPUS		4
#define AGENT_CPU_BYTES		0x8000		/* private block of a vCPU: state, then its stack */
#define AGENT_DOORBELL		0xe5

/* Pages of one vCPU's mailbox. */
#define AGENT_REQUEST_PAGE	0x1000		/* GHCB image that the agent sends */
#define AGENT_ANSWER_PAGE	0x2000		/* GHCB image as it was after VMGEXIT */
#define AGENT_GHCB_PAGE		0x3000		/* the GHCB in use */

/* What AGENT_REPEAT asks for before its first and behind its last request; the host ignores the mark. */
#define AGENT_MARK(mark, end)	((uint64_t)(mark) << 16 | (uint64_t)(end) << 12 | SPEC_MSR_SEV_INFO_REQ)

#define AGENT_VECTOR		32		/* the only interrupt that the agent knows */

#define AGENT_TERM_SET		15		/* reason set of the agent's own termination requests */

#ifndef __ASSEMBLER__
#include <stdint.h>

enum agent_order {
	AGENT_NOTHING,
	AGENT_NAE,		/* request page -> GHCB, VMGEXIT, GHCB -> answer page */
	AGENT_MSR_PROTO,	/* in[0] -> GHCB MSR, VMGEXIT, GHCB MSR -> out[0] */
	AGENT_CPUID,		/* in: EAX ECX; out: EAX EBX ECX EDX; really executed, as all below */
	AGENT_RDMSR,		/* in: MSR; out: value */
	AGENT_WRMSR,		/* in: MSR, value */
	AGENT_IN,		/* in: port; out: 4 bytes */
	AGENT_OUT,		/* in: port, 4 bytes */
	AGENT_LOAD,		/* in: GPA; out: 4 bytes, from memory or MMIO */
	AGENT_STORE,		/* in: GPA, 4 bytes */
	AGENT_READ8,		/* in: GPA; out: 8 bytes, from memory */
	AGENT_WRITE8,		/* in: GPA, 8 bytes */
	AGENT_SECRETS,		/* in: value; as NAE, with the value in each free register; out: registers that changed */
	AGENT_REPEAT,		/* in: times | mark << 32, MSR request or 0: as NAE, field that is 0 and 1 in turn or 0; timed */
	AGENT_RACE,		/* in: GPA of the GHCB to use, times; as NAE without answer page; out: answers by kind */
	AGENT_FLOOD,		/* in: how, MSR request; until the order changes; out[0] counts */
	AGENT_HALT,		/* STI, HLT; until an interrupt AGENT_VECTOR has come */
	AGENT_PARK,		/* in: times, first road; out: holds that ended, those that no SIPI ended */
	AGENT_WAKE,		/* in: times, vCPU that parks; out: wake-ups sent */
	AGENT_SCRIBBLE,		/* in: GPA of somebody's GHCB, 1: not over the answer; until the order changes */
	AGENT_DR0,		/* in: value; out: the same, as DR0 gives it back */
	AGENT_CALL,		/* in: address of a function, which an exception ends; out: what it returned */
	AGENT_CONTROL,		/* in: AGENT_CR0, AGENT_CR4 or AGENT_EFER, bits to turn over; out: what it is then */
};

/* The control registers that AGENT_CONTROL changes. */
enum agent_control { AGENT_CR0, AGENT_CR4, AGENT_EFER };

/* How AGENT_FLOOD keeps the vCPU busy. */
enum agent_flood {
	AGENT_FLOOD_NAE,	/* the request page, again and again */
	AGENT_FLOOD_MSR_PROTO,	/* a request of the MSR protocol */
	AGENT_FLOOD_NOTHING,	/* no exit: the guest only computes */
};

/* out[] of AGENT_RACE; an answer that is none of the specification's is improper. */
enum agent_race { AGENT_RACE_DONE, AGENT_RACE_RAISE, AGENT_RACE_REFUSED, AGENT_RACE_IMPROPER };

struct agent_mailbox {
	uint32_t order;
	uint32_t exception;	/* vector that the answer told the agent to raise, 0 if none */
	uint64_t in[3];
	uint64_t out[4];
	uint64_t launch_cookie;	/* RDX as the launch VMSA had it */
	uint64_t starts;	/* times that the agent was entered */
	uint64_t nmis;
	uint64_t last_vc;	/* exit code of the last #VC */
	uint64_t fault_rip;	/* where an exception hit that the agent does not expect */
	uint64_t passes;	/* AGENT_SCRIBBLE: times over the page; AGENT_PARK: times that it said so */
	uint64_t interrupts;	/* AGENT_VECTOR: times that it came */
	uint32_t nmi_bell;	/* non-zero: an NMI handler writes to this port before it completes */
	uint32_t nmis_at_complete;	/* NMIs that had come when NMI complete returned to that handler */
	uint64_t nmis_done;	/* of nmis, those whose handler is at its end */
	uint64_t pv_eoi;	/* GPA of the word in which AGENT_VECTOR may end, see KVM_FEATURE_PV_EOI; 0: none */
	uint64_t pv_eois;	/* times that it did */
	uint64_t in_service;	/* the APIC's word for AGENT_VECTOR, read right behind that */
};

/* First bytes of the image: what the VMM must know to make the launch VMSA. */
struct agent_header {
	uint64_t entry;
	uint64_t cpus;		/* + vCPU * AGENT_CPU_BYTES: base of GS, the stack at the end */
	uint64_t gdt;
	uint64_t gdt_bytes;
	uint64_t idt;
	uint64_t idt_bytes;
};
#endif

#endif
