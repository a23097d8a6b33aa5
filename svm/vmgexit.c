// SPDX-License-Identifier: GPL-2.0
/*
 * VMGEXIT: from the guest's instruction to the response.
 * AMD 56421 GHCB Specification, "GHCB Protocol"; AMD 24593 APM Volume 2, "Encrypted State
 * (SEV-ES)".
 *
 *   GHCB MSR holds a request  -> msr_proto
 *   GHCB MSR holds an address -> fetch (ghcb), validate (rules/request), handle (nae*), respond
 *
 * es_vmgexit_fastpath() runs first, with interrupts off, right after the world switch.  It handles
 * most requests, and the vCPU re-enters the guest immediately, because KVM's way out of and back
 * into vcpu_enter_guest() costs more than such a request.  es_vmgexit_handle() is the exit
 * handler.  It gets the requests that may sleep, exit to userspace, or change what KVM checks
 * before an entry, and resumes at the phase where the fastpath stopped: es->phase.
 *
 * The guest controls the GHCB MSR's value, everything that it points to, and how often it asks.
 * Interrupts, signals and the scheduler are served as usual: KVM checks for them before it
 * re-enters, and a pending interrupt ends the entry immediately.
 */
#include <linux/kvm_host.h>
#include <linux/uaccess.h>

#include "x86.h"
#include "trace.h"
#include "ap.h"
#include "es_trace.h"
#include "ghcb.h"
#include "msr_proto.h"
#include "nae.h"
#include "respond.h"
#include "stats.h"
#include "vmgexit.h"

/* Only CPUID uses XCR0 and XSS. */
static void get_limits(struct kvm_vcpu *vcpu, struct es_limits *limits)
{
	limits->version = es_ghcb_version(vcpu->kvm);
	limits->guest = ES_GUEST_ES;
	if (to_es(vcpu)->req.code != ES_EXIT_CPUID)
		return;
	limits->xcr0 = vcpu->arch.guest_supported_xcr0 | XFEATURE_MASK_FP;
	limits->xss = kvm_caps.supported_xss;
}

static void count_lapses(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	enum es_lapse lapse;

	for (lapse = 0; lapse < ES_NR_LAPSES; lapse++) {
		if (!(es->req.lapses & BIT(lapse)))
			continue;
		es->stats.tolerated[lapse]++;
		trace_es_tolerate(vcpu->vcpu_id, es->req.code, es_lapse_name(lapse));
	}
}

/*
 * Handle a request with a mistake: reject it and return true, or count what is tolerated and return
 * false.  Out of line, because most guests never send one.
 */
static noinline bool reject_request(struct kvm_vcpu *vcpu, enum es_reason reason)
{
	if (reason == ES_ERR_NONE) {
		count_lapses(vcpu);
		return false;
	}
	if (to_es(vcpu)->rule)
		es_stats_request(to_es(vcpu));
	to_es(vcpu)->phase = VMGEXIT_RESPOND;
	es_respond_bad_input(vcpu, reason);
	return true;
}

/*
 * Fetch and validate a request by the GHCB page.  The phase stays VMGEXIT_FETCH if the page is not
 * accessible; with page faults disabled, the exit handler tries again.
 */
static __always_inline void fetch_request(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	enum es_reason reason;

	if (!es_ghcb_msr(vcpu) || es_ghcb_snapshot(vcpu))
		return;
	if (trace_kvm_vmgexit_enter_enabled())
		trace_kvm_vmgexit_enter(vcpu->vcpu_id,
					es_ghcb_fill_shadow(es, es->req.info1, es->req.info2));

	es->scratch.copy_out = false;
	get_limits(vcpu, &es->limits);
	reason = es_request_validate(&es->req, &es->limits, &es->rule);
	if (unlikely(reason | es->req.lapses) && reject_request(vcpu, reason))
		return;
	es_stats_request(es);
	es->phase = VMGEXIT_HANDLE;
	es_respond_success(es, 0);
}

/*
 * The exit handler's second try, out of line: inlining the first one saves 15 instructions an exit.
 */
static noinline void refetch_request(struct kvm_vcpu *vcpu)
{
	fetch_request(vcpu);
}

static bool page_fastpath(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	fetch_request(vcpu);
	if (es->phase == VMGEXIT_HANDLE && !es_nae_is_io(es->rule) && es_nae_fastpath(vcpu))
		es->phase = VMGEXIT_RESPOND;
	return es->phase == VMGEXIT_RESPOND && es_respond_try_write(vcpu);
}

static bool handle_fastpath(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	es->phase = VMGEXIT_FETCH;
	es->stats.began_tsc = rdtsc();
	es_ap_note_vmgexit(vcpu);
	if (es_ghcb_msr(vcpu) & ES_MSR_INFO_MASK)
		return es_msr_proto_fastpath(vcpu);
	return page_fastpath(vcpu);
}

fastpath_t es_vmgexit_fastpath(struct kvm_vcpu *vcpu)
{
	bool handled;
	int srcu_idx;

	/*
	 * A page fault would have to sleep; a page that is not present is left to the exit
	 * handler.  KVM's fastpath for MSRs uses the vCPU's own SRCU index, so use another one.
	 */
	pagefault_disable();
	srcu_idx = srcu_read_lock(&vcpu->kvm->srcu);
	handled = handle_fastpath(vcpu);
	srcu_read_unlock(&vcpu->kvm->srcu, srcu_idx);
	pagefault_enable();
	return handled ? EXIT_FASTPATH_REENTER_GUEST : EXIT_FASTPATH_NONE;
}

/*
 * Complete the exit when its handler resumes the guest.  While the vCPU is held, or userspace works
 * on the exit, the response stays pending.
 */
static int complete_exit(struct kvm_vcpu *vcpu, int r)
{
	if (likely(!es_ap_held(to_es(vcpu)->ap_state)))
		return r > 0 ? es_respond_write(vcpu) : r;

	es_stats_nae_time(to_es(vcpu));
	return r;
}

int es_vmgexit_handle(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	if (!es)
		return sev_handle_vmgexit(vcpu);

	if (es->phase == VMGEXIT_FETCH) {
		if (es_ghcb_msr(vcpu) & ES_MSR_INFO_MASK)
			return es_msr_proto_handle(vcpu);
		refetch_request(vcpu);
	}

	switch (es->phase) {
	case VMGEXIT_FETCH:
		break;
	case VMGEXIT_HANDLE:
		/* Most events here are I/O; save them the other events' comparisons. */
		return complete_exit(vcpu, es_nae_is_io(es->rule) ? es_nae_io(vcpu) :
								    es_nae_handle(vcpu));
	case VMGEXIT_RESPOND:
		return es_respond_write(vcpu);
	}
	return es_end_guest(vcpu, KVM_AMD_ES_TERM_NO_GHCB, 0);
}
