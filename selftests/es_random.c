// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: All state that can be read can be set.  A guest behaves the same whether it is left alone,
 *	or its state is read and set at any moment, in its vCPUs or in those of another VM: for each
 *	state that a guest or its VMM can cause.
 * Source: Documentation/vmm-guide.md; include/uapi/linux/kvm_amd_es.h.
 * Why it matters: A state that cannot be set keeps a guest from leaving its host; one that is set
 *	differently from what was read lets it hang later.
 * Not covered: Registers on their way to another host (es_migrate.c); requests of several parts;
 *	the guest's clocks and counters; timers; MSRs that a VMM transfers by KVM_GET_MSRS.
 * Fails with: stock kvm_amd: KVM_AMD_ES_GET_VCPU gives EINVAL.  The module that lets an SMI stay
 *	pending (6.12): KVM_SET_VCPU_EVENTS gives EINVAL for a vCPU that waits for its SIPI, in the
 *	third round.
 *
 * Each round creates two guests from a seed.  Both get the same random requests and ioctls; the
 * state of one of them is read, spoiled and set in between, in place or by a move, and after each
 * step both must have the same state.
 *
 * ES_ROUNDS is the number of rounds with new seeds; without it there are 4, always the same.
 * ES_SEED is the first seed: the seed of a round that failed runs that round again, and prints each
 * step.  `make random-check` runs for an hour.
 */
#include <kselftest_harness.h>
#include <errno.h>
#include <linux/kvm_para.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include "ap.h"
#include "env.h"
#include "state.h"

#define NR_VCPUS	2
#define STEPS		40
#define WAKE_MS		300
#define PORT		0x1000
#define NOWHERE_GPA	0x7000000000ull
#define MSR_ICR		0x830
#define MSR_TPR		0x808
#define MSR_SPIV	0x80f
#define MSR_EFER	0xc0000080
#define SPIV_ENABLED	0x1ff
#define ICR_FIXED	(0x4000u | AGENT_VECTOR)

enum where { AT_DOORBELL, AT_EXIT, IS_OVER, ASLEEP, RUNS };

struct guest {
	struct vmm_vm vms[2], *vm;
};

struct pair {
	struct guest alone, moved;
	struct vmm_vm_options options;
	uint64_t random;
	unsigned long seed;
	unsigned int step;
	bool tells;
	enum where where[NR_VCPUS];
	bool is_volatile[NR_VCPUS];	/* its response is of a clock or counter */
	/* NMIs that it had accepted when the last one was sent, plus 1 */
	uint64_t nmis[NR_VCPUS];
	char did[64];
};

/* --- random choices */

static uint64_t draw(struct pair *p)
{
	p->random ^= p->random >> 12;
	p->random ^= p->random << 25;
	p->random ^= p->random >> 27;
	return p->random * 0x2545f4914f6cdd1dull;
}

static unsigned int below(struct pair *p, unsigned int limit)
{
	return (draw(p) >> 32) % limit;
}

static bool one_in(struct pair *p, unsigned int n)
{
	return !below(p, n);
}

#define PICK(p, ...)								\
	((const uint64_t[]){ __VA_ARGS__ })[below(p,				\
		ARRAY_SIZE(((const uint64_t[]){ __VA_ARGS__ })))]

static struct vmm_vcpu *first(struct pair *p, unsigned int nr)
{
	return &p->alone.vm->vcpus[nr];
}

/*
 * Return true if an NMI may be sent: KVM keeps two pending NMIs, and 6.1's KVM_GET_VCPU_EVENTS
 * reports one, so only one is pending.
 */
static bool begin_nmi(struct pair *p, unsigned int to)
{
	uint64_t taken = vmm_mailbox(first(p, to))->nmis + 1;

	if (p->nmis[to] == taken)
		return false;
	p->nmis[to] = taken;
	return true;
}

#define did(p, ...)	snprintf((p)->did, sizeof((p)->did), __VA_ARGS__)

/* --- both guests */

