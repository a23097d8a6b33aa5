// SPDX-License-Identifier: GPL-2.0
/*
 * VMGEXIT: from the guest's instruction to the answer.
 * AMD 56421 GHCB Specification, "GHCB Protocol" ; AMD 24593 APM Volume 2, 15.35 (SEV-ES).
 *
 *   GHCB MSR holds a request  -> msr_proto
 *   GHCB MSR holds an address -> snapshot (ghcb) -> validate -> handler (nae*) -> answer (respond)
 *
 * fastpath.c runs first and answers what it can; this is the rest, where sleeping is allowed.
 *
 * The guest controls the MSR's value and everything that it points to.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "trace.h"
#include "ap_hold.h"
#include "msr_proto.h"
#include "nae.h"
#include "respond.h"
#include "stats.h"
#include "stock.h"
#include "vmgexit.h"

/*
 * The exit is finished when its handler wants the guest resumed.  While the vCPU is held or
 * userspace works on the exit, the answer waits.
 */
static int finish(struct kvm_vcpu *vcpu, int r)
{
	if (likely(!es_ap_held(to_es(vcpu)->ap_state)))
		return r > 0 ? es_respond_write(vcpu) : r;

	es_stats_nae_time(to_es(vcpu));
	return r;
}

/* The first half could not fetch the request. */
static int late_request(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	es_vmgexit_take(vcpu);
	if (es->stage == ES_STAGE_NEW)
		return es_end_guest(vcpu, KVM_AMD_ES_TERM_NO_GHCB, 0);
	if (es->stage == ES_STAGE_ANSWERED || es_nae_quick(vcpu))
		return es_respond_write(vcpu);
	return finish(vcpu, es_nae_handle(vcpu));
}

/*
 * Takes the place of the kernel's function: the exit handler, and the second half of a VMGEXIT.
 * Returns as handlers do.
 */
int sev_handle_vmgexit(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	if (!es)
		return stock_sev_handle_vmgexit(vcpu);

	switch (es->stage) {
	case ES_STAGE_ACCEPTED:		/* and no quick one: the first half has tried */
		return finish(vcpu, es_nae_handle(vcpu));
	case ES_STAGE_ANSWERED:
		return es_respond_write(vcpu);
	default:
		return es_ghcb_msr(vcpu) & ES_MSR_INFO_MASK ? es_msr_protocol(vcpu) : late_request(vcpu);
	}
}
