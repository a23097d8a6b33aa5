/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Wrappers of KVM's operations, and the table of them, es_init_ops().
 *
 * This is not a header: a patch includes it in the kernel's svm.c, whose static functions the
 * wrappers call, just before the table svm_x86_ops.  svm_hardware_setup() calls es_init_ops(), as
 * it changes other members of that table.  The exit handler of VMGEXIT is not in it; a patch names
 * es_vmgexit_handle() in svm_exit_handlers.
 *
 * A VM that this layer does not serve (no SEV-ES, or SNP) gets KVM's functions.
 */
#ifndef SVM_HOOKS_H
#define SVM_HOOKS_H

#include "ap.h"
#include "command.h"
#include "main.h"
#include "nae.h"
#include "state.h"
#include "vcpu.h"
#include "vmgexit.h"

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

static void es_hook_vcpu_free(struct kvm_vcpu *vcpu)
{
	es_vcpu_free(vcpu);
	svm_vcpu_free(vcpu);
}

static void es_hook_vcpu_reset(struct kvm_vcpu *vcpu, bool init_event)
{
	svm_vcpu_reset(vcpu, init_event);
	if (init_event)
		es_ap_deliver_init(vcpu);
	else
		es_vcpu_reset(vcpu);
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
	es_ap_vcpu_put(vcpu);
}

static void es_hook_prepare_switch_to_guest(struct kvm_vcpu *vcpu)
{
	svm_prepare_switch_to_guest(vcpu);
	es_ap_block_entry(vcpu);
}

/*
 * Return true if KVM has work to do after each exit that its re-entry loop skips
 * (Documentation/reentry.md): update the guest's clock where the CPU does not scale the TSC, and
 * emit kvm_exit where the exit handler does that.
 */
static __always_inline bool es_hook_must_leave(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.tsc_always_catchup ||
	       (ES_COMPAT_TRACE_KVM_EXIT && trace_kvm_exit_enabled());
}

static fastpath_t es_hook_vcpu_run(struct kvm_vcpu *vcpu, u64 run_flags)
{
	fastpath_t fastpath = svm_vcpu_run(vcpu, run_flags);

	if (!to_es(vcpu) || to_svm(vcpu)->vmcb->control.exit_code != SVM_EXIT_VMGEXIT)
		return fastpath;

	fastpath = es_vmgexit_fastpath(vcpu);
	if (fastpath == EXIT_FASTPATH_REENTER_GUEST && unlikely(es_hook_must_leave(vcpu)))
		return EXIT_FASTPATH_EXIT_HANDLED;
	return fastpath;
}

/* An interrupt or NMI for a held vCPU stays pending. */
static int es_hook_interrupt_allowed(struct kvm_vcpu *vcpu, bool for_injection)
{
	return es_ap_is_held(vcpu) ? 0 : svm_interrupt_allowed(vcpu, for_injection);
}

static int es_hook_nmi_allowed(struct kvm_vcpu *vcpu, bool for_injection)
{
	return es_ap_is_held(vcpu) ? 0 : svm_nmi_allowed(vcpu, for_injection);
}

/*
 * KVM calls this just before it accepts INIT and SIPI.  A guest that has cleared its GIF, where the
 * CPU virtualizes GIF, blocks INIT; KVM would then drop the SIPI, and warn about a vCPU that waits
 * for it.  An SEV-ES vCPU accepts both.
 */
static bool es_hook_apic_init_signal_blocked(struct kvm_vcpu *vcpu)
{
	if (!to_es(vcpu))
		return svm_apic_init_signal_blocked(vcpu);
	if (lapic_in_kernel(vcpu))
		es_ap_prepare_sipi(vcpu);
	return false;
}

static void es_hook_vcpu_deliver_sipi_vector(struct kvm_vcpu *vcpu, u8 vector)
{
	if (to_es(vcpu))
		es_ap_deliver_sipi(vcpu);
	else
		svm_vcpu_deliver_sipi_vector(vcpu, vector);
}

/*
 * SEV-ES guests have no SMM, and KVM_CAP_X86_SMM reports that, but KVM accepts SMIs for them, and
 * its entry into SMM ends the guest.  So drop SMIs.
 */
static int es_hook_smi_allowed(struct kvm_vcpu *vcpu, bool for_injection)
{
	if (!to_es(vcpu))
		return svm_smi_allowed(vcpu, for_injection);
	if (for_injection)
		vcpu->arch.smi_pending = false;
	return 0;
}

/* SEV-ES guests cannot be single-stepped; wait for NMI Complete instead. */
static void es_hook_enable_nmi_window(struct kvm_vcpu *vcpu)
{
	if (!to_es(vcpu))
		svm_enable_nmi_window(vcpu);
}

/* INIT does not change the VMSA, so keep KVM's copies of CR0, CR4 and EFER (vcpu.c). */
static void es_hook_set_cr0(struct kvm_vcpu *vcpu, unsigned long cr0)
{
	if (!es_ap_in_init(vcpu))
		svm_set_cr0(vcpu, cr0);
}

static void es_hook_set_cr4(struct kvm_vcpu *vcpu, unsigned long cr4)
{
	if (!es_ap_in_init(vcpu))
		svm_set_cr4(vcpu, cr4);
}

static int es_hook_set_efer(struct kvm_vcpu *vcpu, u64 efer)
{
	if (!es_ap_in_init(vcpu))
		return svm_set_efer(vcpu, efer);
	to_es(vcpu)->in_init = false;	/* the last register that KVM sets for INIT */
	return 0;
}

static int es_hook_complete_emulated_msr(struct kvm_vcpu *vcpu, int err)
{
	return to_es(vcpu) ? es_nae_complete_msr(vcpu, err) : svm_complete_emulated_msr(vcpu, err);
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

/* Called once, after sev_hardware_setup(). */
static __init void es_init_ops(struct kvm_x86_ops *ops)
{
	es_hardware_setup();

	ops->vcpu_create = es_hook_vcpu_create;
	ops->vcpu_free = es_hook_vcpu_free;
	ops->vcpu_reset = es_hook_vcpu_reset;
	ops->vcpu_pre_run = es_hook_vcpu_pre_run;
	ops->vcpu_load = es_hook_vcpu_load;
	ops->vcpu_put = es_hook_vcpu_put;
	ops->prepare_switch_to_guest = es_hook_prepare_switch_to_guest;
	ops->vcpu_run = es_hook_vcpu_run;
	ops->interrupt_allowed = es_hook_interrupt_allowed;
	ops->nmi_allowed = es_hook_nmi_allowed;
	ops->smi_allowed = es_hook_smi_allowed;
	ops->apic_init_signal_blocked = es_hook_apic_init_signal_blocked;
	ops->vcpu_deliver_sipi_vector = es_hook_vcpu_deliver_sipi_vector;
	ops->enable_nmi_window = es_hook_enable_nmi_window;
	ops->set_cr0 = es_hook_set_cr0;
	ops->set_cr4 = es_hook_set_cr4;
	ops->set_efer = es_hook_set_efer;
	ops->complete_emulated_msr = es_hook_complete_emulated_msr;
	ops->get_msr = es_hook_get_msr;
	ops->set_msr = es_hook_set_msr;
	ops->mem_enc_ioctl = es_mem_enc_ioctl;
}

#endif
