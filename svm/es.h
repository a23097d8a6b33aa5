/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of an SEV-ES vCPU that this layer keeps, and what functions return.
 *
 * Handlers return as KVM's do: 1 resume the guest, 0 go to userspace (kvm_run says why), negative
 * errno when the host is in trouble.  A guest's mistake is never a negative errno.
 *
 * All of struct es_vcpu belongs to the task that holds the vCPU's mutex (it runs the vCPU or does
 * an ioctl on it).  Others read only what stats.c shows, as RCU readers, and may see it change meanwhile.
 */
#ifndef SVM_ES_H
#define SVM_ES_H

#include "../include/compat/kvm.h"
#include "ap_state.h"
#include "msr_codec.h"
#include "validate.h"

/* How to reach the GHCB page without mapping it. */
struct es_ghcb_access {
	struct gfn_to_hva_cache cache;	/* of the VM that the vCPU is in: a move forgets it */
	bool known;			/* the cache holds the page */
};

/* The payload of the exit being served: the scratch area, or RAX's part of an IN or OUT. */
struct es_scratch {
	u64 gpa;
	u32 len_bytes;
	bool in_ghcb;
	bool copy_out;			/* the guest gets the buffer back with the answer */
	void *data;			/* in the image, .outside, or es->pio */
	void *outside;			/* for areas outside the GHCB: ES_SCRATCH_MAX_BYTES, kept */
};

#define ES_NR_CPUID_HINTS	256

/* The answer to a page-based request. */
struct es_answer {
	u64 info1;
	u64 info2;
	u32 returns;			/* ES_F_* of the registers that go back */
	u32 pio_bytes;			/* RAX's low bytes are in es->pio; 0: nothing is */
	bool due;			/* not yet written to the guest */
};

/* Why the guest ended: see include/uapi/kvm_amd_es.h. */
struct es_end {
	u32 how;			/* KVM_AMD_ES_TERM_*, 0: it has not */
	u64 reason;
};

#define ES_NR_LAST_EVENTS	8
#define ES_LAST_IS_MSR		0x80
#define ES_LAST_NONE		0xff

struct es_stats {
	u64 nae[ES_NR_NAE_EVENTS];
	u64 msr[ES_NR_MSR_EVENTS];
	u64 nae_tsc[ES_NR_NAE_EVENTS];	/* host TSC cycles from VMGEXIT to the answer, or to the hold */
	u64 msr_tsc[ES_NR_MSR_EVENTS];
	u64 refused[ES_NR_REASONS];
	u64 tolerated[ES_NR_LAPSES];
	u64 began_tsc;			/* the exit being served; 0: its time is counted */
	u8 last[ES_NR_LAST_EVENTS];	/* a ring; ES_LAST_IS_MSR marks MSR-protocol requests */
	u8 next_last;
};

/* How far the VMGEXIT at hand is: the two halves share the work (fastpath.c, vmgexit.c). */
enum es_stage {
	ES_STAGE_NEW,			/* nothing done */
	ES_STAGE_ACCEPTED,		/* request fetched and found good */
	ES_STAGE_ANSWERED,		/* carried out or refused: the answer is to be written */
};

struct es_vcpu {
	struct es_request req;
	enum es_stage stage;
	struct es_offer offer;
	const struct es_rule *rule;
	struct es_answer answer;
	struct es_ghcb_access ghcb;
	struct es_scratch scratch;
	struct ghcb *image;		/* host copy of the fields and the buffer in use */
	struct es_end end;
	u32 pio;			/* data of IN and OUT */
	u64 dr7;			/* as the guest last reported it */
	u8 cpuid_hints[ES_NR_CPUID_HINTS];	/* where leaves were found (cpuid_hint.c) */
	enum es_ap_state ap_state;
	bool first_sipi;		/* a first SIPI has come */
	bool in_run;			/* this KVM_RUN is past es_vcpu_pre_run() */
	bool in_init;			/* KVM is resetting what it knows of the registers */
	bool bsp_hidden;		/* the BSP flag of the APIC base is off for the moment */
	bool own_sipi;			/* the SIPI bit was set here (sipi.c) */
	struct es_stats stats;
	struct rcu_head rcu;		/* readers of the numbers may still have it when it is freed */
};

/*
 * Guest memory is reached by addresses of the process that made the VM.  KVM sees to that for its own
 * ioctls, but the caller of a move is the target's process, and need not be the source's.
 */
static inline void es_assert_own_process(struct kvm_vcpu *vcpu)
{
	lockdep_assert(current->mm == vcpu->kvm->mm);
}

/* Our state, or NULL for a vCPU that this layer does not serve (no SEV-ES, or SNP). */
static inline struct es_vcpu *to_es(struct kvm_vcpu *vcpu)
{
	return to_svm(vcpu)->sev_es.es;
}

/* The value of the GHCB MSR: the GHCB's address, or a request or response of the MSR protocol. */
static inline u64 es_ghcb_msr(struct kvm_vcpu *vcpu)
{
	return to_svm(vcpu)->vmcb->control.ghcb_gpa;
}

static inline void es_set_ghcb_msr(struct kvm_vcpu *vcpu, u64 value)
{
	to_svm(vcpu)->vmcb->control.ghcb_gpa = value;
}

#endif