static struct vmm_vcpu *second(struct pair *p, unsigned int nr)
{
	return &p->moved.vm->vcpus[nr];
}

static void order(struct pair *p, unsigned int nr, enum agent_order what, uint64_t in0,
		  uint64_t in1)
{
	vmm_order_start(first(p, nr), what, in0, in1);
	vmm_order_start(second(p, nr), what, in0, in1);
}

/*
 * Handle the exit as the VMM, as soon as the test allows it; then the vCPU waits until it is
 * released.
 */
static bool answer_exit(struct vmm_vcpu *vcpu, struct kvm_run *run)
{
	(void)vcpu;
	if (run->exit_reason == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_IN)
		memset((uint8_t *)run + run->io.data_offset, run->io.port,
		       run->io.size * run->io.count);
	else if (run->exit_reason == KVM_EXIT_MMIO && !run->mmio.is_write)
		memset(run->mmio.data, run->mmio.phys_addr >> 3, sizeof(run->mmio.data));
	return false;
}

static void create(struct guest *g, const struct vmm_vm_options *options)
{
	unsigned int i;

	g->vm = &g->vms[0];
	vmm_vm_create(g->vm, options);
	g->vm->on_exit = answer_exit;
	vmm_vm_launch(g->vm);
	vmm_boot_ap(&g->vm->vcpus[0], &g->vm->vcpus[1]);
	for (i = 0; i < NR_VCPUS; i++)
		vmm_order(&g->vm->vcpus[i], AGENT_WRMSR, MSR_SPIV, SPIV_ENABLED);
}

/* --- the state that is compared */

struct look {
	enum where where;
	uint32_t mp_state, reason;
	uint64_t exit[2], msr;
	struct kvm_amd_es_vcpu es;
	struct agent_mailbox box;
	uint8_t answer[SPEC_GHCB_BYTES];
};

static enum where where_is(struct vmm_vcpu *vcpu, uint32_t *mp_state)
{
	bool is_exit = vcpu->stopped && !vcpu->run_errno &&
		       (vcpu->run->exit_reason == KVM_EXIT_IO ||
			vcpu->run->exit_reason == KVM_EXIT_MMIO);

	if (is_exit)
		return AT_EXIT;
	*mp_state = vmm_vcpu_mp_state(vcpu);
	if (vcpu->at_doorbell)
		return AT_DOORBELL;
	if (vcpu->stopped)
		return IS_OVER;
	return *mp_state == KVM_MP_STATE_RUNNABLE ? RUNS : ASLEEP;
}

static void look_at_exit(struct vmm_vcpu *vcpu, struct look *look)
{
	const struct kvm_run *run = vcpu->run;

	look->reason = vcpu->run_errno ? 1000u + vcpu->run_errno : run->exit_reason;
	if (look->reason == KVM_EXIT_IO) {
		look->exit[0] = (uint64_t)run->io.port << 32 | run->io.direction << 8 |
				run->io.size;
		look->exit[1] = run->io.count;
	} else if (look->reason == KVM_EXIT_MMIO) {
		look->exit[0] = run->mmio.phys_addr;
		look->exit[1] = run->mmio.len << 8 | run->mmio.is_write;
	} else if (look->reason == KVM_EXIT_SYSTEM_EVENT) {
		look->exit[0] = run->system_event.type;
		look->exit[1] = run->system_event.data[0];
	}
}

/* Read the state, except of a vCPU whose VMM works on an exit: it is not complete. */
static void look_at_state(struct vmm_vcpu *vcpu, struct look *look)
{
	int error = look->where == AT_EXIT ? 0 : vmm_get_vcpu_state(vcpu, &look->es);

	if (error == -EBUSY)
		look->where = RUNS;	/* it has come to the exit in the meantime */
	else if (error)
		vmm_fail("KVM_AMD_ES_GET_VCPU of vCPU %u failed: %m", vcpu->nr);
}

