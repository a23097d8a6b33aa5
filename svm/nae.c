// SPDX-License-Identifier: GPL-2.0
/*
 * Handlers of NAE events that may sleep, emulate an instruction, hold the vCPU, or exit to
 * userspace.
 * AMD 56421 GHCB Specification, "NAE Events".
 *
 * The guest controls es->req, which es_request_validate() has accepted.  KVM's emulation works on
 * vcpu->arch.regs, a host copy; the registers that an event returns are copied from there.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "cpuid.h"
#include "ap.h"
#include "nae.h"
#include "respond.h"

/*
 * If the CPU virtualizes TSC_AUX, the value is in the VMSA, where the host cannot read it, and the
 * guest has no reason to ask.  Reject the request like an RDTSCP that the vCPU lacks.
 */
static int handle_rdtscp(struct kvm_vcpu *vcpu)
{
	if (boot_cpu_has(X86_FEATURE_V_TSC_AUX) || !guest_cpuid_has(vcpu, X86_FEATURE_RDTSCP)) {
		es_respond_inject_exception(to_es(vcpu), UD_VECTOR);
		return 1;
	}
	es_nae_return_tsc(vcpu);
	vcpu->arch.regs[VCPU_REGS_RCX] = to_svm(vcpu)->tsc_aux;
	return 1;
}

/*
 * Like kvm_emulate_monitor_mwait(), without its line in the log: a NOP, unless the VMM wants #UD.
 */
static int handle_monitor(struct kvm_vcpu *vcpu)
{
	if (!kvm_check_has_quirk(vcpu->kvm, KVM_X86_QUIRK_MWAIT_NEVER_UD_FAULTS) &&
	    !guest_cpuid_has(vcpu, X86_FEATURE_MWAIT))
		es_respond_inject_exception(to_es(vcpu), UD_VECTOR);
	return 1;
}

static int handle_nmi_complete(struct kvm_vcpu *vcpu)
{
	++vcpu->stat.nmi_window_exits;
	es_compat_nmi_unmask(to_svm(vcpu));
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	return 1;
}

static int handle_terminate(struct kvm_vcpu *vcpu)
{
	u64 info1 = to_es(vcpu)->req.info1;
	u64 reason = es_msr_terminate_reason(ES_TERMINATE_SET(info1), ES_TERMINATE_CODE(info1));

	return es_end_guest(vcpu, KVM_AMD_ES_TERM_NAE, reason);
}

/* Load the operands for KVM's emulation of one instruction. */
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

static int complete_emulation(struct kvm_vcpu *vcpu, int r)
{
	to_svm(vcpu)->vmcb->save.cpl = 0;	/* the host does not know it between requests */
	es_respond_queued_exception(vcpu);
	return r;
}

static int emulate_msr(struct kvm_vcpu *vcpu)
{
	bool write = to_es(vcpu)->req.info1;

	load_operands(vcpu);
	return complete_emulation(vcpu, write ? kvm_emulate_wrmsr(vcpu) : kvm_emulate_rdmsr(vcpu));
}

/* Without a default, so that the compiler names an event that has no handler. */
int es_nae_handle(struct kvm_vcpu *vcpu)
{
	switch (to_es(vcpu)->rule->event) {
	case ES_NAE_DR7_READ:
	case ES_NAE_DR7_WRITE:
	case ES_NAE_RDTSC:
	case ES_NAE_INVD:
	case ES_NAE_AP_JUMP_TABLE:
	case ES_NAE_HV_FEATURES:
		es_nae_simple(vcpu);
		return 1;
	case ES_NAE_CPUID:
		return es_nae_cpuid(vcpu);
	case ES_NAE_IOIO:
	case ES_NAE_MMIO_READ:
	case ES_NAE_MMIO_WRITE:
		return es_nae_io(vcpu);
	case ES_NAE_RDPMC:
		load_operands(vcpu);
		return complete_emulation(vcpu, kvm_emulate_rdpmc(vcpu));
	case ES_NAE_MSR:
		return emulate_msr(vcpu);
	case ES_NAE_VMMCALL:
		load_operands(vcpu);
		return complete_emulation(vcpu, kvm_emulate_hypercall(vcpu));
	case ES_NAE_WBINVD:
		load_operands(vcpu);
		return complete_emulation(vcpu, kvm_emulate_wbinvd(vcpu));
	case ES_NAE_RDTSCP:
		return handle_rdtscp(vcpu);
	case ES_NAE_MONITOR:
	case ES_NAE_MWAIT:
		return handle_monitor(vcpu);
	case ES_NAE_NMI_COMPLETE:
		return handle_nmi_complete(vcpu);
	case ES_NAE_AP_RESET_HOLD:
		return es_ap_hold(vcpu, ES_AP_HOLD_NAE);
	case ES_NAE_TERMINATE:
		return handle_terminate(vcpu);
	case ES_NAE_UNSUPPORTED:		/* the guest cannot continue, and reports that */
	case ES_NR_NAE_EVENTS:
		break;
	}
	return es_end_guest(vcpu, KVM_AMD_ES_TERM_UNSUPPORTED, 0);
}

int es_nae_complete_msr(struct kvm_vcpu *vcpu, int err)
{
	if (err)
		es_respond_inject_exception(to_es(vcpu), GP_VECTOR);
	return 1;
}
