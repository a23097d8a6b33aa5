// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a vCPU: create, reset, run, free, and what each step does to our state.
 *
 *   create   allocate; WAITING
 *   reset    forget the exit in flight; WAITING; GHCB MSR = SEV information
 *   INIT     tell the AP state machine; an exit in flight stays (a held vCPU has one), and so does
 *            what KVM knows of CR0, CR4 and EFER: no INIT reaches the VMSA, and what KVM forgot it
 *            would learn at the guest's next change only.  CPUID's OSXSAVE is made from CR4, and a
 *            guest that changes EFER under paging that KVM knows of gets #GP if LME seems to change.
 *   run      finish the exit that userspace worked on, then go on
 *   move     the kernel moves struct vcpu_sev_es_state, and with it the pointer to our state
 *   free     free
 *
 * The guest controls none of these, except INIT through another vCPU's APIC.
 */
#include <linux/kvm_host.h>
#include <linux/slab.h>

#include "x86.h"
#include "ap_hold.h"
#include "msr_proto.h"
#include "respond.h"
#include "scratch_bounds.h"
#include "sipi.h"
#include "stats.h"
#include "stock.h"
#include "vcpu.h"

#define DR7_RESET	0x400

static void reset(struct es_vcpu *es)
{
	es->answer.due = false;
	es->end.how = 0;
	es->scratch.copy_out = false;
	es->first_sipi = false;
	es->dr7 = DR7_RESET;
}

static void free_state(struct es_vcpu *es)
{
	kvfree(es->scratch.outside);
	free_page((unsigned long)es->image);
	kfree_rcu(es, rcu);
}

/* All the memory that the vCPU ever needs. */
static struct es_vcpu *alloc_state(u16 version)
{
	struct es_vcpu *es = kzalloc(sizeof(*es), GFP_KERNEL_ACCOUNT);

	if (!es)
		return NULL;
	es->image = (struct ghcb *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (version < 2)
		es->scratch.outside = kvmalloc(ES_SCRATCH_MAX_BYTES, GFP_KERNEL_ACCOUNT);
	if (!es->image || (version < 2 && !es->scratch.outside)) {
		free_state(es);
		return NULL;
	}
	memset(es->stats.last, ES_LAST_NONE, sizeof(es->stats.last));
	reset(es);
	return es;
}

int es_vcpu_create(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es;

	if (!sev_es_guest(vcpu->kvm) || es_snp_guest(vcpu->kvm))
		return 0;

	es = alloc_state(es_ghcb_version(vcpu->kvm));
	if (!es)
		return -ENOMEM;
	to_svm(vcpu)->sev_es.es = es;
	es_sipi_create(vcpu);
	es_stats_show(vcpu);
	es_stats_create(vcpu->kvm);
	return 0;
}

struct kvm_vcpu *es_vcpu_lock(struct kvm *kvm, u32 vcpu_id)
{
	struct kvm_vcpu *vcpu = kvm_get_vcpu_by_id(kvm, vcpu_id);

	if (!vcpu)
		return ERR_PTR(-EINVAL);
	if (mutex_lock_killable(&vcpu->mutex))
		return ERR_PTR(-EINTR);
	if (to_es(vcpu))
		return vcpu;
	mutex_unlock(&vcpu->mutex);
	return ERR_PTR(-EINVAL);
}

void es_vcpu_free(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	if (!es)
		return;
	to_svm(vcpu)->sev_es.es = NULL;
	es_stats_show(vcpu);
	free_state(es);
}

void es_vcpu_init_event(struct kvm_vcpu *vcpu)
{
	if (!to_es(vcpu))
		return;
	to_es(vcpu)->in_init = vcpu->arch.guest_state_protected;
	es_init_deliver(vcpu);
}

/* For an ioctl other than KVM_RUN, or with an SMI on its way. */
void es_vcpu_load_slow(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	if (!es)
		return;
	if (!vcpu->wants_to_run)
		es->in_run = false;
	/* Dropped later anyway (hooks.h); until then it would end a HLT, and keep MP states from being set. */
	vcpu->arch.smi_pending = false;
	kvm_clear_request(KVM_REQ_SMI, vcpu);
	/*
	 * Else KVM_GET_MP_STATE would say RUNNABLE of a vCPU that another one has kicked (a hypercall), and that
	 * is held, or will be when it runs: KVM_SET_MP_STATE may have said so.
	 */
	if (es_ap_held(es->ap_state) || vcpu->arch.mp_state == KVM_MP_STATE_AP_RESET_HOLD)
		vcpu->arch.pv.pv_unhalted = false;
}

/* A guest that has ended stays so until it is reset. */
int es_vcpu_pre_run(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	if (!es)
		return 1;
	if (es->end.how)
		return es_end_report(vcpu);

	if (unlikely(es_ap_held(es->ap_state) || vcpu->arch.mp_state == KVM_MP_STATE_AP_RESET_HOLD))
		es_ap_follow_mp_state(vcpu);
	es->in_run = true;
	return es_ap_held(es->ap_state) ? 1 : es_respond_write(vcpu);
}

int es_vcpu_complete_msr(struct kvm_vcpu *vcpu, int err)
{
	if (err)
		es_respond_exception(to_es(vcpu), GP_VECTOR);
	return 1;
}

/* Takes the place of the kernel's function, which on 6.1 knows one GHCB version for the GHCB MSR. */
void sev_es_vcpu_reset(struct vcpu_svm *svm)
{
	struct es_vcpu *es = svm->sev_es.es;

	stock_sev_es_vcpu_reset(svm);
	if (!es)
		return;
	es_set_ghcb_msr(&svm->vcpu, es_msr_proto_sev_info(&svm->vcpu));
	reset(es);
	es_ap_feed(&svm->vcpu, ES_AP_RESET);
}

void sev_free_vcpu(struct kvm_vcpu *vcpu)
{
	es_vcpu_free(vcpu);
	stock_sev_free_vcpu(vcpu);
}

/*
 * Takes the place of the kernel's function, which wrote the answer here, where nothing may sleep
 * any more.  Ours is written earlier; what is left to do before an entry is to keep a held vCPU
 * out (ap_hold.c).
 */
void sev_es_unmap_ghcb(struct vcpu_svm *svm)
{
	struct es_vcpu *es = svm->sev_es.es;

	if (!es) {
		stock_sev_es_unmap_ghcb(svm);
	} else if (unlikely(es_ap_held(es->ap_state))) {
		es_ap_keep_held(&svm->vcpu);
		kvm_make_request(KVM_REQ_UNBLOCK, &svm->vcpu);
	}
}