static void look_at(struct vmm_vcpu *vcpu, struct look *look, bool is_volatile)
{
	bool goes;

	memset(look, 0, sizeof(*look));
	look->where = where_is(vcpu, &look->mp_state);
	goes = vcpu->wish == ES_VCPU_GO;
	vmm_vcpu_pause(vcpu);
	if (!vmm_get_msr(vcpu, SPEC_MSR_GHCB, &look->msr))
		vmm_fail("the GHCB MSR of vCPU %u cannot be read", vcpu->nr);
	look_at_state(vcpu, look);
	if (look->where == AT_EXIT || look->where == IS_OVER)
		look_at_exit(vcpu, look);
	look->box = *vmm_mailbox(vcpu);
	memcpy(look->answer, vmm_answer(vcpu), sizeof(look->answer));
	if (is_volatile) {
		memset(look->answer, 0, sizeof(look->answer));
		memset(look->box.out, 0, sizeof(look->box.out));
	}
	if (goes && !vcpu->at_doorbell && !vcpu->stopped)
		vmm_vcpu_go(vcpu);
}

#define DIFFERS(field)	memcmp(&a->field, &b->field, sizeof(a->field))

static const char *difference(const struct look *a, const struct look *b)
{
	if (a->where == RUNS || b->where == RUNS)
		return "one does not come to rest";
	if (DIFFERS(where))
		return "where they are";
	if (DIFFERS(mp_state))
		return "MP state";
	if (DIFFERS(reason) || DIFFERS(exit))
		return "exit to userspace";
	if (DIFFERS(msr))
		return "GHCB MSR";
	if (DIFFERS(es))
		return "state of KVM_AMD_ES_GET_VCPU";
	if (DIFFERS(box))
		return "mailbox";
	return DIFFERS(answer) ? "answer" : NULL;
}

static void show_look(const char *name, const struct look *look)
{
	printf(
		"# %s: where %u, MP state %u, exit %u 0x%llx 0x%llx, GHCB MSR 0x%llx, AP state %u, status %u, end %u\n",
		name, look->where, look->mp_state, look->reason, (unsigned long long)look->exit[0],
		(unsigned long long)look->exit[1], (unsigned long long)look->msr, look->es.ap_state,
		look->es.status, look->es.end);
	printf(
		"#   cr0 0x%llx cr4 0x%llx efer 0x%llx xcr0 0x%llx dr7 0x%llx, out 0x%llx, nmis %llu, interrupts %llu, order %u\n",
		look->es.cr0, look->es.cr4, look->es.efer, look->es.xcr0, look->es.dr7,
		(unsigned long long)look->box.out[0], (unsigned long long)look->box.nmis,
		(unsigned long long)look->box.interrupts, look->box.order);
	printf("#   answer: info1 0x%llx info2 0x%llx rax 0x%llx\n",
	       (unsigned long long)spec_ghcb_get(look->answer, SPEC_GHCB_EXITINFO1),
	       (unsigned long long)spec_ghcb_get(look->answer, SPEC_GHCB_EXITINFO2),
	       (unsigned long long)spec_ghcb_get(look->answer, SPEC_GHCB_RAX));
}

/* Wait until both rest, then compare their states. */
static void compare(struct pair *p, unsigned int nr)
{
	unsigned int left_ms = vmm_time_limit_s() * 1000;
	const char *what = "";
	struct look a, b;

	for (; left_ms && what; left_ms -= what ? 20 : 0) {
		look_at(first(p, nr), &a, p->is_volatile[nr]);
		look_at(second(p, nr), &b, p->is_volatile[nr]);
		what = difference(&a, &b);
		if (what)
			vmm_sleep_ms(20);
	}
	if (what) {
		show_look("left alone", &a);
		show_look("read and set", &b);
		vmm_fail(
			"seed %lu, step %u, %s: vCPU %u differs by its %s; again with ES_SEED=%lu ES_ROUNDS=1",
			p->seed, p->step, p->did, nr, what, p->seed);
	}
	p->where[nr] = a.where;
}

static void compare_all(struct pair *p)
{
	unsigned int i;

	for (i = 0; i < NR_VCPUS; i++)
		compare(p, i);
}

