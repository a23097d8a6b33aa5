// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A guest can be stopped at every state of AP bring-up, its state read, its context moved,
 *	and the state set in new vCPUs: it continues as if nothing had happened.  The state that is
 *	set counts there, not the state that the move transferred.
 * Source: Documentation/vmm-guide.md; include/uapi/linux/kvm_amd_es.h; KVM API,
 *	KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM.
 * Why it matters: A vCPU that is restored in another state of bring-up is never woken, or wakes
 *	unasked.
 * Not covered: Registers on their way to another host (es_migrate.c); more than one state at a
 *	time.
 * Fails with: stock kvm_amd: every case, because KVM_AMD_ES_GET_VCPU gives EINVAL (6.1 and 6.12);
 *	es_move.c shows the effect on its guests.
 */
#include <kselftest_harness.h>
#include "ap.h"
#include "env.h"
#include "state.h"

#define QUIET_MS	100
#define PORT		0x1234
#define IN_VALUE	0x1badb002
#define X2APIC_SPIV	0x80f
#define SPIV_ENABLED	0x1ff
#define ICR_FIXED	(0x4000u | AGENT_VECTOR)

struct guest {
	struct vmm_vm vms[2];
	struct vmm_vm *vm;		/* where it is */
	struct vmm_vcpu *bsp, *ap;
};

static void guest_is_in(struct guest *g, struct vmm_vm *vm)
{
	g->vm = vm;
	g->bsp = &vm->vcpus[0];
	g->ap = &vm->vcpus[1];
}

static void must_be(bool right, const char *what)
{
	if (!right)
		vmm_fail("not so: %s", what);
}

static void start_ap(struct guest *g)
{
	vmm_boot_ap(g->bsp, g->ap);
}

static void is_never_started(struct guest *g)
{
	vmm_vcpu_go(g->ap);
	must_be(!vmm_vcpu_rings_within(g->ap, QUIET_MS), "a vCPU that was never started waits");
	vmm_send_init_sipi(g->bsp, g->ap, 0x10);
	vmm_vcpu_wait(g->ap, "INIT and SIPI start it");
	must_be(vmm_mailbox(g->ap)->starts == 1, "it starts once");
}

static void goes_on(struct guest *g)
{
	must_be(vmm_guest_answers(g->ap), "the AP goes on");
	must_be(vmm_mailbox(g->ap)->starts == 1, "it started once");
}

static void park(struct guest *g, struct vmm_vcpu *vcpu, bool by_msr)
{
	start_ap(g);
	vmm_park(vcpu, by_msr);
	must_be(vmm_parked_mp_state(vcpu) == KVM_MP_STATE_AP_RESET_HOLD, "it is held");
}

static void park_by_page(struct guest *g) { park(g, g->ap, false); }
static void park_by_msr(struct guest *g) { park(g, g->ap, true); }
static void park_bsp(struct guest *g) { park(g, g->bsp, false); }

static void is_woken(struct vmm_vcpu *waker, struct vmm_vcpu *vcpu, bool by_msr)
{
	vmm_vcpu_nmi(vcpu);
	must_be(!vmm_vcpu_rings_within(vcpu, QUIET_MS), "a held vCPU stays held, whatever comes");
	must_be(vmm_vcpu_mp_state(vcpu) == KVM_MP_STATE_AP_RESET_HOLD, "its MP state says so");
	vmm_send_init_sipi(waker, vcpu, 0x10);
	vmm_vcpu_wait(vcpu, "INIT and SIPI end the hold");
	must_be(vmm_woken_by_sipi(vcpu, by_msr),
		"the answer is that of a SIPI, on the road of the hold");
}

static void is_held_by_page(struct guest *g) { is_woken(g->bsp, g->ap, false); }
static void is_held_by_msr(struct guest *g) { is_woken(g->bsp, g->ap, true); }
static void bsp_is_held(struct guest *g) { is_woken(g->ap, g->bsp, false); }

static void init_while_held(struct guest *g, bool by_msr)
{
	park(g, g->ap, by_msr);
	vmm_send_icr(g->bsp, ES_ICR_INIT, g->ap->nr);
	must_be(vmm_vcpu_mp_state(g->ap) == KVM_MP_STATE_INIT_RECEIVED, "INIT is taken in");
}

static void init_while_held_by_page(struct guest *g) { init_while_held(g, false); }
static void init_while_held_by_msr(struct guest *g) { init_while_held(g, true); }

