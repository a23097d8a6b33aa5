// SPDX-License-Identifier: GPL-2.0
/*
 * The GHCB MSR protocol: requests and responses in the value of the GHCB MSR.
 * AMD 56421 GHCB Specification, "GHCB MSR Protocol".
 *
 * The guest controls all 64 bits.  A request that this host does not know leaves the value as it
 * is, which the guest sees as no response, as with KVM.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "trace.h"
#include "ap.h"
#include "cpuid_cache.h"
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

/* @regs of the leaf, or NULL to look them up. */
static int handle_cpuid(struct kvm_vcpu *vcpu, u64 value, const u32 *regs)
{
	struct es_cpuid_request request = es_msr_cpuid_decode(value);
	u32 found[4];

	if (!regs) {
		es_cpuid_lookup(vcpu, request.function, 0, found);
		regs = found;
	}
	es_set_ghcb_msr(vcpu, es_msr_cpuid_response(regs[request.reg], request.reg));
	return 1;
}

/* Registration has no effect: only SNP restricts the GHCB to the registered address. */
static void handle_reg_gpa(struct kvm_vcpu *vcpu, u64 value)
{
	u64 gpa = value & ~ES_MSR_INFO_MASK;
	bool visible = kvm_vcpu_is_visible_gfn(vcpu, gpa_to_gfn(gpa));

	es_set_ghcb_msr(vcpu, es_msr_reg_gpa_response(gpa, visible));
}

/* Handle the requests that come before the first use of the GHCB page. */
static int handle_negotiation(struct kvm_vcpu *vcpu, enum es_msr_request request, u64 value)
{
	switch (request) {
	case ES_MSR_REQ_SEV_INFO:
		es_set_ghcb_msr(vcpu, es_msr_proto_sev_info(vcpu));
		break;
	case ES_MSR_REQ_PREFERRED_GPA:
		es_set_ghcb_msr(vcpu, es_msr_pref_gpa_response());
		break;
	case ES_MSR_REQ_REGISTER_GPA:
		handle_reg_gpa(vcpu, value);
		break;
	default:
		es_set_ghcb_msr(vcpu, es_msr_features_response(es_hv_features(vcpu->kvm)));
		break;
	}
	trace_es_negotiate(vcpu->vcpu_id, es_msr_request_name(request), value, es_ghcb_msr(vcpu));
	return 1;
}

/* @response: an error response, or the request itself if there is none. */
static int reject_request(struct kvm_vcpu *vcpu, u64 value, u64 response)
{
	trace_es_reject(vcpu->vcpu_id, true, value & ES_MSR_INFO_MASK, ES_ERR_INVALID_EVENT);
	es_stats_rejected(to_es(vcpu), ES_ERR_INVALID_EVENT);
	es_set_ghcb_msr(vcpu, response);
	return 1;
}

static int dispatch_request(struct kvm_vcpu *vcpu, enum es_msr_request request, u64 value,
			    const u32 *cpuid)
{
	switch (request) {
	case ES_MSR_REQ_SEV_INFO:
	case ES_MSR_REQ_PREFERRED_GPA:
	case ES_MSR_REQ_REGISTER_GPA:
	case ES_MSR_REQ_HV_FEATURES:
		return handle_negotiation(vcpu, request, value);
	case ES_MSR_REQ_CPUID:
		return handle_cpuid(vcpu, value, cpuid);
	case ES_MSR_REQ_AP_RESET_HOLD:
		return es_ap_hold(vcpu, ES_AP_HOLD_MSR);
	case ES_MSR_REQ_PAGE_STATE:
		return reject_request(vcpu, value, es_msr_psc_error());
	case ES_MSR_REQ_RUN_VMPL:
		return reject_request(vcpu, value, es_msr_vmpl_error());
	case ES_MSR_REQ_TERMINATE:
		return es_end_guest(vcpu, KVM_AMD_ES_TERM_MSR, value & TERMINATE_BITS);
	default:
		return reject_request(vcpu, value, value);
	}
}

static int handle_request(struct kvm_vcpu *vcpu, enum es_msr_request request, u64 value,
			  const u32 *cpuid)
{
	int r;

	trace_kvm_vmgexit_msr_protocol_enter(vcpu->vcpu_id, value);
	es_stats_msr(to_es(vcpu), request);
	r = dispatch_request(vcpu, request, value, cpuid);
	es_stats_time(&to_es(vcpu)->stats, &to_es(vcpu)->stats.msr_tsc[request]);
	trace_es_vmgexit(vcpu->vcpu_id, es_msr_request_name(request), value, 0,
			 es_ghcb_msr(vcpu), 0);
	trace_kvm_vmgexit_msr_protocol_exit(vcpu->vcpu_id, es_ghcb_msr(vcpu), r);
	return r;
}

int es_msr_proto_handle(struct kvm_vcpu *vcpu)
{
	u64 value = es_ghcb_msr(vcpu);

	return handle_request(vcpu, es_msr_decode(value, es_ghcb_version(vcpu->kvm)), value, NULL);
}

bool es_msr_proto_fastpath(struct kvm_vcpu *vcpu)
{
	u64 value = es_ghcb_msr(vcpu);
	enum es_msr_request request = es_msr_decode(value, es_ghcb_version(vcpu->kvm));
	u32 cpuid[4] = { };

	switch (request) {
	case ES_MSR_REQ_AP_RESET_HOLD:
	case ES_MSR_REQ_TERMINATE:
		return false;
	case ES_MSR_REQ_CPUID:
		if (!es_cpuid_lookup_cached(vcpu, es_msr_cpuid_decode(value).function, 0, cpuid))
			return false;
		break;
	default:
		break;
	}
	handle_request(vcpu, request, value, cpuid);
	return true;
}
