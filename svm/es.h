/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of an SEV-ES vCPU that this layer keeps.
 *
 * A handler returns 1 to resume the guest, 0 to exit to userspace (kvm_run has the reason), or
 * -errno on host error.  A guest's mistake is never an -errno.
 *
 * struct es_vcpu belongs to the task that holds the vCPU's mutex, which runs the vCPU or executes
 * an ioctl on it.  Other tasks read only what stats.c shows, as RCU readers, and may see it change
 * concurrently.
 */
#ifndef SVM_ES_H
#define SVM_ES_H

#include "../include/compat/kvm.h"
#include "rules/ap.h"
#include "rules/msr.h"
#include "rules/request.h"

/* Access to the GHCB page without a mapping. */
struct es_ghcb_access {
	struct gfn_to_hva_cache cache;	/* of the vCPU's VM; a move invalidates it */
	bool known;			/* @cache holds the page */
};

/* The payload of the current exit: the scratch area, or the data of IN or OUT. */
struct es_scratch {
	u64 gpa;
	u32 len_bytes;
	bool in_ghcb;
	bool copy_out;			/* the guest gets @data back with the response */
	void *data;			/* in the shadow, @outside, or es->pio */
	void *outside;			/* ES_SCRATCH_MAX_BYTES for areas outside the GHCB */
};

#define ES_NR_CPUID_CACHE	256

/* The response to a request by the GHCB page. */
struct es_response {
	u64 info1;
	u64 info2;
	u32 returned;			/* ES_F_* of the registers that go back */
	u32 pio_bytes;			/* so many low bytes of RAX come from es->pio; 0: none */
	bool pending;			/* not yet written to the guest */
};

/* Why the guest ended: see include/uapi/linux/kvm_amd_es.h. */
struct es_end {
	u32 source;			/* KVM_AMD_ES_TERM_*; 0: it has not ended */
	u64 reason;
};

#define ES_NR_LAST_EVENTS	8
#define ES_LAST_IS_MSR		0x80
#define ES_LAST_NONE		0xff

struct es_stats {
	u64 nae[ES_NR_NAE_EVENTS];
	u64 msr[ES_NR_MSR_REQUESTS];
	u64 nae_tsc[ES_NR_NAE_EVENTS];	/* host TSC from VMGEXIT to the response or hold */
	u64 msr_tsc[ES_NR_MSR_REQUESTS];
	u64 rejected[ES_NR_REASONS];
	u64 tolerated[ES_NR_LAPSES];
	u64 began_tsc;			/* TSC at the current VMGEXIT; 0: accounted */
	u8 last[ES_NR_LAST_EVENTS];	/* a ring; ES_LAST_IS_MSR: of the MSR protocol */
	u8 next_last;
};

/*
 * What remains to be done for the current VMGEXIT.  Valid from es_vmgexit_fastpath() to the end of
 * es_vmgexit_handle(); later only response.pending, ap_state and KVM's complete_userspace_io say
 * what is left.
 */
enum vmgexit_phase {
	VMGEXIT_FETCH,			/* all of it: the request is not fetched */
	VMGEXIT_HANDLE,			/* the request is valid, the response set to success */
	VMGEXIT_RESPOND,		/* the request was handled or rejected */
};

struct es_vcpu {
	struct es_request req;
	enum vmgexit_phase phase;
	struct es_limits limits;
	const struct es_rule *rule;
	struct es_response response;
	struct es_ghcb_access ghcb;
	struct es_scratch scratch;
	struct ghcb *shadow;		/* copy of the shared buffer, and of fields to trace */
	struct es_end end;
	u32 pio;			/* data of IN and OUT */
	u64 dr7;			/* as the guest last wrote it */
	u8 cpuid_cache[ES_NR_CPUID_CACHE];	/* indices of leaves (cpuid_cache.c) */
	enum es_ap_state ap_state;
	bool first_sipi;		/* the first SIPI was delivered */
	bool in_run;			/* this KVM_RUN is past es_vcpu_pre_run() */
	bool in_init;			/* KVM is resetting its copies of the control registers */
	bool bsp_flag_cleared;		/* APICBASE.BSP is cleared, and will be put back (ap.c) */
	bool own_sipi;			/* ap.c set the SIPI bit in the APIC */
	struct es_stats stats;
	struct rcu_head rcu;		/* readers of the statistics may still use it */
};

/*
 * Guest memory is accessed by addresses of the process that created the VM.  KVM ensures that for
 * its own ioctls, but the caller of a move is the target's process, which need not be the source's.
 */
static inline void es_assert_own_process(struct kvm_vcpu *vcpu)
{
	lockdep_assert(current->mm == vcpu->kvm->mm);
}

/* Return our state, or NULL for a vCPU that this layer does not serve (no SEV-ES, or SNP). */
static inline struct es_vcpu *to_es(struct kvm_vcpu *vcpu)
{
	return to_svm(vcpu)->sev_es.es;
}

/* Return the hypervisor features that the VM's guest is offered.  Each defined bit requires SNP. */
static inline u64 es_hv_features(struct kvm *kvm)
{
	return 0;
}

/* Return the GHCB MSR: the GHCB's address, or a request or response of the MSR protocol. */
static inline u64 es_ghcb_msr(struct kvm_vcpu *vcpu)
{
	return to_svm(vcpu)->vmcb->control.ghcb_gpa;
}

static inline void es_set_ghcb_msr(struct kvm_vcpu *vcpu, u64 value)
{
	to_svm(vcpu)->vmcb->control.ghcb_gpa = value;
}

#endif