static void waits_for_sipi(struct guest *g, bool by_msr)
{
	must_be(!vmm_vcpu_rings_within(g->ap, QUIET_MS), "INIT alone ends no hold");
	vmm_send_icr(g->bsp, ES_ICR_SIPI | 0x10, g->ap->nr);
	vmm_vcpu_wait(g->ap, "the SIPI ends the hold");
	must_be(vmm_woken_by_sipi(g->ap, by_msr),
		"the answer is that of a SIPI, on the road of the hold");
}

static void waits_for_sipi_by_page(struct guest *g) { waits_for_sipi(g, false); }
static void waits_for_sipi_by_msr(struct guest *g) { waits_for_sipi(g, true); }

/* Send both to a paused vCPU: the APIC has both, and no vCPU has checked. */
static void send_to_paused(struct guest *g, bool by_msr)
{
	park(g, g->ap, by_msr);
	vmm_vcpu_pause(g->ap);
	vmm_send_init_sipi(g->bsp, g->ap, 0x10);
}

static void sipi_on_its_way(struct guest *g) { send_to_paused(g, false); }

/* Wake the AP: the wake-up is consumed and the response written, and the guest has not run. */
static void woken_and_not_run(struct guest *g)
{
	send_to_paused(g, true);
	must_be(vmm_vcpu_mp_state(g->ap) == KVM_MP_STATE_RUNNABLE,
		"KVM_GET_MP_STATE takes the SIPI in");
}

static void comes_back(struct guest *g, bool by_msr)
{
	vmm_vcpu_go(g->ap);
	vmm_vcpu_wait(g->ap, "the hold has ended");
	must_be(vmm_woken_by_sipi(g->ap, by_msr),
		"the answer is that of a SIPI, on the road of the hold");
}

static void comes_back_by_page(struct guest *g) { comes_back(g, false); }
static void comes_back_by_msr(struct guest *g) { comes_back(g, true); }

/* Send INIT to a vCPU that runs; the SIPI after it is meant for its next hold. */
static void init_while_running(struct guest *g)
{
	start_ap(g);
	vmm_send_icr(g->bsp, ES_ICR_INIT, g->ap->nr);
	must_be(vmm_vcpu_mp_state(g->ap) == KVM_MP_STATE_INIT_RECEIVED, "INIT stops it");
}

static void sipi_while_running(struct guest *g)
{
	start_ap(g);
	vmm_send_init_sipi(g->bsp, g->ap, 0x10);
	must_be(vmm_vcpu_mp_state(g->ap) == KVM_MP_STATE_RUNNABLE, "the SIPI lets it go on");
}

static void ends_at_once(struct vmm_vcpu *vcpu)
{
	vmm_park(vcpu, false);
	vmm_vcpu_wait(vcpu, "the SIPI from before the hold ends it");
	must_be(vmm_woken_by_sipi(vcpu, false), "the answer is that of a SIPI");
}

static void next_hold_ends_at_once(struct guest *g) { ends_at_once(g->ap); }
static void bsp_next_hold_ends_at_once(struct guest *g) { ends_at_once(g->bsp); }

/* Send INIT to the boot CPU, which continues to run and remembers INIT. */
static void init_while_bsp_runs(struct guest *g)
{
	start_ap(g);
	vmm_send_icr(g->ap, ES_ICR_INIT, g->bsp->nr);
	must_be(vmm_guest_answers(g->bsp), "INIT does not stop the boot CPU");
}

static void sipi_while_bsp_runs(struct guest *g)
{
	init_while_bsp_runs(g);
	vmm_send_icr(g->ap, ES_ICR_SIPI | 0x10, g->bsp->nr);
	must_be(vmm_guest_answers(g->bsp), "nor does the SIPI");
}

static void bsp_waits_for_sipi_in_hold(struct guest *g)
{
	must_be(vmm_guest_answers(g->bsp), "the boot CPU runs");
	vmm_park(g->bsp, false);
	must_be(!vmm_vcpu_rings_within(g->bsp, QUIET_MS), "it is held");
	vmm_send_icr(g->ap, ES_ICR_SIPI | 0x10, g->bsp->nr);
	vmm_vcpu_wait(g->bsp, "the SIPI, whose INIT came before the hold, ends it");
	must_be(vmm_woken_by_sipi(g->bsp, false), "the answer is that of a SIPI");
}

