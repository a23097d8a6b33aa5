// SPDX-License-Identifier: GPL-2.0
/*
 * CPUID leaves of a vCPU.  KVM has them in a list, and does not search it with interrupts off,
 * because it can be long.  So the exit handler searches it, and caches the index of the leaf for
 * the fastpath.  A wrong index does no harm: the entry says which leaf it is.
 *
 * The guest controls leaf and subleaf.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "cpuid.h"
#include "cpuid_cache.h"
#include "kvm_tracepoints.h"

/* Hash bits 31 and 4:0 of the leaf, and bits 1:0 of the subleaf; existing leaves rarely collide. */
static u8 *cache_slot(struct es_vcpu *es, u32 function, u32 index)
{
	u32 nr = (function & 0x1f) | function >> 31 << 5 | (index & 3) << 6;

	return &es->cpuid_cache[nr];
}

static bool is_leaf(const struct kvm_cpuid_entry2 *entry, u32 function, u32 index)
{
	return entry->function == function &&
	       (!(entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || entry->index == index);
}

/* kvm_cpuid() adjusts these leaves at run time. */
static bool is_computed_leaf(u32 function)
{
	return function == 7 || function == 0x80000007;
}

static void cache_leaf(struct kvm_vcpu *vcpu, u32 function, u32 index)
{
	int nr;

	static_assert(KVM_MAX_CPUID_ENTRIES - 1 <= U8_MAX);
	for (nr = 0; nr < vcpu->arch.cpuid_nent; nr++) {
		if (is_leaf(&vcpu->arch.cpuid_entries[nr], function, index)) {
			*cache_slot(to_es(vcpu), function, index) = nr;
			return;
		}
	}
}

void es_cpuid_lookup(struct kvm_vcpu *vcpu, u32 function, u32 index, u32 regs[4])
{
	regs[0] = function;
	regs[2] = index;
	kvm_cpuid(vcpu, &regs[0], &regs[1], &regs[2], &regs[3], false);
	cache_leaf(vcpu, function, index);
}

bool es_cpuid_lookup_cached(struct kvm_vcpu *vcpu, u32 function, u32 index, u32 regs[4])
{
	const struct kvm_cpuid_entry2 *entry;
	u8 nr = *cache_slot(to_es(vcpu), function, index);

	if (nr >= vcpu->arch.cpuid_nent || is_computed_leaf(function) ||
	    es_kvm_tracepoint_enabled(es_kvm_cpuid))
		return false;
	entry = &vcpu->arch.cpuid_entries[nr];
	if (!is_leaf(entry, function, index))
		return false;

	regs[0] = entry->eax;
	regs[1] = entry->ebx;
	regs[2] = entry->ecx;
	regs[3] = entry->edx;
	return true;
}
