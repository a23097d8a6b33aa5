// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a vCPU, and what each step does to our state.
 *
 *   create   allocate; WAITING
 *   reset    forget the current exit; WAITING; GHCB MSR = SEV information
 *   INIT     ap.c: tell the AP state machine.  The current exit stays, because a held vCPU has
 *            one.  KVM's copies of CR0, CR4 and EFER stay, too: INIT does not change the VMSA, and
 *            KVM would learn the values only when the guest changes them again.  CPUID's OSXSAVE
 *            is made from CR4, and a guest that changes EFER with paging enabled in KVM's copy of
 *            CR0 gets #GP if LME seems to change.
 *   run      complete the exit that userspace worked on, then enter the guest
 *   move     the kernel moves struct vcpu_sev_es_state, which has the pointer to our state
 *   free     free
 *
 * The guest controls none of these, except INIT through another vCPU's APIC.
 */
#include <linux/kvm_host.h>
#include <linux/slab.h>

#include "ap.h"
#include "msr_proto.h"
#include "respond.h"
#include "rules/scratch.h"
#include "stats.h"
#include "vcpu.h"

#define DR7_RESET	0x400

static void reset_state(struct es_vcpu *es)
{
	es->response.pending = false;
	es->end.source = 0;
	es->scratch.copy_out = false;
	es->first_sipi = false;
	es->dr7 = DR7_RESET;
}

static void free_state(struct es_vcpu *es)
{
	kvfree(es->scratch.outside);
	free_page((unsigned long)es->shadow);
	kfree_rcu(es, rcu);
}

/* Allocate all the memory that the vCPU ever needs. */
static struct es_vcpu *alloc_state(u16 version)
{
	struct es_vcpu *es = kzalloc(sizeof(*es), GFP_KERNEL_ACCOUNT);

	if (!es)
		return NULL;
	es->shadow = (struct ghcb *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (version < 2)
		es->scratch.outside = kvmalloc(ES_SCRATCH_MAX_BYTES, GFP_KERNEL_ACCOUNT);
	if (!es->shadow || (version < 2 && !es->scratch.outside)) {
		free_state(es);
		return NULL;
	}
	memset(es->stats.last, ES_LAST_NONE, sizeof(es->stats.last));
	reset_state(es);
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
	es_ap_create(vcpu);
	es_stats_publish(vcpu);
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
	es_stats_publish(vcpu);
	free_state(es);
}

void es_vcpu_reset(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	if (!es)
		return;
	/* 6.1 knows only version 1 for the SEV information. */
	es_set_ghcb_msr(vcpu, es_msr_proto_sev_info(vcpu));
	reset_state(es);
	es_ap_handle_event(vcpu, ES_AP_RESET);
}

/* Called for an ioctl other than KVM_RUN, or with a pending SMI. */
void es_vcpu_load_slow(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	if (!es)
		return;
	if (!vcpu->wants_to_run)
		es->in_run = false;
	/*
	 * The SMI is dropped later anyway (hooks.h); until then it would end a HLT, and block
	 * KVM_SET_MP_STATE.
	 */
	vcpu->arch.smi_pending = false;
	kvm_clear_request(KVM_REQ_SMI, vcpu);
	/*
	 * KVM_GET_MP_STATE would report RUNNABLE for a vCPU that another one has kicked
	 * (KVM_HC_KICK_CPU), although it is held, or will be when it runs next, because
	 * KVM_SET_MP_STATE requested that.
	 */
	if (es_ap_held(es->ap_state) || vcpu->arch.mp_state == KVM_MP_STATE_AP_RESET_HOLD)
		vcpu->arch.pv.pv_unhalted = false;
}

/* A guest that has ended stays ended until it is reset. */
int es_vcpu_pre_run(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	if (!es)
		return 1;
	if (es->end.source)
		return es_end_report(vcpu);

	if (unlikely(es_ap_held(es->ap_state) || vcpu->arch.mp_state == KVM_MP_STATE_AP_RESET_HOLD))
		es_ap_follow_mp_state(vcpu);
	es->in_run = true;
	return es_ap_held(es->ap_state) ? 1 : es_respond_write(vcpu);
}
