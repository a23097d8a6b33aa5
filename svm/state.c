// SPDX-License-Identifier: GPL-2.0
/*
 * State that userspace can read and set: what a guest can observe, and no other ioctl tells.
 * KVM API; include/uapi/kvm_amd_es.h has the structures, Documentation/state.md the whole list.
 *
 * All of it can be set in any order.  KVM_RUN looks at the MP state and at ap_state together: a vCPU is
 * held while both say so, released if only the MP state says it runs, and held on behalf of userspace
 * if only the MP state says it is held (es_vcpu_pre_run()).
 *
 * The guest controls none of this; userspace controls all of it, and can hurt its own guest only.
 */
#include <linux/kvm_host.h>
#include <linux/uaccess.h>

#include "x86.h"
#include "../include/uapi/kvm_amd_es.h"
#include "ap_hold.h"
#include "known_regs.h"
#include "respond.h"
#include "state.h"
#include "vcpu.h"

static_assert(KVM_AMD_ES_AP_WAITING == ES_AP_WAITING);
static_assert(KVM_AMD_ES_AP_RUNNING == ES_AP_RUNNING);
static_assert(KVM_AMD_ES_AP_RUNNING_INIT == ES_AP_RUNNING_INIT);
static_assert(KVM_AMD_ES_AP_RUNNING_SIPI == ES_AP_RUNNING_SIPI);
static_assert(KVM_AMD_ES_AP_HELD_NAE == ES_AP_HELD_NAE);
static_assert(KVM_AMD_ES_AP_HELD_NAE_INIT == ES_AP_HELD_NAE_INIT);
static_assert(KVM_AMD_ES_AP_HELD_MSR == ES_AP_HELD_MSR);
static_assert(KVM_AMD_ES_AP_HELD_MSR_INIT == ES_AP_HELD_MSR_INIT);
static_assert(KVM_AMD_ES_AP_HELD_USER == ES_AP_HELD_USER);
static_assert(KVM_AMD_ES_AP_HELD_USER + 1 == ES_NR_AP_STATES);

#define VCPU_FLAGS	(KVM_AMD_ES_VCPU_FIRST_SIPI | KVM_AMD_ES_VCPU_INTERRUPTS_ON | KVM_AMD_ES_VCPU_KICKED)

int es_state_get_vm(struct kvm *kvm, void __user *to)
{
	struct kvm_amd_es_vm vm = { .version = KVM_AMD_ES_STATE_VERSION };
	u32 version;

	if (get_user(version, (u32 __user *)to))
		return -EFAULT;
	if (version != KVM_AMD_ES_STATE_VERSION)
		return -EINVAL;

	vm.ghcb_version = es_ghcb_version(kvm);
	vm.ap_jump_table = READ_ONCE(to_kvm_svm(kvm)->sev_info.ap_jump_table);
	vm.vmsa_features = es_compat_vmsa_features(kvm);
	return copy_to_user(to, &vm, sizeof(vm)) ? -EFAULT : 0;
}

/* The memory slots may come later, so the jump table's address is not looked up. */
int es_state_set_vm(struct kvm *kvm, void __user *from)
{
	struct kvm_amd_es_vm vm;

	if (copy_from_user(&vm, from, sizeof(vm)))
		return -EFAULT;
	if (vm.version != KVM_AMD_ES_STATE_VERSION || vm.ghcb_version != es_ghcb_version(kvm) ||
	    vm.vmsa_features != es_compat_vmsa_features(kvm) ||
	    !PAGE_ALIGNED(vm.ap_jump_table) || vm.ap_jump_table >> 52 ||
	    memchr_inv(vm.reserved, 0, sizeof(vm.reserved)))
		return -EINVAL;

	WRITE_ONCE(to_kvm_svm(kvm)->sev_info.ap_jump_table, vm.ap_jump_table);
	return 0;
}

static void show(struct kvm_vcpu *vcpu, struct kvm_amd_es_vcpu *state)
{
	const struct es_vcpu *es = to_es(vcpu);
	struct es_known_regs regs;

	es_known_regs_get(vcpu, &regs);
	*state = (struct kvm_amd_es_vcpu) {
		.version = KVM_AMD_ES_STATE_VERSION,
		.vcpu_id = vcpu->vcpu_id,
		.ap_state = es->ap_state,
		.dr7 = es->dr7,
		.end = es->end.how,
		.end_reason = es->end.reason,
		.cr0 = regs.cr0,
		.cr4 = regs.cr4,
		.efer = regs.efer,
		.xcr0 = regs.xcr0,
		.xss = regs.xss,
	};
	if (es->first_sipi)
		state->flags |= KVM_AMD_ES_VCPU_FIRST_SIPI;
	if (to_svm(vcpu)->vmcb->control.int_state & SVM_GUEST_INTERRUPT_MASK)
		state->flags |= KVM_AMD_ES_VCPU_INTERRUPTS_ON;
	if (es_vcpu_kicked(vcpu))
		state->flags |= KVM_AMD_ES_VCPU_KICKED;
}

