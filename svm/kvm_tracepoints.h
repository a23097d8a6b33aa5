/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of kvm.ko that are not exported.
 */
#ifndef SVM_KVM_TRACEPOINTS_H
#define SVM_KVM_TRACEPOINTS_H

#include <linux/tracepoint.h>

/* kvm_pio and kvm_cpuid, or NULL if not found. */
extern struct tracepoint *es_kvm_pio, *es_kvm_cpuid;

/* Called once, when the module is loaded. */
void es_kvm_tracepoints_init(void);

/*
 * Return true if the tracepoint is or may be enabled; then let kvm.ko handle the access, because
 * only kvm.ko can emit the event.
 */
static inline bool es_kvm_tracepoint_enabled(const struct tracepoint *tp)
{
	return !tp || static_key_enabled(&tp->key);
}

#endif
