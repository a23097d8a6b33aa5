// SPDX-License-Identifier: GPL-2.0
/*
 * Handlers of NAE events that run with interrupts off.
 * AMD 56421 GHCB Specification, "NAE Events".
 *
 * Nothing here sleeps, exits to userspace, or changes what KVM checks before an entry.
 *
 * The guest controls es->req, which es_request_validate() has accepted.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "trace.h"
#include "es_trace.h"
#include "nae.h"
#include "respond.h"

#define X2APIC_MSR_FIRST	0x800
#define X2APIC_MSR_LAST		0x8ff

/*
 * Return true if a read of @msr neither sleeps nor touches anything but the vCPU.  That includes
 * the APIC, unless KVM would first read the guest's memory, where the guest may have signalled an
 * EOI (KVM_FEATURE_PV_EOI).
 */
static bool is_fast_rdmsr(struct kvm_vcpu *vcpu, u32 msr)
{
	switch (msr) {
	case MSR_IA32_TSC:
	case MSR_IA32_APICBASE:
	case MSR_IA32_TSC_ADJUST:
	case MSR_IA32_MISC_ENABLE:
	case MSR_IA32_CR_PAT:
	case MSR_IA32_TSC_DEADLINE:
	case MSR_EFER:
		return true;
	case X2APIC_MSR_FIRST ... X2APIC_MSR_LAST:
		return !vcpu->arch.apic_attention;
	default:
		return false;
	}
}

static bool rdmsr_fastpath(struct kvm_vcpu *vcpu, u32 msr)
{
	u64 data;

	if (!is_fast_rdmsr(vcpu, msr) || !kvm_msr_allowed(vcpu, msr, KVM_MSR_FILTER_READ) ||
	    kvm_get_msr(vcpu, msr, &data))
		return false;

	trace_kvm_msr_read(msr, data);
	vcpu->arch.regs[VCPU_REGS_RAX] = lower_32_bits(data);
	vcpu->arch.regs[VCPU_REGS_RDX] = upper_32_bits(data);
	return true;
}

/* KVM would update the guest's clock even for a write that changes nothing. */
static bool wrmsr_tsc_adjust_unchanged(struct kvm_vcpu *vcpu, u64 data)
{
	if (data != vcpu->arch.ia32_tsc_adjust_msr)
		return false;
	trace_kvm_msr_write(MSR_IA32_TSC_ADJUST, data);
	return true;
}

/* KVM itself knows which other writes it can do here: an IPI, the timer. */
static bool wrmsr_fastpath(struct kvm_vcpu *vcpu, const struct es_request *req)
{
	if (!kvm_msr_allowed(vcpu, req->rcx, KVM_MSR_FILTER_WRITE))
		return false;
	if ((u32)req->rcx == MSR_IA32_TSC_ADJUST)
		return wrmsr_tsc_adjust_unchanged(vcpu, (u32)req->rax | req->rdx << 32);

	vcpu->arch.regs[VCPU_REGS_RAX] = req->rax;
	vcpu->arch.regs[VCPU_REGS_RCX] = req->rcx;
	vcpu->arch.regs[VCPU_REGS_RDX] = req->rdx;
	return handle_fastpath_set_msr_irqoff(vcpu) != EXIT_FASTPATH_NONE;
}

/* Out of line, so that other events do not save and restore the registers that this one uses. */
static noinline bool msr_fastpath(struct kvm_vcpu *vcpu)
{
	const struct es_request *req = &to_es(vcpu)->req;

	return req->info1 ? wrmsr_fastpath(vcpu, req) : rdmsr_fastpath(vcpu, req->rcx);
}

void es_nae_return_tsc(struct kvm_vcpu *vcpu)
{
	u64 tsc = kvm_read_l1_tsc(vcpu, rdtsc());

	vcpu->arch.regs[VCPU_REGS_RAX] = lower_32_bits(tsc);
	vcpu->arch.regs[VCPU_REGS_RDX] = upper_32_bits(tsc);
}

/*
 * The CPU swaps the real DR7 itself; the host only keeps what the guest wrote.  No instruction sets
 * bits 63:32, and the stock module does not check the value.
 */
static void handle_dr7(struct kvm_vcpu *vcpu, bool write)
{
	struct es_vcpu *es = to_es(vcpu);

	if (write)
		es->dr7 = lower_32_bits(es->req.rax);
	else
		vcpu->arch.regs[VCPU_REGS_RAX] = es->dr7;
}

static void handle_hv_features(struct kvm_vcpu *vcpu)
{
	u64 features = es_hv_features(vcpu->kvm);

	es_respond_success(to_es(vcpu), features);
	trace_es_negotiate(vcpu->vcpu_id, "features", 0, features);
}

bool es_nae_simple(struct kvm_vcpu *vcpu)
{
	enum es_nae_event event = to_es(vcpu)->rule->event;

	switch (event) {
	case ES_NAE_RDTSC:
		es_nae_return_tsc(vcpu);
		return true;
	case ES_NAE_DR7_READ:
	case ES_NAE_DR7_WRITE:
		handle_dr7(vcpu, event == ES_NAE_DR7_WRITE);
		return true;
	case ES_NAE_INVD:		/* nothing to do, as in KVM */
		return true;
	case ES_NAE_AP_JUMP_TABLE:
		es_nae_jump_table(vcpu);
		return true;
	case ES_NAE_HV_FEATURES:
		handle_hv_features(vcpu);
		return true;
	default:
		return false;
	}
}

bool es_nae_fastpath(struct kvm_vcpu *vcpu)
{
	switch (to_es(vcpu)->rule->event) {
	case ES_NAE_CPUID:
		return es_nae_cpuid_fastpath(vcpu);
	case ES_NAE_MSR:
		return msr_fastpath(vcpu);
	case ES_NAE_WBINVD:
		return !kvm_arch_has_noncoherent_dma(vcpu->kvm);
	default:
		return es_nae_simple(vcpu);
	}
}
