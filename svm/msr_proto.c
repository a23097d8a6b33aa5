// SPDX-License-Identifier: GPL-2.0
/*
 * The GHCB MSR protocol: requests and answers in the GHCB MSR's value.
 * AMD 56421 GHCB Specification, "GHCB MSR Protocol".
 *
 * The guest controls all 64 bits.  A request that this host does not serve keeps its value, which
 * the guest sees as the lack of an answer, as with KVM's own code for unknown requests.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "trace.h"
#include "ap_hold.h"
#include "cpuid_hint.h"
#include "es_trace.h"
#include "main.h"
#include "msr_proto.h"
#include "respond.h"
#include "stats.h"

/* Bits 23:0: request, reason set and reason code. */
#define TERMINATE_BITS	GENMASK_ULL(23, 0)

u64 es_msr_proto_sev_info(struct kvm_vcpu *vcpu)
{
	return es_msr_sev_info(es_ghcb_version(vcpu->kvm), ES_GHCB_VERSION_MIN, es_host_cbit());
}

/* @regs of the leaf if they are known, else they are searched for. */
static int serve_cpuid(struct kvm_vcpu *vcpu, u64 value, const u32 *regs)
{
	struct es_cpuid_request request = es_msr_cpuid_decode(value);
	u32 found[4];

	if (!regs) {
		es_cpuid(vcpu, request.function, 0, found);
		regs = found;
	}
	es_set_ghcb_msr(vcpu, es_msr_cpuid_answer(regs[request.reg], request.reg));
	return 1;
}

/* Nothing follows from it: an SEV-ES guest may use other pages too, only SNP demands registration. */
static void serve_register(struct kvm_vcpu *vcpu, u64 value)
{
	u64 gpa = value & ~ES_MSR_INFO_MASK;

	es_set_ghcb_msr(vcpu, es_msr_register_gpa_answer(gpa, kvm_vcpu_is_visible_gfn(vcpu, gpa_to_gfn(gpa))));
}

/* What the two sides agree on before the first page-based request. */
static void negotiate(struct kvm_vcpu *vcpu, enum es_msr_request request, u64 value)
{
	switch (request) {
	case ES_MSR_EV_SEV_INFO:
		es_set_ghcb_msr(vcpu, es_msr_proto_sev_info(vcpu));
		break;
	case ES_MSR_EV_PREFERRED_GPA:
		es_set_ghcb_msr(vcpu, es_msr_preferred_gpa_answer());
		break;
	case ES_MSR_EV_REGISTER_GPA:
		serve_register(vcpu, value);
		break;
	default:
		es_set_ghcb_msr(vcpu, es_msr_features_answer(ES_HV_FEATURES));
		break;
	}
	trace_es_negotiate(vcpu->vcpu_id, es_msr_request_name(request), value, es_ghcb_msr(vcpu));
}

/* @value is an answer that says no, or the request itself where there is none. */
static int refuse(struct kvm_vcpu *vcpu, u64 request, u64 value)
{
	trace_es_reject(vcpu->vcpu_id, request & ES_MSR_INFO_MASK, ES_INVALID_EVENT);
	to_es(vcpu)->stats.refused[ES_INVALID_EVENT]++;
	es_set_ghcb_msr(vcpu, value);
	return 1;
}

static int serve(struct kvm_vcpu *vcpu, enum es_msr_request request, u64 value, const u32 *cpuid)
{
	switch (request) {
	case ES_MSR_EV_SEV_INFO:
	case ES_MSR_EV_PREFERRED_GPA:
	case ES_MSR_EV_REGISTER_GPA:
	case ES_MSR_EV_HV_FEATURES:
		negotiate(vcpu, request, value);
		return 1;
	case ES_MSR_EV_CPUID:
		return serve_cpuid(vcpu, value, cpuid);
	case ES_MSR_EV_AP_RESET_HOLD:
		return es_ap_hold(vcpu, ES_AP_HOLD_MSR);
	case ES_MSR_EV_PAGE_STATE:
		return refuse(vcpu, value, es_msr_page_state_refusal());
	case ES_MSR_EV_RUN_VMPL:
		return refuse(vcpu, value, es_msr_run_vmpl_refusal());
	case ES_MSR_EV_TERMINATE:
		return es_end_guest(vcpu, KVM_AMD_ES_TERM_MSR, value & TERMINATE_BITS);
	default:
		return refuse(vcpu, value, value);
	}
}

static int serve_and_tell(struct kvm_vcpu *vcpu, enum es_msr_request request, u64 value,
			  const u32 *cpuid)
{
	int r;

	trace_kvm_vmgexit_msr_protocol_enter(vcpu->vcpu_id, value);
	es_stats_msr(to_es(vcpu), request);
	r = serve(vcpu, request, value, cpuid);
	es_stats_time(&to_es(vcpu)->stats, &to_es(vcpu)->stats.msr_tsc[request]);
	trace_es_vmgexit(vcpu->vcpu_id, es_msr_request_name(request), value, 0, es_ghcb_msr(vcpu), 0);
	trace_kvm_vmgexit_msr_protocol_exit(vcpu->vcpu_id, es_ghcb_msr(vcpu), r);
	return r;
}

int es_msr_protocol(struct kvm_vcpu *vcpu)
{
	u64 value = es_ghcb_msr(vcpu);

	return serve_and_tell(vcpu, es_msr_decode(value, es_ghcb_version(vcpu->kvm)), value,
			      NULL);
}

/* Neither ends nor holds the guest, nor makes KVM search the vCPU's CPUID: that is in @cpuid then. */
static bool is_quick(struct kvm_vcpu *vcpu, enum es_msr_request request, u64 value, u32 cpuid[4])
{
	switch (request) {
	case ES_MSR_EV_AP_RESET_HOLD:
	case ES_MSR_EV_TERMINATE:
		return false;
	case ES_MSR_EV_CPUID:
		return es_cpuid_quick(vcpu, es_msr_cpuid_decode(value).function, 0, cpuid);
	default:
		return true;
	}
}

bool es_msr_protocol_quick(struct kvm_vcpu *vcpu)
{
	u64 value = es_ghcb_msr(vcpu);
	enum es_msr_request request = es_msr_decode(value, es_ghcb_version(vcpu->kvm));
	u32 cpuid[4] = { };

	if (!is_quick(vcpu, request, value, cpuid))
		return false;
	serve_and_tell(vcpu, request, value, cpuid);
	return true;
}
