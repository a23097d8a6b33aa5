/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interface of the test's VMM and the agent inside its SEV-ES guest: the guest's memory map,
 * the mailbox in shared memory and the orders that pass through it.
 *
 * Each vCPU runs the same agent.  It rings the doorbell (an OUT to AGENT_DOORBELL by way of its
 * GHCB), the VMM writes an order into the vCPU's mailbox and re-enters, the agent obeys and rings
 * again.  An order may carry a whole GHCB page, so a test can send any request that a guest could.
 */
#ifndef ES_GUEST_AGENT_H
#define ES_GUEST_AGENT_H

#define AGENT_GUEST_BYTES	0x600000
#define AGENT_PRIVATE_BYTES	0x200000	/* [0, 2 MiB) is loaded and measured, private */
/* 2 MiB, private, untouched until the guest writes */
#define AGENT_LATER_GPA		0x400000
#define AGENT_IMAGE_GPA		0x100000
#define AGENT_SPARE_GPA		0x1c0000	/* private pages for tests to use */
#define AGENT_TABLES_GPA	0x1f0000	/* page tables */
#define AGENT_MAILBOX_GPA	0x200000	/* + vCPU * AGENT_MAILBOX_BYTES */
#define AGENT_MAILBOX_BYTES	0x8000
/* pages for tests to use; [2 MiB, 4 MiB) is shared */
#define AGENT_PLAIN_GPA		0x300000
#define AGENT_TRIPS_GPA		0x380000	/* AGENT_REPEAT's round trips, 4 bytes each */
#define AGENT_MMIO_GPA		0xd0000000	/* no memory slot */
#define AGENT_MAX_VCPUS		4
#define AGENT_CPU_BYTES		0x8000		/* private block of a vCPU: state, then its stack */
#define AGENT_DOORBELL		0xe5

/* Pages of one vCPU's mailbox. */
#define AGENT_REQUEST_PAGE	0x1000		/* GHCB image that the agent sends */
#define AGENT_ANSWER_PAGE	0x2000		/* GHCB image as it was after VMGEXIT */
#define AGENT_GHCB_PAGE		0x3000		/* the GHCB in use */

/*
 * The request of AGENT_REPEAT before its first and after its last request; the host ignores the
 * mark.
 */
#define AGENT_MARK(mark, end) \
	((uint64_t)(mark) << 16 | (uint64_t)(end) << 12 | SPEC_MSR_SEV_INFO_REQ)

#define AGENT_VECTOR		32		/* the only interrupt that the agent knows */

/* reason set of the agent's own termination requests */
#define AGENT_TERM_SET		15

#ifndef __ASSEMBLER__
#include <stdint.h>

enum agent_order {
	AGENT_NOTHING,
	AGENT_NAE,		/* request page -> GHCB, VMGEXIT, GHCB -> response page */
	AGENT_MSR_PROTO,	/* in[0] -> GHCB MSR, VMGEXIT, GHCB MSR -> out[0] */
	/* in: EAX ECX; out: EAX EBX ECX EDX; really executed, as all below */
	AGENT_CPUID,
	AGENT_RDMSR,		/* in: MSR; out: value */
	AGENT_WRMSR,		/* in: MSR, value */
	AGENT_IN,		/* in: port; out: 4 bytes */
	AGENT_OUT,		/* in: port, 4 bytes */
	AGENT_LOAD,		/* in: GPA; out: 4 bytes, from memory or MMIO */
	AGENT_STORE,		/* in: GPA, 4 bytes */
	AGENT_READ8,		/* in: GPA; out: 8 bytes, from memory */
	AGENT_WRITE8,		/* in: GPA, 8 bytes */
	/* in: value; as NAE, with the value in each free register; out: registers that changed */
	AGENT_SECRETS,
	/*
	 * in: times | mark << 32, MSR request or 0: as NAE, field that alternates between 0 and 1,
	 * or 0; timed
	 */
	AGENT_REPEAT,
	/*
	 * in: GPA of the GHCB to use, times; as NAE without response page; out: responses by kind
	 */
	AGENT_RACE,
	AGENT_FLOOD,		/* in: how, MSR request; until the order changes; out[0] counts */
	AGENT_HALT,		/* STI, HLT; until an interrupt AGENT_VECTOR has come */
	/* in: times, first method; out: holds that ended, those that no SIPI ended */
	AGENT_PARK,
	AGENT_WAKE,		/* in: times, vCPU that parks; out: wake-ups sent */
	/* in: GPA of another vCPU's GHCB, 1: not over the response; until the order changes */
	AGENT_SCRIBBLE,
	AGENT_DR0,		/* in: value; out: DR0 as it is read back */
	/* in: address of a function, which an exception ends; out: what it returned */
	AGENT_CALL,
	/* in: AGENT_CR0, AGENT_CR4 or AGENT_EFER, bits to change; out: the new value */
	AGENT_CONTROL,
};

/* The control registers that AGENT_CONTROL changes. */
enum agent_control { AGENT_CR0, AGENT_CR4, AGENT_EFER };

/* The work with which AGENT_FLOOD keeps the vCPU busy. */
enum agent_flood {
	AGENT_FLOOD_NAE,	/* the request page, again and again */
	AGENT_FLOOD_MSR_PROTO,	/* a request of the MSR protocol */
	AGENT_FLOOD_NOTHING,	/* no exit: the guest only computes */
};

/* out[] of AGENT_RACE; a response that the specification does not have is improper. */
enum agent_race { AGENT_RACE_DONE, AGENT_RACE_RAISE, AGENT_RACE_REFUSED, AGENT_RACE_IMPROPER };

struct agent_mailbox {
	uint32_t order;
	uint32_t exception;	/* vector that the response requested, 0 if none */
	uint64_t in[3];
	uint64_t out[4];
	uint64_t launch_cookie;	/* RDX as the launch VMSA had it */
	uint64_t starts;	/* times that the agent was entered */
	uint64_t nmis;
	uint64_t last_vc;	/* exit code of the last #VC */
	uint64_t fault_rip;	/* where an exception hit that the agent does not expect */
	/* AGENT_SCRIBBLE: times over the page; AGENT_PARK: times that it reported parking */
	uint64_t passes;
	uint64_t interrupts;	/* AGENT_VECTOR: times that it came */
	/* non-zero: an NMI handler writes to this port before it completes */
	uint32_t nmi_bell;
	/* NMIs that had come when NMI complete returned to that handler */
	uint32_t nmis_at_complete;
	uint64_t nmis_done;	/* of nmis, those whose handler is at its end */
	/* GPA of the word in which AGENT_VECTOR may end, see KVM_FEATURE_PV_EOI; 0: none */
	uint64_t pv_eoi;
	uint64_t pv_eois;	/* times that it did */
	uint64_t in_service;	/* AGENT_VECTOR's bit in the APIC, read directly after that */
};

/* First bytes of the image, which the VMM reads to create the launch VMSA. */
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
