// SPDX-License-Identifier: GPL-2.0
/*
 * CPUID, as KVM's model of the vCPU has it.  The model is a list, and KVM does not search it with
 * interrupts off, because it can be long.  So the second half searches, and notes where it found
 * the leaf; next time the first half looks there.  A note is only a hint: the entry itself says
 * which leaf it is.
 *
 * The guest controls leaf and subleaf.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "cpuid.h"
#include "cpuid_hint.h"
#include "kvm_events.h"

/* By bit 31 of the leaf, its last five, and the subleaf's last two: those that exist rarely meet. */
static u8 *hint_of(struct es_vcpu *es, u32 function, u32 index)
{
	u32 nr = (function & 0x1f) | function >> 31 << 5 | (index & 3) << 6;

	return &es->cpuid_hints[nr];
}

static bool is_leaf(const struct kvm_cpuid_entry2 *entry, u32 function, u32 index)
{
	return entry->function == function &&
	       (!(entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) || entry->index == index);
}

/* KVM changes its answer by more than the entry. */
static bool depends_on_more(u32 function)
{
	return function == 7 || function == 0x80000007;
}

static void remember(struct kvm_vcpu *vcpu, u32 function, u32 index)
{
	int nr;

	static_assert(KVM_MAX_CPUID_ENTRIES - 1 <= U8_MAX);
	for (nr = 0; nr < vcpu->arch.cpuid_nent; nr++) {
		if (is_leaf(&vcpu->arch.cpuid_entries[nr], function, index)) {
			*hint_of(to_es(vcpu), function, index) = nr;
			return;
		}
	}
}

void es_cpuid(struct kvm_vcpu *vcpu, u32 function, u32 index, u32 regs[4])
{
	regs[0] = function;
	regs[2] = index;
	kvm_cpuid(vcpu, &regs[0], &regs[1], &regs[2], &regs[3], false);
	remember(vcpu, function, index);
}

bool es_cpuid_quick(struct kvm_vcpu *vcpu, u32 function, u32 index, u32 regs[4])
{
	const struct kvm_cpuid_entry2 *entry;
	u8 nr = *hint_of(to_es(vcpu), function, index);

	if (nr >= vcpu->arch.cpuid_nent || depends_on_more(function) || es_kvm_traces(es_kvm_cpuid))
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