static bool is_halted(struct pair *p, unsigned int nr)
{
	return p->where[nr] == ASLEEP && vmm_vcpu_mp_state(first(p, nr)) == KVM_MP_STATE_HALTED;
}

/* Wait, because a vCPU that sleeps in HLT may be about to leave it. */
static void let_wake(struct pair *p)
{
	unsigned int i;

	for (i = 0; i < NR_VCPUS; i++) {
		if (!is_halted(p, i))
			continue;
		vmm_vcpu_rings_within(first(p, i), WAKE_MS);
		vmm_vcpu_rings_within(second(p, i), WAKE_MS);
	}
}

/* --- requests of the guest */

static void draw_cpuid(struct pair *p, uint8_t *ghcb)
{
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX,
		      PICK(p, 0, 1, 7, 0xd, 0xd, 0xd, 0x40000001, 0x80000001, draw(p)));
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, PICK(p, 0, 1, 2));
	if (!one_in(p, 6))
		spec_ghcb_put(ghcb, SPEC_GHCB_XCR0, PICK(p, 1, 3, 7, 7, 0, 5, 0xe7, draw(p)));
	if (one_in(p, 6))
		spec_ghcb_put(ghcb, SPEC_GHCB_XSS, PICK(p, 0, 1 << 11, draw(p)));
}

static void draw_msr(struct pair *p, uint8_t *ghcb, bool writes)
{
	uint64_t msr = writes ? PICK(p, MSR_TPR, MSR_EFER, SPEC_MSR_GHCB, 0x12345678) :
				PICK(p, 0x1b, MSR_TPR, MSR_SPIV, 0x802, 0x803, MSR_EFER,
				     SPEC_MSR_GHCB, 0x12345678);

	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, msr);
	if (!writes)
		return;
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX,
		      msr == MSR_EFER ? PICK(p, 0x500, 0x501, 0x1500) : PICK(p, 0, 0x10, 0x80));
	spec_ghcb_put(ghcb, SPEC_GHCB_RDX, 0);
}

/*
 * Draw an IPI.  KVM ends the HLT of a vCPU that is in KVM_RUN for everything that wakes its thread,
 * also for a SIPI or SMI that it drops; and not of a vCPU that is out of KVM_RUN at that moment.
 */
static void draw_ipi(struct pair *p, uint8_t *ghcb, unsigned int to)
{
	uint64_t icr = PICK(p, ES_ICR_INIT, ES_ICR_INIT, ES_ICR_SIPI | 0x10, ES_ICR_SIPI | 0x10,
			    ES_ICR_SIPI | 0x10, ES_ICR_NMI, ES_ICR_SMI, ICR_FIXED);

	if ((icr == ES_ICR_NMI && !begin_nmi(p, to)) ||
	    ((icr == ES_ICR_SMI || icr == (ES_ICR_SIPI | 0x10)) && is_halted(p, to)))
		icr = ICR_FIXED;
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, MSR_ICR);
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, icr);
	spec_ghcb_put(ghcb, SPEC_GHCB_RDX, to);
}

static void draw_vmmcall(struct pair *p, uint8_t *ghcb, unsigned int to)
{
	spec_ghcb_put(ghcb, SPEC_GHCB_CPL, PICK(p, 0, 0, 0, 3));
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX,
		      PICK(p, KVM_HC_KICK_CPU, KVM_HC_KICK_CPU, KVM_HC_VAPIC_POLL_IRQ, 0x1234));
	spec_ghcb_put(ghcb, SPEC_GHCB_RBX, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, to);
}

static uint64_t draw_io(struct pair *p, uint8_t *ghcb, uint64_t buffer)
{
	uint64_t info1 = SPEC_IO_PORT(PORT + below(p, 64)) |
			 SPEC_IO_BYTES(PICK(p, 1, 2, 4, 4, 8, 0)) |
			 (one_in(p, 2) ? SPEC_IO_IN : 0) |
			 (one_in(p, 3) ? SPEC_IO_STRING | SPEC_IO_REP : 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, draw(p));
	spec_ghcb_put(ghcb, SPEC_GHCB_SCRATCH, one_in(p, 10) ? NOWHERE_GPA : buffer);
	return info1;
}

