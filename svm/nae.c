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
#include "nae.h"
#include "respond.h"
#include "vcpu.h"
#include "vmgexit.h"

/* Leaf 0xd depends on XCR0, which only the guest knows. */
static int cpuid_event(struct kvm_vcpu *vcpu)
{
	const struct es_request *req = &to_es(vcpu)->req;

	if ((req->valid & ES_F_XCR0) && req->xcr0 != vcpu->arch.xcr0 && es_xcr0_plausible(req->xcr0)) {
		vcpu->arch.xcr0 = req->xcr0;
		kvm_update_cpuid_runtime(vcpu);
	}
	return kvm_emulate_cpuid(vcpu);
}

static void return_tsc(struct kvm_vcpu *vcpu)
{
	u64 tsc = kvm_read_l1_tsc(vcpu, rdtsc());

	vcpu->arch.regs[VCPU_REGS_RAX] = lower_32_bits(tsc);
	vcpu->arch.regs[VCPU_REGS_RDX] = upper_32_bits(tsc);
}

static int rdtsc_event(struct kvm_vcpu *vcpu)
{
	return_tsc(vcpu);
	return 1;
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

/* The CPU swaps the real DR7 itself; the host only remembers what the guest told. */
static int dr7_event(struct kvm_vcpu *vcpu, bool write)
{
	struct es_vcpu *es = to_es(vcpu);

	if (write)
		es->dr7 = es->req.rax;
	else
		vcpu->arch.regs[VCPU_REGS_RAX] = es->dr7;
	return 1;
}

static int nmi_complete(struct kvm_vcpu *vcpu)
{
	++vcpu->stat.nmi_window_exits;
	es_compat_nmi_unmask(to_svm(vcpu));
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	return 1;
}

static int hv_features(struct kvm_vcpu *vcpu)
{
	es_respond_done(to_es(vcpu), ES_HV_FEATURES);
	return 1;
}

/* Instructions: KVM's own emulation. */
static int handle_instruction(struct kvm_vcpu *vcpu, enum es_event event)
{
	switch (event) {
	case ES_EV_CPUID:
		return cpuid_event(vcpu);
	case ES_EV_MSR:
		return to_es(vcpu)->req.info1 ? kvm_emulate_wrmsr(vcpu) : kvm_emulate_rdmsr(vcpu);
	case ES_EV_VMMCALL:
		return kvm_emulate_hypercall(vcpu);
	case ES_EV_WBINVD:
		return kvm_emulate_wbinvd(vcpu);
	case ES_EV_INVD:
		return kvm_emulate_invd(vcpu);
	case ES_EV_RDPMC:
		return kvm_emulate_rdpmc(vcpu);
	case ES_EV_RDTSC:
		return rdtsc_event(vcpu);
	case ES_EV_RDTSCP:
		return rdtscp_event(vcpu);
	case ES_EV_MONITOR:
		return kvm_emulate_monitor(vcpu);
	case ES_EV_MWAIT:
		return kvm_emulate_mwait(vcpu);
	default:
		return dr7_event(vcpu, event == ES_EV_DR7_WRITE);
	}
}

int es_nae_handle(struct kvm_vcpu *vcpu)
{
	enum es_event event = to_es(vcpu)->rule->event;

	switch (event) {
	case ES_EV_IOIO:
		return es_nae_ioio(vcpu);
	case ES_EV_MMIO_READ:
	case ES_EV_MMIO_WRITE:
		return es_nae_mmio(vcpu);
	case ES_EV_NMI_COMPLETE:
		return nmi_complete(vcpu);
	case ES_EV_AP_RESET_HOLD:
		return es_ap_hold(vcpu, ES_AP_HOLD_NAE);
	case ES_EV_AP_JUMP_TABLE:
		return es_nae_jump_table(vcpu);
	case ES_EV_HV_FEATURES:
		return hv_features(vcpu);
	case ES_EV_TERMINATE:
	case ES_EV_UNSUPPORTED:		/* the guest cannot go on, and says so */
		return es_terminate(vcpu);
	default:
		return handle_instruction(vcpu, event);
	}
}
