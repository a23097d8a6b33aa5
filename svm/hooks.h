/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Our part in KVM's operations.  The patch includes this file in the kernel's svm.c, just before
 * the table svm_x86_ops: each function below calls the kernel's static one, and its name then
 * stands for ours in the table.
 */
#ifndef SVM_HOOKS_H
#define SVM_HOOKS_H

#include "ap_hold.h"
#include "fastpath.h"
#include "sipi.h"
#include "state.h"
#include "vcpu.h"

static int es_hook_vcpu_create(struct kvm_vcpu *vcpu)
{
	int r = es_vcpu_create(vcpu);

	if (r)
		return r;
	r = svm_vcpu_create(vcpu);
	if (r)
		es_vcpu_free(vcpu);
	return r;
}

static void es_hook_vcpu_reset(struct kvm_vcpu *vcpu, bool init_event)
{
	svm_vcpu_reset(vcpu, init_event);
	if (init_event)
		es_vcpu_init_event(vcpu);
}

static int es_hook_vcpu_pre_run(struct kvm_vcpu *vcpu)
{
	int r = svm_vcpu_pre_run(vcpu);

	return r <= 0 ? r : es_vcpu_pre_run(vcpu);
}

static void es_hook_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	es_vcpu_load(vcpu);
	svm_vcpu_load(vcpu, cpu);
}

static void es_hook_vcpu_put(struct kvm_vcpu *vcpu)
{
	svm_vcpu_put(vcpu);
	es_vcpu_put(vcpu);
}

/*
 * KVM has something to do after each exit that its loop of re-entry leaves out (see
 * Documentation/reentry.md): catching up with the guest's clock where the CPU does not scale the TSC, and
 * in 6.1 the event kvm_exit, which comes from the exit handler.
 */
static __always_inline bool es_hook_must_leave(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.tsc_always_catchup || (ES_TRACES_EXIT_LATE && trace_kvm_exit_enabled());
}

static fastpath_t es_hook_vcpu_run(struct kvm_vcpu *vcpu, u64 run_flags)
{
	fastpath_t fastpath = svm_vcpu_run(vcpu, run_flags);

	if (!to_es(vcpu) || to_svm(vcpu)->vmcb->control.exit_code != SVM_EXIT_VMGEXIT)
		return fastpath;

	fastpath = es_fastpath(vcpu);
	if (fastpath == EXIT_FASTPATH_REENTER_GUEST && unlikely(es_hook_must_leave(vcpu)))
		return EXIT_FASTPATH_EXIT_HANDLED;
	return fastpath;
}

/* What arrives at a held vCPU stays pending. */
static int es_hook_interrupt_allowed(struct kvm_vcpu *vcpu, bool for_injection)
{
	return es_vcpu_held(vcpu) ? 0 : svm_interrupt_allowed(vcpu, for_injection);
}

static int es_hook_nmi_allowed(struct kvm_vcpu *vcpu, bool for_injection)
{
	return es_vcpu_held(vcpu) ? 0 : svm_nmi_allowed(vcpu, for_injection);
}

/*
 * KVM asks this just before it takes INIT and SIPI.  A guest that has cleared its GIF, where the CPU keeps
 * that for it, blocks INIT; KVM would drop the SIPI, and warn of a vCPU that waits for it.  Ours take both.
 */
static bool es_hook_apic_init_signal_blocked(struct kvm_vcpu *vcpu)
{
	if (!to_es(vcpu))
		return svm_apic_init_signal_blocked(vcpu);
	if (lapic_in_kernel(vcpu))
		es_sipi_expect(vcpu);
	return false;
}

/*
 * SEV-ES guests have no SMM, and KVM_CAP_X86_SMM says so, but KVM takes their SMIs, and its way into
 * SMM ends the guest.  So SMIs are dropped.
 */
static int es_hook_smi_allowed(struct kvm_vcpu *vcpu, bool for_injection)
{
	if (!to_es(vcpu))
		return svm_smi_allowed(vcpu, for_injection);
	if (for_injection)
		vcpu->arch.smi_pending = false;
	return 0;
}

/* SEV-ES guests cannot be single-stepped; they say when they take NMIs again (NMI complete). */
static void es_hook_enable_nmi_window(struct kvm_vcpu *vcpu)
{
	if (!to_es(vcpu))
		svm_enable_nmi_window(vcpu);
}

/* What KVM knows of the guest's control registers stays over INIT, as they do (vcpu.c). */
static void es_hook_set_cr0(struct kvm_vcpu *vcpu, unsigned long cr0)
{
	if (!es_vcpu_in_init(vcpu))
		svm_set_cr0(vcpu, cr0);
}

static void es_hook_set_cr4(struct kvm_vcpu *vcpu, unsigned long cr4)
{
	if (!es_vcpu_in_init(vcpu))
		svm_set_cr4(vcpu, cr4);
}

static int es_hook_set_efer(struct kvm_vcpu *vcpu, u64 efer)
{
	if (!es_vcpu_in_init(vcpu))
		return svm_set_efer(vcpu, efer);
	to_es(vcpu)->in_init = false;	/* the last that INIT sets */
	return 0;
}

static int es_hook_complete_emulated_msr(struct kvm_vcpu *vcpu, int err)
{
	return to_es(vcpu) ? es_vcpu_complete_msr(vcpu, err) : svm_complete_emulated_msr(vcpu, err);
}

static int es_hook_get_msr(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	if (unlikely(msr->index == MSR_AMD64_SEV_ES_GHCB) && es_state_get_msr(vcpu, msr))
		return 0;
	return svm_get_msr(vcpu, msr);
}

static int es_hook_set_msr(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	if (unlikely(msr->index == MSR_AMD64_SEV_ES_GHCB) && es_state_set_msr(vcpu, msr))
		return 0;
	return svm_set_msr(vcpu, msr);
}

#define svm_vcpu_create			es_hook_vcpu_create
#define svm_vcpu_reset			es_hook_vcpu_reset
#define svm_vcpu_pre_run		es_hook_vcpu_pre_run
#define svm_vcpu_run			es_hook_vcpu_run
#define svm_vcpu_load			es_hook_vcpu_load
#define svm_vcpu_put			es_hook_vcpu_put
#define svm_interrupt_allowed		es_hook_interrupt_allowed
#define svm_nmi_allowed			es_hook_nmi_allowed
#define svm_smi_allowed			es_hook_smi_allowed
#define svm_apic_init_signal_blocked	es_hook_apic_init_signal_blocked
#define svm_enable_nmi_window		es_hook_enable_nmi_window
#define svm_set_cr0			es_hook_set_cr0
#define svm_set_cr4			es_hook_set_cr4
#define svm_set_efer			es_hook_set_efer
#define svm_complete_emulated_msr	es_hook_complete_emulated_msr
#define svm_get_msr			es_hook_get_msr
#define svm_set_msr			es_hook_set_msr

#endif