static uint64_t draw_jump_table(struct pair *p)
{
	return PICK(p, 0, AGENT_SPARE_GPA, AGENT_PLAIN_GPA, AGENT_SPARE_GPA + 0x10, NOWHERE_GPA,
		    1ull << 52, ~0ull);
}

enum request {
	DR7_WRITE, DR7_READ, CPUID, RDMSR, WRMSR, IPI, IPI_AGAIN, VMMCALL, TABLE_SET, TABLE_GET,
	SIMPLE, IO, MMIO, CLOCK, HOLD, UNKNOWN, END, NR_REQUESTS
};

struct body {
	uint64_t exit, info1, info2;
};

/* Fill the rest of the page, whose scratch area is at BUFFER; TO is another vCPU. */
static struct body draw_body(struct pair *p, uint8_t *ghcb, enum request request, unsigned int to,
			     uint64_t buffer)
{
	switch (request) {
	case DR7_WRITE:
		spec_ghcb_put(ghcb, SPEC_GHCB_RAX, PICK(p, 0x400, 0x455, draw(p), draw(p) << 32));
		return (struct body){ SPEC_EXIT_DR7_WRITE, 0, 0 };
	case DR7_READ:
		return (struct body){ SPEC_EXIT_DR7_READ, 0, 0 };
	case CPUID:
		draw_cpuid(p, ghcb);
		return (struct body){ SPEC_EXIT_CPUID, 0, 0 };
	case RDMSR:
	case WRMSR:
		draw_msr(p, ghcb, request == WRMSR);
		return (struct body){ SPEC_EXIT_MSR, request == WRMSR, 0 };
	case IPI:
	case IPI_AGAIN:
		draw_ipi(p, ghcb, to);
		return (struct body){ SPEC_EXIT_MSR, 1, 0 };
	case VMMCALL:
		draw_vmmcall(p, ghcb, to);
		return (struct body){ SPEC_EXIT_VMMCALL, 0, 0 };
	case TABLE_SET:
		return (struct body){ SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_SET,
				      draw_jump_table(p) };
	case TABLE_GET:
		return (struct body){ SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_GET, 0 };
	case SIMPLE:
		return (struct body){ PICK(p, SPEC_EXIT_INVD, SPEC_EXIT_WBINVD,
					   SPEC_NAE_NMI_COMPLETE, SPEC_NAE_HV_FEATURES),
				      0, 0 };
	case IO:
		return (struct body){ SPEC_EXIT_IOIO, draw_io(p, ghcb, buffer), 1 + below(p, 100) };
	case MMIO:
		spec_ghcb_put(ghcb, SPEC_GHCB_SCRATCH, buffer);
		return (struct body){ PICK(p, SPEC_NAE_MMIO_READ, SPEC_NAE_MMIO_WRITE),
				      AGENT_MMIO_GPA + 8 * below(p, 64), PICK(p, 1, 2, 4, 8, 0) };
	case CLOCK:
		return (struct body){ PICK(p, SPEC_EXIT_RDTSC, SPEC_EXIT_RDTSCP, SPEC_EXIT_RDPMC),
				      0, 0 };
	case HOLD:
		return (struct body){ SPEC_NAE_AP_RESET_HOLD, 0, 0 };
	case END:
		return one_in(p, 4) ?
		       (struct body){ PICK(p, SPEC_NAE_TERMINATE, SPEC_NAE_UNSUPPORTED),
				      below(p, 4096), 0 } :
		       (struct body){ SPEC_NAE_HV_FEATURES, 0, 0 };
	default:
		return (struct body){ PICK(p, draw(p) & 0xff, draw(p) & 0x8000001f, draw(p)),
				      draw(p), draw(p) };
	}
}

