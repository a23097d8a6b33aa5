// SPDX-License-Identifier: GPL-2.0
/*
 * Page-based events that stand for one instruction, and small events of the protocol.
 * AMD 56421 GHCB Specification, "NAE Events".
 *
 * The guest controls es->req, which es_request_validate() has accepted.  KVM's emulation works on
 * vcpu->arch.regs, a host copy; what an event returns goes back from there.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "cpuid.h"
#include "ap_hold.h"
#include "cpuid_hint.h"
#include "es_trace.h"
#include "nae.h"
#include "respond.h"
#include "vcpu.h"
#include "vmgexit.h"

/*
 * Leaf 0xd depends on XCR0 and XSS, which only the guest knows.  KVM takes from its report only what
 * userspace could set as well, and else goes on with what it knew.
 */
static u64 reported_xcr0(struct kvm_vcpu *vcpu)
{
	const struct es_vcpu *es = to_es(vcpu);

	return es->req.valid & ES_F_XCR0 ? es_xcr0_usable(es->req.xcr0, es->offer.xcr0) : vcpu->arch.xcr0;
}

static u64 reported_xss(struct kvm_vcpu *vcpu)
{
	const struct es_vcpu *es = to_es(vcpu);

	return es->req.valid & ES_F_XSS ? es->req.xss & es->offer.xss : vcpu->arch.ia32_xss;
}

static bool changes_xstate(struct kvm_vcpu *vcpu)
{
	return (u32)to_es(vcpu)->req.rax == 0xd &&
	       (reported_xcr0(vcpu) != vcpu->arch.xcr0 || reported_xss(vcpu) != vcpu->arch.ia32_xss);
}

static void return_cpuid(struct kvm_vcpu *vcpu, const u32 regs[4])
{
	vcpu->arch.regs[VCPU_REGS_RAX] = regs[0];
	vcpu->arch.regs[VCPU_REGS_RBX] = regs[1];
	vcpu->arch.regs[VCPU_REGS_RCX] = regs[2];
	vcpu->arch.regs[VCPU_REGS_RDX] = regs[3];
}

/* CPUID faulting, which the guest turns on by an MSR of KVM's: only CPL 0 may ask. */
static bool cpuid_faults(struct kvm_vcpu *vcpu)
{
	return unlikely(cpuid_fault_enabled(vcpu)) && to_es(vcpu)->req.cpl;
}

static bool cpuid_quick(struct kvm_vcpu *vcpu)
{
	const struct es_request *req = &to_es(vcpu)->req;
	u32 regs[4];

	if (cpuid_faults(vcpu) || changes_xstate(vcpu) ||
	    !es_cpuid_quick(vcpu, req->rax, req->rcx, regs))
		return false;
	return_cpuid(vcpu, regs);
	return true;
}

static int cpuid_event(struct kvm_vcpu *vcpu)
{
	const struct es_request *req = &to_es(vcpu)->req;
	u32 regs[4];

	if (cpuid_faults(vcpu)) {
		es_respond_exception(to_es(vcpu), GP_VECTOR);
		return 1;
	}
	if (changes_xstate(vcpu)) {
		vcpu->arch.xcr0 = reported_xcr0(vcpu);
		vcpu->arch.ia32_xss = reported_xss(vcpu);
		kvm_update_cpuid_runtime(vcpu);
	}
	es_cpuid(vcpu, req->rax, req->rcx, regs);
	return_cpuid(vcpu, regs);
	return 1;
}

static void return_tsc(struct kvm_vcpu *vcpu)
{
	u64 tsc = kvm_read_l1_tsc(vcpu, rdtsc());

	vcpu->arch.regs[VCPU_REGS_RAX] = lower_32_bits(tsc);
	vcpu->arch.regs[VCPU_REGS_RDX] = upper_32_bits(tsc);
}

/*
 * Where the CPU virtualizes TSC_AUX the value is in the VMSA, out of reach, and the guest has no
 * cause to ask: refuse as an RDTSCP that the vCPU lacks.
 */
static int rdtscp_event(struct kvm_vcpu *vcpu)
{
	if (boot_cpu_has(X86_FEATURE_V_TSC_AUX) || !guest_cpuid_has(vcpu, X86_FEATURE_RDTSCP)) {
		es_respond_exception(to_es(vcpu), UD_VECTOR);
		return 1;
	}
	return_tsc(vcpu);
	vcpu->arch.regs[VCPU_REGS_RCX] = to_svm(vcpu)->tsc_aux;
	return 1;
}

/*
 * The CPU swaps the real DR7 itself; the host only remembers what the guest told.  No instruction gives
 * bits 63:32, and the kernel's own module does not look at the value.
 */
