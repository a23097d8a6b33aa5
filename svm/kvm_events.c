// SPDX-License-Identifier: GPL-2.0
/*
 * Events of KVM that kvm.ko keeps to itself: found by name when the module is loaded, so that what
 * is done here in kvm.ko's place is left to it while somebody listens.
 */
#include <linux/module.h>

#include "kvm_events.h"

struct tracepoint *es_kvm_pio __ro_after_init;
struct tracepoint *es_kvm_cpuid __ro_after_init;

static int __init find(struct notifier_block *nb, unsigned long action, void *data)
{
	const struct module *kvm = ((struct tp_module *)data)->mod;
	struct tracepoint *event;
	unsigned int i;

	if (action != MODULE_STATE_COMING || strcmp(kvm->name, "kvm"))
		return NOTIFY_DONE;
	for (i = 0; i < kvm->num_tracepoints; i++) {
		event = tracepoint_ptr_deref(&kvm->tracepoints_ptrs[i]);
		if (!strcmp(event->name, "kvm_pio"))
			es_kvm_pio = event;
		else if (!strcmp(event->name, "kvm_cpuid"))
			es_kvm_cpuid = event;
	}
	return NOTIFY_OK;
}

/* The notifier is told at once of all modules that are there; kvm.ko stays as long as this one. */
void __init es_kvm_events_init(void)
{
	struct notifier_block modules = { .notifier_call = find };

	if (!register_tracepoint_module_notifier(&modules))
		unregister_tracepoint_module_notifier(&modules);
}