/*
 * The response page starts as the request, so both guests have the same in fields that an event
 * leaves alone.
 */
static void send_request(struct pair *p, unsigned int nr)
{
	enum request request = below(p, NR_REQUESTS);
	static uint8_t page[SPEC_GHCB_BYTES];
	struct body body;
	unsigned int i;

	memset(page, 0, sizeof(page));
	for (i = SPEC_GHCB_BUFFER; i < SPEC_GHCB_BUFFER + SPEC_GHCB_BUFFER_BYTES; i++)
		page[i] = i;
	*(uint16_t *)(page + SPEC_GHCB_VERSION) = PICK(p, 1, 1, 1, 1, 1, 0, 2, 3);
	*(uint32_t *)(page + SPEC_GHCB_USAGE) = one_in(p, 30);
	body = draw_body(p, page, request, !nr,
			 vmm_ghcb_gpa(first(p, nr)) + SPEC_GHCB_BUFFER + 8 * below(p, 4));
	spec_ghcb_put(page, SPEC_GHCB_EXITCODE, body.exit);
	spec_ghcb_put(page, SPEC_GHCB_EXITINFO1, body.info1);
	spec_ghcb_put(page, SPEC_GHCB_EXITINFO2, body.info2);
	if (one_in(p, 20))
		page[SPEC_GHCB_BITMAP + below(p, SPEC_GHCB_BITMAP_BYTES)] = draw(p);
	memcpy((uint8_t *)vmm_mailbox(first(p, nr)) + AGENT_REQUEST_PAGE, page, sizeof(page));
	memcpy((uint8_t *)vmm_mailbox(second(p, nr)) + AGENT_REQUEST_PAGE, page, sizeof(page));
	p->is_volatile[nr] = request == CLOCK || request == UNKNOWN;
	did(p, "request 0x%llx of vCPU %u, 0x%llx, rax 0x%llx", (unsigned long long)body.exit, nr,
	    (unsigned long long)body.info1, (unsigned long long)spec_ghcb_get(page, SPEC_GHCB_RAX));
	order(p, nr, AGENT_NAE, 0, 0);
}

static void send_msr(struct pair *p, unsigned int nr)
{
	uint64_t value = PICK(p, SPEC_MSR_SEV_INFO_REQ, SPEC_MSR_CPUID(1, 2), SPEC_MSR_CPUID(7, 1),
			      SPEC_MSR_AP_HOLD_REQ, SPEC_MSR_AP_HOLD_REQ, SPEC_MSR_PREF_GPA_REQ,
			      SPEC_MSR_REG_GPA_REQ | AGENT_PLAIN_GPA, SPEC_MSR_PAGE_STATE_REQ,
			      SPEC_MSR_RUN_VMPL_REQ, SPEC_MSR_FEATURES_REQ, draw(p) | 0x800);

	if (one_in(p, 30))
		value = PICK(p, SPEC_MSR_TERM(below(p, 16), below(p, 256)), NOWHERE_GPA);
	did(p, "MSR request 0x%llx of vCPU %u", (unsigned long long)value, nr);
	order(p, nr, AGENT_MSR_PROTO, value, 0);
}

static void change_control(struct pair *p, unsigned int nr)
{
	static const struct { enum agent_control which; uint64_t bits; } changes[] = {
		{ AGENT_CR0, 1 << 16 }, { AGENT_CR0, 1 << 18 }, { AGENT_CR0, 2 },
		{ AGENT_CR4, 1 << 18 }, { AGENT_CR4, 1 << 18 }, { AGENT_CR4, 1 << 7 },
		{ AGENT_CR4, 1 << 16 }, { AGENT_CR4, 1 << 20 }, { AGENT_EFER, 1 },
		{ AGENT_EFER, 1 << 11 },
	};
	unsigned int i = below(p, ARRAY_SIZE(changes));

	did(p, "control register %u of vCPU %u, bits 0x%llx", changes[i].which, nr,
	    (unsigned long long)changes[i].bits);
	order(p, nr, AGENT_CONTROL, changes[i].which, changes[i].bits);
}