/*
 * What the next KVM_RUN would do first: the guest's memory is complete then.  A guest whose GHCB cannot
 * be reached ends, which is state, too.
 */
static void write_answer(struct kvm_vcpu *vcpu)
{
	if (!to_es(vcpu)->answer.due || es_vcpu_held(vcpu))
		return;
	vcpu_load(vcpu);
	kvm_vcpu_srcu_read_lock(vcpu);
	es_respond_write(vcpu);
	kvm_vcpu_srcu_read_unlock(vcpu);
	vcpu_put(vcpu);
}

/* The caller holds the vCPU's mutex.  0 or -EBUSY. */
static int read_vcpu(struct kvm_vcpu *vcpu, struct kvm_amd_es_vcpu *state)
{
	if (es_vcpu_io_pending(vcpu))
		return -EBUSY;
	write_answer(vcpu);
	show(vcpu, state);
	return 0;
}

int es_state_get_vcpu(struct kvm *kvm, void __user *to)
{
	struct kvm_amd_es_vcpu state;
	struct kvm_vcpu *vcpu;
	int r;

	if (copy_from_user(&state, to, sizeof(state)))
		return -EFAULT;
	if (state.version != KVM_AMD_ES_STATE_VERSION)
		return -EINVAL;
	vcpu = es_vcpu_lock(kvm, state.vcpu_id);
	if (IS_ERR(vcpu))
		return PTR_ERR(vcpu);
	r = read_vcpu(vcpu, &state);
	mutex_unlock(&vcpu->mutex);
	if (r)
		return r;
	return copy_to_user(to, &state, sizeof(state)) ? -EFAULT : 0;
}

static bool is_valid(const struct kvm_amd_es_vcpu *state)
{
	return state->version == KVM_AMD_ES_STATE_VERSION &&
	       state->ap_state < ES_NR_AP_STATES && !(state->flags & ~VCPU_FLAGS) &&
	       !upper_32_bits(state->dr7) && state->end <= KVM_AMD_ES_TERM_NO_GHCB && !state->pad &&
	       (state->end || !state->end_reason) &&
	       !memchr_inv(state->reserved, 0, sizeof(state->reserved));
}

static void set(struct kvm_vcpu *vcpu, const struct kvm_amd_es_vcpu *state)
{
	struct es_vcpu *es = to_es(vcpu);
	u32 *int_state = &to_svm(vcpu)->vmcb->control.int_state;

	es->answer.due = false;
	es->ap_state = state->ap_state;
	es->first_sipi = state->flags & KVM_AMD_ES_VCPU_FIRST_SIPI;
	vcpu->arch.pv.pv_unhalted = state->flags & KVM_AMD_ES_VCPU_KICKED;
	es->dr7 = state->dr7;
	es->end.how = state->end;
	es->end.reason = state->end_reason;
	*int_state &= ~SVM_GUEST_INTERRUPT_MASK;
	if (state->flags & KVM_AMD_ES_VCPU_INTERRUPTS_ON)
		*int_state |= SVM_GUEST_INTERRUPT_MASK;
}

static int apply(struct kvm_vcpu *vcpu, const struct kvm_amd_es_vcpu *state)
{
	const struct es_known_regs regs = {
		.cr0 = state->cr0, .cr4 = state->cr4, .efer = state->efer,
		.xcr0 = state->xcr0, .xss = state->xss,
	};

	if (!es_known_regs_valid(vcpu, &regs))
		return -EINVAL;
	if (es_vcpu_io_pending(vcpu) || (to_es(vcpu)->answer.due && !es_vcpu_held(vcpu)))
		return -EBUSY;

	/* Loading it also ends what the last KVM_RUN was about (es_vcpu_load()). */
	vcpu_load(vcpu);
	set(vcpu, state);
	es_known_regs_set(vcpu, &regs);
	vcpu_put(vcpu);
	return 0;
}

int es_state_set_vcpu(struct kvm *kvm, void __user *from)
{
	struct kvm_amd_es_vcpu state;
	struct kvm_vcpu *vcpu;
	int r;

	if (copy_from_user(&state, from, sizeof(state)))
		return -EFAULT;
	if (!is_valid(&state))
		return -EINVAL;
	vcpu = es_vcpu_lock(kvm, state.vcpu_id);
	if (IS_ERR(vcpu))
		return PTR_ERR(vcpu);
	r = apply(vcpu, &state);
	mutex_unlock(&vcpu->mutex);
	return r;
}

static bool is_ours(struct kvm_vcpu *vcpu, const struct msr_data *msr)
{
	return msr->host_initiated && to_es(vcpu);
}

bool es_state_get_msr(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	if (!is_ours(vcpu, msr))
		return false;
	msr->data = es_ghcb_msr(vcpu);
	return true;
}

bool es_state_set_msr(struct kvm_vcpu *vcpu, const struct msr_data *msr)
{
	if (!is_ours(vcpu, msr))
		return false;
	es_set_ghcb_msr(vcpu, msr->data);
	return true;
}
