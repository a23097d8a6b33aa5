// SPDX-License-Identifier: GPL-2.0
/*
 * Reading and setting the state of vCPUs, and the move of a guest to another VM of the same host.
 */
#include "state.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include "env.h"
#include "../spec/events.h"

#define MSR_APIC_BASE	0x1b
#define CR0_TS		8
#define CR4_OSXSAVE	0x40000
#define EFER_SCE	1

int vmm_get_vm_state(struct vmm_vm *vm, struct kvm_amd_es_vm *state)
{
	return vmm_sev_cmd(vm, KVM_AMD_ES_GET_VM, state, NULL);
}

int vmm_set_vm_state(struct vmm_vm *vm, struct kvm_amd_es_vm *state)
{
	return vmm_sev_cmd(vm, KVM_AMD_ES_SET_VM, state, NULL);
}

int vmm_get_vcpu_state(struct vmm_vcpu *vcpu, struct kvm_amd_es_vcpu *state)
{
	*state = (struct kvm_amd_es_vcpu){ .vcpu_id = vcpu->nr };
	return vmm_sev_cmd(vcpu->vm, KVM_AMD_ES_GET_VCPU, state, NULL);
}

int vmm_set_vcpu_state(struct vmm_vcpu *vcpu, struct kvm_amd_es_vcpu *state)
{
	return vmm_sev_cmd(vcpu->vm, KVM_AMD_ES_SET_VCPU, state, NULL);
}

struct one_msr {
	struct kvm_msrs head;
	struct kvm_msr_entry entry;
};

bool vmm_get_msr(struct vmm_vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	struct one_msr one = { .head.nmsrs = 1, .entry.index = msr };
	bool known = ioctl(vcpu->fd, KVM_GET_MSRS, &one) == 1;

	*value = one.entry.data;
	return known;
}

bool vmm_set_msr(struct vmm_vcpu *vcpu, uint32_t msr, uint64_t value)
{
	struct one_msr one = { .head.nmsrs = 1, .entry = { .index = msr, .data = value } };

	return ioctl(vcpu->fd, KVM_SET_MSRS, &one) == 1;
}

static void vcpu_ioctl(struct vmm_vcpu *vcpu, unsigned long request, const void *data,
		       const char *name)
{
	if (ioctl(vcpu->fd, request, data) < 0)
		vmm_fail("%s of vCPU %u failed: %m", name, vcpu->nr);
}

/* Read the MP state first: this accepts pending INIT and SIPI. */
void vmm_vcpu_save(struct vmm_vcpu *vcpu, struct vmm_vcpu_state *state)
{
	if (!vmm_vcpu_complete_io(vcpu))
		vmm_fail("vCPU %u has an exit with another part to work on", vcpu->nr);
	vcpu_ioctl(vcpu, KVM_GET_MP_STATE, &state->mp, "KVM_GET_MP_STATE");
	vcpu_ioctl(vcpu, KVM_GET_VCPU_EVENTS, &state->events, "KVM_GET_VCPU_EVENTS");
	vcpu_ioctl(vcpu, KVM_GET_LAPIC, &state->lapic, "KVM_GET_LAPIC");
	if (!vmm_get_msr(vcpu, MSR_APIC_BASE, &state->apic_base))
		vmm_fail("the APIC base of vCPU %u cannot be read", vcpu->nr);
}

void vmm_vcpu_restore(struct vmm_vcpu *vcpu, const struct vmm_vcpu_state *state)
{
	if (!vmm_set_msr(vcpu, MSR_APIC_BASE, state->apic_base))
		vmm_fail("the APIC base of vCPU %u cannot be set", vcpu->nr);
	vcpu_ioctl(vcpu, KVM_SET_LAPIC, &state->lapic, "KVM_SET_LAPIC");
	vcpu_ioctl(vcpu, KVM_SET_VCPU_EVENTS, &state->events, "KVM_SET_VCPU_EVENTS");
	vcpu_ioctl(vcpu, KVM_SET_MP_STATE, &state->mp, "KVM_SET_MP_STATE");
}

void vmm_vcpu_save_all(struct vmm_vcpu *vcpu, struct vmm_vcpu_state *state)
{
	vmm_vcpu_save(vcpu, state);
	if (vmm_get_vcpu_state(vcpu, &state->es))
		vmm_fail("KVM_AMD_ES_GET_VCPU of vCPU %u failed: %m", vcpu->nr);
	if (!vmm_get_msr(vcpu, SPEC_MSR_GHCB, &state->ghcb_msr))
		vmm_fail("the GHCB MSR of vCPU %u cannot be read", vcpu->nr);
}