static void guest_acts(struct pair *p, unsigned int nr)
{
	switch (below(p, 8)) {
	case 0:
		send_msr(p, nr);
		break;
	case 1:
		change_control(p, nr);
		break;
	case 2:
		did(p, "HLT of vCPU %u", nr);
		order(p, nr, AGENT_HALT, 0, 0);
		break;
	case 3:
		did(p, "CPUID 1 of vCPU %u", nr);
		order(p, nr, AGENT_CPUID, 1, 0);
		break;
	default:
		send_request(p, nr);
	}
}

/* --- ioctls of the VMM, on a vCPU that has no exit in flight */

static void both_set_mp_state(struct pair *p, unsigned int nr)
{
	unsigned int state = PICK(p, KVM_MP_STATE_RUNNABLE, KVM_MP_STATE_RUNNABLE,
				  KVM_MP_STATE_AP_RESET_HOLD, KVM_MP_STATE_INIT_RECEIVED,
				  KVM_MP_STATE_HALTED);

	did(p, "KVM_SET_MP_STATE(%u) of vCPU %u", state, nr);
	vmm_vcpu_set_mp_state(first(p, nr), state);
	vmm_vcpu_set_mp_state(second(p, nr), state);
}

static void set_one(struct vmm_vcpu *vcpu, const struct kvm_amd_es_vcpu *state, uint64_t msr)
{
	struct kvm_amd_es_vcpu copy = *state;
	bool goes = vcpu->wish == ES_VCPU_GO;

	vmm_vcpu_pause(vcpu);
	if (vmm_set_vcpu_state(vcpu, &copy) || !vmm_set_msr(vcpu, SPEC_MSR_GHCB, msr))
		vmm_fail("state of vCPU %u cannot be set: %m", vcpu->nr);
	if (goes && !vcpu->at_doorbell && !vcpu->stopped)
		vmm_vcpu_go(vcpu);
}

static void both_set_state(struct pair *p, unsigned int nr)
{
	struct look look;
	uint64_t msr;

	look_at(first(p, nr), &look, false);
	look.es.ap_state = below(p, KVM_AMD_ES_AP_HELD_USER + 1);
	look.es.status = below(p, 4);
	look.es.dr7 = (uint32_t)draw(p);
	msr = one_in(p, 4) ? PICK(p, 0, AGENT_PLAIN_GPA, SPEC_MSR_AP_HOLD_REQ) : look.msr;
	/*
	 * If the response of a hold cannot be written, two ends are correct, and the order in which
	 * they are reported is a race.
	 */
	if (look.es.ap_state && look.es.ap_state < KVM_AMD_ES_AP_HELD_NAE && one_in(p, 4))
		msr = draw(p);
	did(p, "KVM_AMD_ES_SET_VCPU of vCPU %u: AP state %u, status %u, MSR 0x%llx", nr,
	    look.es.ap_state, look.es.status, (unsigned long long)msr);
	set_one(first(p, nr), &look.es, msr);
	set_one(second(p, nr), &look.es, msr);
}

static void vmm_acts(struct pair *p, unsigned int nr)
{
	switch (below(p, 6)) {
	case 0:
		if (!begin_nmi(p, nr))
			break;
		did(p, "KVM_NMI for vCPU %u", nr);
		vmm_vcpu_nmi(first(p, nr));
		vmm_vcpu_nmi(second(p, nr));
		break;
	case 1:
		did(p, "KVM_SMI for vCPU %u", nr);
		vmm_vcpu_smi(first(p, nr));
		vmm_vcpu_smi(second(p, nr));
		break;
	case 2:
		both_set_state(p, nr);
		break;
	default:
		both_set_mp_state(p, nr);
	}
}

static void act(struct pair *p, unsigned int nr)
{
	if (p->where[nr] == AT_EXIT) {
		did(p, "vCPU %u goes on after its exit", nr);
		vmm_vcpu_go(first(p, nr));
		vmm_vcpu_go(second(p, nr));
	} else if (p->where[nr] == AT_DOORBELL && !one_in(p, 6)) {
		guest_acts(p, nr);
	} else {
		vmm_acts(p, nr);
	}
}