static void goes_on_after_sipi(struct guest *g)
{
	vmm_park(g->ap, false);
	must_be(!vmm_vcpu_rings_within(g->ap, QUIET_MS), "INIT has stopped it");
	vmm_send_icr(g->bsp, ES_ICR_SIPI | 0x10, g->ap->nr);
	vmm_vcpu_wait(g->ap, "the SIPI lets it go on, and ends its next hold");
	must_be(vmm_woken_by_sipi(g->ap, false), "the answer is that of a SIPI");
}

/* Send INIT to the BSP, whose new APIC has seen no SIPI. */
static void bsp_takes_init_for_init(struct guest *g)
{
	vmm_send_icr(g->ap, ES_ICR_INIT, g->bsp->nr);
	bsp_waits_for_sipi_in_hold(g);
}

static void halt(struct guest *g)
{
	start_ap(g);
	vmm_order(g->ap, AGENT_WRMSR, X2APIC_SPIV, SPIV_ENABLED);
	vmm_order_start(g->ap, AGENT_HALT, 0, 0);
	must_be(vmm_halted_mp_state(g->ap) == KVM_MP_STATE_HALTED, "it sleeps in HLT");
}

static void sleeps_on(struct guest *g)
{
	must_be(!vmm_vcpu_rings_within(g->ap, QUIET_MS), "it sleeps on");
	vmm_send_icr(g->bsp, ICR_FIXED, g->ap->nr);
	vmm_vcpu_wait(g->ap, "an interrupt wakes it");
	must_be(vmm_mailbox(g->ap)->interrupts == 1, "it takes the interrupt");
}

static void hold_by_userspace(struct guest *g)
{
	vmm_vcpu_set_mp_state(g->ap, KVM_MP_STATE_AP_RESET_HOLD);
	vmm_vcpu_go(g->ap);
	must_be(!vmm_vcpu_rings_within(g->ap, QUIET_MS), "it is held");
}

static void is_held_by_userspace(struct guest *g)
{
	must_be(!vmm_vcpu_rings_within(g->ap, QUIET_MS), "it stays held");
	vmm_send_init_sipi(g->bsp, g->ap, 0x10);
	vmm_vcpu_wait(g->ap, "INIT and SIPI start it");
	must_be(vmm_mailbox(g->ap)->starts == 1, "it starts once");
}

/*
 * Prepare an exit in flight: the VMM's data reaches the guest, although the VMM enters the guest in
 * another VM.
 */
static void exit_in_flight(struct guest *g)
{
	start_ap(g);
	vmm_order_start(g->ap, AGENT_IN, PORT, 0);
	vmm_vcpu_wait_stop(g->ap, "IN exits to userspace");
	*(uint32_t *)((uint8_t *)g->ap->run + g->ap->run->io.data_offset) = IN_VALUE;
}

static void exit_is_finished(struct guest *g)
{
	vmm_vcpu_go(g->ap);
	vmm_vcpu_wait(g->ap, "the guest goes on after IN");
	must_be(vmm_mailbox(g->ap)->out[0] == IN_VALUE, "IN gives what the VMM brought");
}

FIXTURE(snapshot) {
	struct guest g;
};

FIXTURE_VARIANT(snapshot) {
	void (*prepare)(struct guest *g);
	unsigned int vcpu, ap_state;	/* that vCPU is in this state then */
	void (*prove)(struct guest *g);
};

static void nothing(struct guest *g) { (void)g; }

FIXTURE_VARIANT_ADD(snapshot, never_started) {
	.vcpu = 1, .ap_state = KVM_AMD_ES_AP_WAITING, .prepare = nothing, .prove = is_never_started,
};

FIXTURE_VARIANT_ADD(snapshot, running) {
	.vcpu = 1, .ap_state = KVM_AMD_ES_AP_RUNNING, .prepare = start_ap, .prove = goes_on,
};

FIXTURE_VARIANT_ADD(snapshot, parked_by_page) {
	.vcpu = 1, .ap_state = KVM_AMD_ES_AP_HELD_NAE, .prepare = park_by_page,
	.prove = is_held_by_page,
};

FIXTURE_VARIANT_ADD(snapshot, parked_by_msr) {
	.vcpu = 1, .ap_state = KVM_AMD_ES_AP_HELD_MSR, .prepare = park_by_msr,
	.prove = is_held_by_msr,
};

FIXTURE_VARIANT_ADD(snapshot, parked_by_page_and_init) {
	.vcpu = 1, .ap_state = KVM_AMD_ES_AP_HELD_NAE_INIT,
	.prepare = init_while_held_by_page, .prove = waits_for_sipi_by_page,
};