void vmm_vcpu_restore_all(struct vmm_vcpu *vcpu, const struct vmm_vcpu_state *state)
{
	struct kvm_amd_es_vcpu es = state->es;

	vmm_vcpu_restore(vcpu, state);
	if (!vmm_set_msr(vcpu, SPEC_MSR_GHCB, state->ghcb_msr))
		vmm_fail("the GHCB MSR of vCPU %u cannot be set", vcpu->nr);
	if (vmm_set_vcpu_state(vcpu, &es))
		vmm_fail("KVM_AMD_ES_SET_VCPU of vCPU %u failed: %m", vcpu->nr);
}

int vmm_move_context(struct vmm_vm *to, struct vmm_vm *from)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM,
				      .args[0] = from->fd };

	return ioctl(to->fd, KVM_ENABLE_CAP, &cap) < 0 ? -errno : 0;
}

/* Pause and read, move, close, then set and continue. */
static void carry(struct vmm_vm *to, struct vmm_vm *from, const struct vmm_vm_options *options,
		  void (*save)(struct vmm_vcpu *vcpu, struct vmm_vcpu_state *state),
		  void (*restore)(struct vmm_vcpu *vcpu, const struct vmm_vcpu_state *state))
{
	struct vmm_vm_options twin = *options;
	struct vmm_vcpu_state states[AGENT_MAX_VCPUS];
	bool ran[AGENT_MAX_VCPUS];
	unsigned int i;

	twin.twin_of = from;
	vmm_vm_create(to, &twin);
	for (i = 0; i < from->nr_vcpus; i++) {
		ran[i] = from->vcpus[i].wish == ES_VCPU_GO;
		vmm_vcpu_pause(&from->vcpus[i]);
	}
	for (i = 0; i < from->nr_vcpus; i++)
		save(&from->vcpus[i], &states[i]);
	if (vmm_move_context(to, from))
		vmm_fail("KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM failed: %m");
	to->on_exit = from->on_exit;
	to->context = from->context;
	to->mapping = from->mapping;
	from->mapping = NULL;
	vmm_vm_close(from);
	for (i = 0; i < to->nr_vcpus; i++) {
		restore(&to->vcpus[i], &states[i]);
		to->vcpus[i].at_doorbell = from->vcpus[i].at_doorbell;
		if (ran[i])
			vmm_vcpu_go(&to->vcpus[i]);
	}
}

void vmm_vm_move(struct vmm_vm *to, struct vmm_vm *from, const struct vmm_vm_options *options)
{
	carry(to, from, options, vmm_vcpu_save, vmm_vcpu_restore);
}

/* Set the opposite of the guest's state, so that no state that the move transferred can help. */
void vmm_vcpu_spoil(struct vmm_vcpu *vcpu, const struct vmm_vcpu_state *state)
{
	struct kvm_amd_es_vcpu other = state->es, seen;

	other.ap_state = state->es.ap_state == KVM_AMD_ES_AP_WAITING ? KVM_AMD_ES_AP_RUNNING :
								       KVM_AMD_ES_AP_WAITING;
	other.status = ~state->es.status &
		       (KVM_AMD_ES_VCPU_FIRST_SIPI | KVM_AMD_ES_VCPU_INTERRUPTS_ON);
	other.dr7 = ~(uint32_t)state->es.dr7;
	other.cr0 ^= CR0_TS;
	other.cr4 ^= CR4_OSXSAVE;
	other.efer ^= EFER_SCE;
	other.xcr0 = state->es.xcr0 == 1 ? 3 : 1;
	if (vmm_set_vcpu_state(vcpu, &other) || !vmm_set_msr(vcpu, SPEC_MSR_GHCB, 0))
		vmm_fail("other state of vCPU %u cannot be set: %m", vcpu->nr);
	if (vmm_get_vcpu_state(vcpu, &seen) || memcmp(&seen, &other, sizeof(seen)))
		vmm_fail("other state of vCPU %u, AP state %u, is not there after it was set",
			 vcpu->nr, other.ap_state);
}

static void restore_snapshot(struct vmm_vcpu *vcpu, const struct vmm_vcpu_state *state)
{
	vmm_vcpu_spoil(vcpu, state);
	vmm_vcpu_restore_all(vcpu, state);
}

void vmm_vm_snapshot(struct vmm_vm *to, struct vmm_vm *from, const struct vmm_vm_options *options)
{
	struct kvm_amd_es_vm state = { };

	if (vmm_get_vm_state(from, &state))
		vmm_fail("KVM_AMD_ES_GET_VM failed: %m");
	carry(to, from, options, vmm_vcpu_save_all, restore_snapshot);
	if (vmm_set_vm_state(to, &state))
		vmm_fail("KVM_AMD_ES_SET_VM failed: %m");
}
