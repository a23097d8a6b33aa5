// SPDX-License-Identifier: GPL-2.0
/*
 * Tracepoints of kvm.ko that are not exported.  Find them by name when the module is loaded, so
 * that an access is left to kvm.ko while its event is enabled.
 */
#include <linux/module.h>

#include "kvm_tracepoints.h"

struct tracepoint *es_kvm_pio __ro_after_init;
struct tracepoint *es_kvm_cpuid __ro_after_init;

static int __init find_tracepoints(struct notifier_block *nb, unsigned long action, void *data)
{
	const struct module *kvm = ((struct tp_module *)data)->mod;
	struct tracepoint *tp;
	unsigned int i;

	if (action != MODULE_STATE_COMING || strcmp(kvm->name, "kvm"))
		return NOTIFY_DONE;
	for (i = 0; i < kvm->num_tracepoints; i++) {
		tp = tracepoint_ptr_deref(&kvm->tracepoints_ptrs[i]);
		if (!strcmp(tp->name, "kvm_pio"))
			es_kvm_pio = tp;
		else if (!strcmp(tp->name, "kvm_cpuid"))
			es_kvm_cpuid = tp;
	}
	return NOTIFY_OK;
}

/*
 * Registration calls the notifier for each loaded module.  kvm.ko cannot be unloaded before
 * kvm-amd.ko.
 */
void __init es_kvm_tracepoints_init(void)
{
	struct notifier_block modules = { .notifier_call = find_tracepoints };

	if (!register_tracepoint_module_notifier(&modules))
		unregister_tracepoint_module_notifier(&modules);
}
