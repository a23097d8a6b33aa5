/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of KVM that kvm.ko keeps to itself.
 */
#ifndef SVM_KVM_EVENTS_H
#define SVM_KVM_EVENTS_H

#include <linux/tracepoint.h>

/* kvm_pio and kvm_cpuid; NULL: not found. */
extern struct tracepoint *es_kvm_pio, *es_kvm_cpuid;

/* Once, when the module is loaded. */
void es_kvm_events_init(void);

/* Somebody listens, or may: kvm.ko has to do the work, because only it can fire its events. */
static inline bool es_kvm_traces(const struct tracepoint *event)
{
	return !event || static_key_enabled(&event->key);
}

#endif
