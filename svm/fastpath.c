// SPDX-License-Identifier: GPL-2.0
/*
 * The first half of a VMGEXIT, with interrupts off, right after the world switch.  Most requests
 * are answered here, and the vCPU enters the guest again at once: KVM's common way out and in again
 * costs more than they do.  What may sleep, needs userspace or changes what KVM checks before an
 * entry is left to the second half (vmgexit.c), which goes on where this one stopped: es->stage.
 *
 * The guest controls what it asks for and how often.  Interrupts, signals and the scheduler are
 * served as before: KVM looks for them before it enters again, and the entry itself exits at once
 * on a pending interrupt.
 */
#include <linux/kvm_host.h>
#include <linux/uaccess.h>

#include "x86.h"
#include "trace.h"
#include "ap_hold.h"
#include "es_trace.h"
#include "fastpath.h"
#include "ghcb.h"
#include "msr_proto.h"
#include "nae.h"
#include "respond.h"
#include "stats.h"
#include "vmgexit.h"

#define X2APIC_MSR_FIRST	0x800
#define X2APIC_MSR_LAST		0x8ff

/*
 * Reads that neither sleep nor touch anything but the vCPU.  The APIC only when KVM, after an exit, would not
 * look into the guest's memory first: the guest may have ended an interrupt there (KVM_FEATURE_PV_EOI).
 */
static bool msr_reads_quickly(struct kvm_vcpu *vcpu, u32 msr)
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

static bool quick_rdmsr(struct kvm_vcpu *vcpu, u32 msr)
{
	u64 data;

	if (!msr_reads_quickly(vcpu, msr) || !kvm_msr_allowed(vcpu, msr, KVM_MSR_FILTER_READ) ||
	    kvm_get_msr(vcpu, msr, &data))
		return false;

	trace_kvm_msr_read(msr, data);
	vcpu->arch.regs[VCPU_REGS_RAX] = lower_32_bits(data);
	vcpu->arch.regs[VCPU_REGS_RDX] = upper_32_bits(data);
	return true;
}

/* KVM would bring the guest's clock up to date even where nothing changes. */
static bool keep_tsc_adjust(struct kvm_vcpu *vcpu, u64 data)
{
	if (data != vcpu->arch.ia32_tsc_adjust_msr)
		return false;
	trace_kvm_msr_write(MSR_IA32_TSC_ADJUST, data);
	return true;
}

/* KVM knows itself which other writes it can do here: sending an IPI, arming the timer. */
static bool quick_wrmsr(struct kvm_vcpu *vcpu, const struct es_request *req)
{
	if (!kvm_msr_allowed(vcpu, req->rcx, KVM_MSR_FILTER_WRITE))
		return false;
	if ((u32)req->rcx == MSR_IA32_TSC_ADJUST)
		return keep_tsc_adjust(vcpu, (u32)req->rax | req->rdx << 32);

	vcpu->arch.regs[VCPU_REGS_RAX] = req->rax;
	vcpu->arch.regs[VCPU_REGS_RCX] = req->rcx;
	vcpu->arch.regs[VCPU_REGS_RDX] = req->rdx;
	return handle_fastpath_set_msr_irqoff(vcpu) != EXIT_FASTPATH_NONE;
}

/* Out of line: the other requests do not pay for its registers and stack. */
static noinline bool quick_msr(struct kvm_vcpu *vcpu)
{
	const struct es_request *req = &to_es(vcpu)->req;

	return req->info1 ? quick_wrmsr(vcpu, req) : quick_rdmsr(vcpu, req->rcx);
}

/* CPUID alone is about XCR0 and XSS. */
static void get_offer(struct kvm_vcpu *vcpu, struct es_offer *offer)
{
	offer->version = es_ghcb_version(vcpu->kvm);
	if (to_es(vcpu)->req.code != ES_EXIT_CPUID)
		return;
	offer->xcr0 = vcpu->arch.guest_supported_xcr0 | XFEATURE_MASK_FP;
	offer->xss = kvm_caps.supported_xss;
}

static void tell_lapses(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	enum es_lapse lapse;

	for (lapse = 0; lapse < ES_NR_LAPSES; lapse++) {
		if (!(es->req.lapses & BIT(lapse)))
			continue;
		es->stats.tolerated[lapse]++;
		trace_es_tolerate(vcpu->vcpu_id, es->req.code, es_lapse_name(lapse));
	}
}

/* Something is wrong with the request, which may be served all the same.  Out of line: most guests make none. */
static noinline bool is_refused(struct kvm_vcpu *vcpu, enum es_reason reason)
{
	if (reason == ES_OK) {
		tell_lapses(vcpu);
		return false;
	}
	if (to_es(vcpu)->rule)
		es_stats_request(to_es(vcpu));
	to_es(vcpu)->stage = ES_STAGE_ANSWERED;
	es_respond_malformed(vcpu, reason);
	return true;
}

/* Also in the fast path itself: a call is dear. */
static __always_inline void take(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	enum es_reason reason;

	if (!es_ghcb_msr(vcpu) || es_ghcb_snapshot(vcpu))
		return;
	if (trace_kvm_vmgexit_enter_enabled())
		trace_kvm_vmgexit_enter(vcpu->vcpu_id,
					es_ghcb_show(es, es->req.info1, es->req.info2));

	es->scratch.copy_out = false;
	get_offer(vcpu, &es->offer);
	reason = es_request_validate(&es->req, &es->offer, &es->rule);
	if (unlikely(reason | es->req.lapses) && is_refused(vcpu, reason))
		return;
	es_stats_request(es);
	es->stage = ES_STAGE_ACCEPTED;
	es_respond_done(es, 0);
}

void es_vmgexit_take(struct kvm_vcpu *vcpu)
{
	take(vcpu);
}

/* Carries the request out, or returns false and leaves everything as it was. */
static bool serve_page(struct kvm_vcpu *vcpu)
{
	switch (to_es(vcpu)->rule->event) {
	case ES_EV_IOIO:
	case ES_EV_MMIO_READ:
	case ES_EV_MMIO_WRITE:
		return false;
	case ES_EV_MSR:
		return quick_msr(vcpu);
	case ES_EV_WBINVD:
		return !kvm_arch_has_noncoherent_dma(vcpu->kvm);
	default:
		return es_nae_quick(vcpu);
	}
}

static bool answer_page(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	take(vcpu);
	if (es->stage == ES_STAGE_ACCEPTED && serve_page(vcpu))
		es->stage = ES_STAGE_ANSWERED;
	return es->stage == ES_STAGE_ANSWERED && es_respond_try_write(vcpu);
}

static bool answer(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	es->stage = ES_STAGE_NEW;
	es->stats.began_tsc = rdtsc();
	es_ap_ran(vcpu);
	if (es_ghcb_msr(vcpu) & ES_MSR_INFO_MASK)
		return es_msr_protocol_quick(vcpu);
	return answer_page(vcpu);
}

fastpath_t es_fastpath(struct kvm_vcpu *vcpu)
{
	bool answered;
	int srcu_idx;

	/*
	 * A fault would have to sleep; memory that is not there is the second half's business.  KVM's
	 * fast path for MSRs takes the vCPU's own place in SRCU, so this is another.
	 */
	pagefault_disable();
	srcu_idx = srcu_read_lock(&vcpu->kvm->srcu);
	answered = answer(vcpu);
	srcu_read_unlock(&vcpu->kvm->srcu, srcu_idx);
	pagefault_enable();
	return answered ? EXIT_FASTPATH_REENTER_GUEST : EXIT_FASTPATH_NONE;
}