FIXTURE_VARIANT_ADD(snapshot, parked_by_msr_and_init) {
	.vcpu = 1, .ap_state = KVM_AMD_ES_AP_HELD_MSR_INIT,
	.prepare = init_while_held_by_msr, .prove = waits_for_sipi_by_msr,
};

FIXTURE_VARIANT_ADD(snapshot, sipi_pending) {
	.vcpu = 1, .ap_state = KVM_AMD_ES_AP_RUNNING, .prepare = sipi_on_its_way,
	.prove = comes_back_by_page,
};

FIXTURE_VARIANT_ADD(snapshot, woken_not_yet_run) {
	.vcpu = 1, .ap_state = KVM_AMD_ES_AP_RUNNING, .prepare = woken_and_not_run,
	.prove = comes_back_by_msr,
};

FIXTURE_VARIANT_ADD(snapshot, init_while_running) {
	.vcpu = 1, .ap_state = KVM_AMD_ES_AP_RUNNING_INIT, .prepare = init_while_running,
	.prove = goes_on_after_sipi,
};

FIXTURE_VARIANT_ADD(snapshot, sipi_while_running) {
	.vcpu = 1, .ap_state = KVM_AMD_ES_AP_RUNNING_SIPI, .prepare = sipi_while_running,
	.prove = next_hold_ends_at_once,
};

FIXTURE_VARIANT_ADD(snapshot, halted) {
	.vcpu = 1, .ap_state = KVM_AMD_ES_AP_RUNNING, .prepare = halt, .prove = sleeps_on,
};

FIXTURE_VARIANT_ADD(snapshot, held_by_userspace) {
	.vcpu = 1, .ap_state = KVM_AMD_ES_AP_HELD_USER, .prepare = hold_by_userspace,
	.prove = is_held_by_userspace,
};

FIXTURE_VARIANT_ADD(snapshot, bsp_parked) {
	.ap_state = KVM_AMD_ES_AP_HELD_NAE, .prepare = park_bsp, .prove = bsp_is_held,
};

FIXTURE_VARIANT_ADD(snapshot, bsp_running) {
	.ap_state = KVM_AMD_ES_AP_RUNNING, .prepare = start_ap, .prove = bsp_takes_init_for_init,
};

FIXTURE_VARIANT_ADD(snapshot, init_while_bsp_runs) {
	.ap_state = KVM_AMD_ES_AP_RUNNING_INIT, .prepare = init_while_bsp_runs,
	.prove = bsp_waits_for_sipi_in_hold,
};

FIXTURE_VARIANT_ADD(snapshot, sipi_while_bsp_runs) {
	.ap_state = KVM_AMD_ES_AP_RUNNING_SIPI, .prepare = sipi_while_bsp_runs,
	.prove = bsp_next_hold_ends_at_once,
};

FIXTURE_VARIANT_ADD(snapshot, exit_in_flight) {
	.vcpu = 1, .ap_state = KVM_AMD_ES_AP_RUNNING, .prepare = exit_in_flight,
	.prove = exit_is_finished,
};

FIXTURE_SETUP(snapshot)
{
	vmm_vm_create(&self->g.vms[0], &(struct vmm_vm_options){ .nr_vcpus = 2 });
	guest_is_in(&self->g, &self->g.vms[0]);
	vmm_vm_launch(self->g.vm);
	vmm_boot(self->g.vm);
}

FIXTURE_TEARDOWN(snapshot)
{
	vmm_vm_destroy(self->g.vm);
}

TEST_F_TIMEOUT(snapshot, is_restored, 120)
{
	struct vmm_vm *from = &self->g.vms[0], *to = &self->g.vms[1];
	struct kvm_amd_es_vcpu state;
	bool went;

	variant->prepare(&self->g);
	went = from->vcpus[variant->vcpu].wish == ES_VCPU_GO;
	vmm_vm_snapshot(to, from, &(struct vmm_vm_options){ .nr_vcpus = 2 });
	guest_is_in(&self->g, to);
	vmm_vcpu_pause(&to->vcpus[variant->vcpu]);
	ASSERT_EQ(0, vmm_get_vcpu_state(&to->vcpus[variant->vcpu], &state));
	EXPECT_EQ(variant->ap_state, state.ap_state);
	if (went)
		vmm_vcpu_go(&to->vcpus[variant->vcpu]);
	variant->prove(&self->g);
	EXPECT_TRUE(vmm_guest_answers(self->g.bsp));
}

TEST_HARNESS_MAIN