static void dr7_event(struct kvm_vcpu *vcpu, bool write)
{
	struct es_vcpu *es = to_es(vcpu);

	if (write)
		es->dr7 = lower_32_bits(es->req.rax);
	else
		vcpu->arch.regs[VCPU_REGS_RAX] = es->dr7;
}

/* As KVM's own, without its line in the log: nothing to wait for, unless the VMM wants a #UD. */
static int monitor_event(struct kvm_vcpu *vcpu)
{
	if (!kvm_check_has_quirk(vcpu->kvm, KVM_X86_QUIRK_MWAIT_NEVER_UD_FAULTS) &&
	    !guest_cpuid_has(vcpu, X86_FEATURE_MWAIT))
		es_respond_exception(to_es(vcpu), UD_VECTOR);
	return 1;
}

static int nmi_complete(struct kvm_vcpu *vcpu)
{
	++vcpu->stat.nmi_window_exits;
	es_compat_nmi_unmask(to_svm(vcpu));
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	return 1;
}

static void hv_features(struct kvm_vcpu *vcpu)
{
	es_respond_done(to_es(vcpu), ES_HV_FEATURES);
	trace_es_negotiate(vcpu->vcpu_id, "features", 0, ES_HV_FEATURES);
}

bool es_nae_quick(struct kvm_vcpu *vcpu)
{
	enum es_event event = to_es(vcpu)->rule->event;

	switch (event) {
	case ES_EV_CPUID:
		return cpuid_quick(vcpu);
	case ES_EV_RDTSC:
		return_tsc(vcpu);
		return true;
	case ES_EV_DR7_READ:
	case ES_EV_DR7_WRITE:
		dr7_event(vcpu, event == ES_EV_DR7_WRITE);
		return true;
	case ES_EV_INVD:		/* as KVM's own: nothing to do */
		return true;
	case ES_EV_AP_JUMP_TABLE:
		es_nae_jump_table(vcpu);
		return true;
	case ES_EV_HV_FEATURES:
		hv_features(vcpu);
		return true;
	default:
		return false;
	}
}

/* KVM's emulation of single instructions takes its operands from here. */
static void load_operands(struct kvm_vcpu *vcpu)
{
	const struct es_request *req = &to_es(vcpu)->req;
	unsigned long *regs = vcpu->arch.regs;

	regs[VCPU_REGS_RAX] = req->rax;
	regs[VCPU_REGS_RBX] = req->rbx;
	regs[VCPU_REGS_RCX] = req->rcx;
	regs[VCPU_REGS_RDX] = req->rdx;
	regs[VCPU_REGS_RSI] = req->rsi;
	to_svm(vcpu)->vmcb->save.cpl = req->cpl;
}

/* Instructions: KVM's own emulation. */
static int emulate(struct kvm_vcpu *vcpu, enum es_event event)
{
	switch (event) {
	case ES_EV_MSR:
		return to_es(vcpu)->req.info1 ? kvm_emulate_wrmsr(vcpu) : kvm_emulate_rdmsr(vcpu);
	case ES_EV_VMMCALL:
		return kvm_emulate_hypercall(vcpu);
	case ES_EV_WBINVD:
		return kvm_emulate_wbinvd(vcpu);
	default:
		return kvm_emulate_rdpmc(vcpu);
	}
}

static int handle_instruction(struct kvm_vcpu *vcpu, enum es_event event)
{
	int r;

	load_operands(vcpu);
	r = emulate(vcpu, event);
	to_svm(vcpu)->vmcb->save.cpl = 0;	/* no one knows it between requests */
	es_respond_queued_exception(vcpu);
	return r;
}

static u64 nae_terminate_reason(struct kvm_vcpu *vcpu)
{
	u64 info1 = to_es(vcpu)->req.info1;

	return es_msr_terminate_reason(ES_TERMINATE_SET(info1), ES_TERMINATE_CODE(info1));
}

int es_nae_other(struct kvm_vcpu *vcpu)
{
	enum es_event event = to_es(vcpu)->rule->event;

	switch (event) {
	case ES_EV_CPUID:
		return cpuid_event(vcpu);
	case ES_EV_RDTSCP:
		return rdtscp_event(vcpu);
	case ES_EV_MONITOR:
	case ES_EV_MWAIT:
		return monitor_event(vcpu);
	case ES_EV_NMI_COMPLETE:
		return nmi_complete(vcpu);
	case ES_EV_AP_RESET_HOLD:
		return es_ap_hold(vcpu, ES_AP_HOLD_NAE);
	case ES_EV_TERMINATE:
		return es_end_guest(vcpu, KVM_AMD_ES_TERM_NAE, nae_terminate_reason(vcpu));
	case ES_EV_UNSUPPORTED:		/* the guest cannot go on, and says so */
		return es_end_guest(vcpu, KVM_AMD_ES_TERM_UNSUPPORTED, 0);
	default:
		return handle_instruction(vcpu, event);
	}
}