/* --- steps that only one of them does */

static void set_as_read(struct vmm_vcpu *vcpu)
{
	bool goes = vcpu->wish == ES_VCPU_GO;
	struct vmm_vcpu_state state;

	vmm_vcpu_pause(vcpu);
	vmm_vcpu_save_all(vcpu, &state);
	vmm_vcpu_spoil(vcpu, &state);
	vmm_vcpu_restore_all(vcpu, &state);
	if (goes && !vcpu->at_doorbell && !vcpu->stopped)
		vmm_vcpu_go(vcpu);
}

/* Move away.  An exit that is finished or ended by that continues in the other VM. */
static void move_away(struct pair *p)
{
	struct vmm_vm *from = p->moved.vm, *to = &p->moved.vms[from == &p->moved.vms[0]];
	unsigned int i;

	vmm_vm_snapshot(to, from, &p->options);
	p->moved.vm = to;
	for (i = 0; i < NR_VCPUS; i++) {
		if (p->where[i] != AT_EXIT && p->where[i] != IS_OVER)
			continue;
		vmm_vcpu_go(first(p, i));
		vmm_vcpu_go(second(p, i));
	}
}

static void read_and_set(struct pair *p)
{
	unsigned int i;

	if (one_in(p, 8)) {
		did(p, "move");
		move_away(p);
		return;
	}
	if (!one_in(p, 3))
		return;
	did(p, "set as read");
	for (i = 0; i < NR_VCPUS; i++)
		set_as_read(second(p, i));
}

static bool goes_on(const struct pair *p)
{
	return p->step < STEPS && p->where[0] != IS_OVER && p->where[1] != IS_OVER;
}

static void tell(const struct pair *p)
{
	if (p->tells)
		printf("# step %u: %s\n", p->step, p->did);
}

static void run_round(struct pair *p)
{
	printf("# seed %lu\n", p->seed);
	fflush(stdout);
	create(&p->alone, &p->options);
	create(&p->moved, &p->options);
	compare_all(p);
	for (p->step = 0; goes_on(p); p->step++) {
		act(p, below(p, NR_VCPUS));
		tell(p);
		let_wake(p);
		compare_all(p);
		p->did[0] = 0;
		read_and_set(p);
		tell(p);
		let_wake(p);
		compare_all(p);
	}
	if (p->step < STEPS) {
		did(p, "the guest has ended and is moved");
		move_away(p);
		compare_all(p);
	}
	vmm_vm_destroy(p->alone.vm);
	vmm_vm_destroy(p->moved.vm);
}

static unsigned long first_seed(void)
{
	const char *text = getenv("ES_SEED");
	uint32_t seed = 1;

	if (text)
		return strtoul(text, NULL, 0);
	if (getenv("ES_ROUNDS") && getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		vmm_fail("no random numbers: %m");
	return seed;
}

FIXTURE(random) { };
FIXTURE_SETUP(random) { }
FIXTURE_TEARDOWN(random) { }

TEST_F_TIMEOUT(random, a_guest_does_the_same_when_its_state_is_read_and_set, 20000)
{
	const char *rounds = getenv("ES_ROUNDS");
	unsigned long seed = first_seed();
	unsigned int i, nr_rounds = rounds ? atoi(rounds) : 4;
	static struct pair p;

	for (i = 0; i < nr_rounds; i++) {
		p = (struct pair){ .seed = seed + i,
				   .random = (seed + i) * 0x9e3779b97f4a7c15ull + 1,
				   .tells = getenv("ES_SEED") };
		p.options = (struct vmm_vm_options){
			.nr_vcpus = NR_VCPUS, .ghcb_version = p.seed % 2 ? ES_GHCB_DEFAULT : 0,
		};
		run_round(&p);
	}
}

TEST_HARNESS_MAIN
