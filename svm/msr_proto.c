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
#include "es_trace.h"
#include "ghcb.h"
#include "respond.h"
#include "stats.h"
#include "vcpu.h"
#include "vmgexit.h"

static void answer(struct kvm_vcpu *vcpu, u64 value)
{
	to_svm(vcpu)->vmcb->control.ghcb_gpa = value;
}

static u32 result_register(struct kvm_vcpu *vcpu, u32 reg)
{
	static const u8 index[] = { VCPU_REGS_RAX, VCPU_REGS_RBX, VCPU_REGS_RCX, VCPU_REGS_RDX };

	return vcpu->arch.regs[index[reg]];
}

static int serve_cpuid(struct kvm_vcpu *vcpu, u64 value)
{
	struct es_cpuid_request request = es_msr_cpuid_decode(value);

	vcpu->arch.regs[VCPU_REGS_RAX] = request.function;
	vcpu->arch.regs[VCPU_REGS_RCX] = 0;
	kvm_emulate_cpuid(vcpu);
	answer(vcpu, es_msr_cpuid_answer(result_register(vcpu, request.reg), request.reg));
	return 1;
}

static int serve(struct kvm_vcpu *vcpu, enum es_msr_request request, u64 value)
{
	switch (request) {
	case ES_MSR_EV_SEV_INFO:
		answer(vcpu, es_vcpu_sev_info(vcpu));
		return 1;
	case ES_MSR_EV_CPUID:
		return serve_cpuid(vcpu, value);
	case ES_MSR_EV_AP_RESET_HOLD:
		return es_ap_hold(vcpu, ES_AP_HOLD_MSR);
	case ES_MSR_EV_HV_FEATURES:
		answer(vcpu, es_msr_features_answer(ES_HV_FEATURES));
		return 1;
	case ES_MSR_EV_TERMINATE:
		return es_terminate(vcpu);
	default:
		trace_es_reject(vcpu->vcpu_id, value & ES_MSR_INFO_MASK, ES_INVALID_EVENT);
		to_es(vcpu)->stats.refused[ES_INVALID_EVENT]++;
		return 1;
	}
}

int es_msr_protocol(struct kvm_vcpu *vcpu)
{
	u64 value = es_ghcb_gpa(vcpu);
	enum es_msr_request request = es_msr_decode(value);
	int r;

	trace_kvm_vmgexit_msr_protocol_enter(vcpu->vcpu_id, value);
	es_stats_msr(to_es(vcpu), request);
	r = serve(vcpu, request, value);
	trace_es_vmgexit(vcpu->vcpu_id, es_msr_request_name(request), value, 0, es_ghcb_gpa(vcpu), 0);
	trace_kvm_vmgexit_msr_protocol_exit(vcpu->vcpu_id, es_ghcb_gpa(vcpu), r);
	return r;
}
