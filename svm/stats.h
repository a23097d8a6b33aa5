/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters, and what debugfs shows of a VM: es_events, es_counters and es_vcpus.
 */
#ifndef SVM_STATS_H
#define SVM_STATS_H

#include <asm/msr.h>

#include "es.h"

/* Create a VM's debugfs files if it has none yet. */
void es_stats_create(struct kvm *kvm);
void es_stats_create_locked(struct kvm *kvm);	/* caller must hold kvm->lock */

/*
 * Let readers see the vCPU's state, or that it has none any more.  They use a pointer of their own,
 * because the kernel copies and clears struct vcpu_sev_es_state as bytes.
 */
void es_stats_publish(struct kvm_vcpu *vcpu);

static inline void es_stats_last(struct es_stats *stats, u8 entry)
{
	stats->last[stats->next_last] = entry;
	stats->next_last = (stats->next_last + 1) % ES_NR_LAST_EVENTS;
}

/*
 * Count the request of es->rule, which must be set.  A request without a rule counts as rejected
 * only.
 */
static inline void es_stats_request(struct es_vcpu *es)
{
	es->stats.nae[es->rule->event]++;
	es_stats_last(&es->stats, es->rule->event);
}

static inline void es_stats_rejected(struct es_vcpu *es, enum es_reason reason)
{
	es->stats.rejected[reason]++;
}

/* Account the time since VMGEXIT, once per exit. */
static inline void es_stats_time(struct es_stats *stats, u64 *sum_tsc)
{
	if (stats->began_tsc)
		*sum_tsc += rdtsc() - stats->began_tsc;
	stats->began_tsc = 0;
}

static inline void es_stats_nae_time(struct es_vcpu *es)
{
	if (es->rule)
		es_stats_time(&es->stats, &es->stats.nae_tsc[es->rule->event]);
}

static inline void es_stats_msr(struct es_vcpu *es, enum es_msr_request request)
{
	es->stats.msr[request]++;
	es_stats_last(&es->stats, request | ES_LAST_IS_MSR);
}

#endif
