// SPDX-License-Identifier: GPL-2.0
/*
 * State that userspace can get and set: what a guest can observe, and no other ioctl has.
 * KVM API; include/uapi/linux/kvm_amd_es.h has the structures, Documentation/api.md the commands.
 *
 * It can be set in any order.  KVM_RUN checks the MP state and ap_state together: a vCPU is held if
 * both say so, released if only the MP state says that it runs, and held on behalf of userspace if
 * only the MP state says that it is held (es_vcpu_pre_run()).
 *
 * The guest controls none of this.  Userspace controls all of it, and can hurt only its own guest.
 */
#include <linux/kvm_host.h>
#include <linux/uaccess.h>

#include "x86.h"
#include "../include/uapi/linux/kvm_amd_es.h"
#include "ap.h"
#include "known_regs.h"
#include "respond.h"
#include "state.h"
#include "vcpu.h"

#define VCPU_STATUS	(KVM_AMD_ES_VCPU_FIRST_SIPI | KVM_AMD_ES_VCPU_INTERRUPTS_ON | \
			 KVM_AMD_ES_VCPU_KICKED)

int es_state_get_vm(struct kvm *kvm, void __user *to)
{
	struct kvm_amd_es_vm vm = { };
	u32 flags;

	if (get_user(flags, (u32 __user *)to))
		return -EFAULT;
	if (flags)
		return -EINVAL;

	vm.ghcb_version = es_ghcb_version(kvm);
	vm.ap_jump_table = READ_ONCE(to_kvm_svm(kvm)->sev_info.ap_jump_table);
	vm.vmsa_features = es_compat_vmsa_features(kvm);
	return copy_to_user(to, &vm, sizeof(vm)) ? -EFAULT : 0;
}

/* Do not look up the jump table's address, because the memory slots may be created later. */
int es_state_set_vm(struct kvm *kvm, void __user *from)
{
	struct kvm_amd_es_vm vm;

	if (copy_from_user(&vm, from, sizeof(vm)))
		return -EFAULT;
	if (vm.flags || vm.ghcb_version != es_ghcb_version(kvm) ||
	    vm.vmsa_features != es_compat_vmsa_features(kvm) ||
	    !PAGE_ALIGNED(vm.ap_jump_table) || vm.ap_jump_table >> 52 ||
	    memchr_inv(vm.reserved, 0, sizeof(vm.reserved)))
		return -EINVAL;

	WRITE_ONCE(to_kvm_svm(kvm)->sev_info.ap_jump_table, vm.ap_jump_table);
	return 0;
}

static void fill_vcpu(struct kvm_vcpu *vcpu, struct kvm_amd_es_vcpu *state)
{
	const struct es_vcpu *es = to_es(vcpu);
	struct es_known_regs regs;

	es_known_regs_get(vcpu, &regs);
	*state = (struct kvm_amd_es_vcpu) {
		.vcpu_id = vcpu->vcpu_id,
		.ap_state = es->ap_state,
		.dr7 = es->dr7,
		.end = es->end.source,
		.end_reason = es->end.reason,
		.cr0 = regs.cr0,
		.cr4 = regs.cr4,
		.efer = regs.efer,
		.xcr0 = regs.xcr0,
		.xss = regs.xss,
	};
	if (es->first_sipi)
		state->status |= KVM_AMD_ES_VCPU_FIRST_SIPI;
	if (to_svm(vcpu)->vmcb->control.int_state & SVM_GUEST_INTERRUPT_MASK)
		state->status |= KVM_AMD_ES_VCPU_INTERRUPTS_ON;
	if (es_vcpu_kicked(vcpu))
		state->status |= KVM_AMD_ES_VCPU_KICKED;
}

/*
 * Write the pending response, as the next KVM_RUN would, so that the guest's memory is complete.  A
 * guest whose GHCB is not accessible ends, which is state, too.
 */
static void write_response(struct kvm_vcpu *vcpu)
{
	if (!to_es(vcpu)->response.pending || es_ap_is_held(vcpu))
		return;
	vcpu_load(vcpu);
	kvm_vcpu_srcu_read_lock(vcpu);
	es_respond_write(vcpu);
	kvm_vcpu_srcu_read_unlock(vcpu);
	vcpu_put(vcpu);
}

/* Caller must hold the vCPU's mutex.  Return 0 or -EBUSY. */
static int get_vcpu(struct kvm_vcpu *vcpu, struct kvm_amd_es_vcpu *state)
{
	lockdep_assert_held(&vcpu->mutex);
	if (es_vcpu_io_pending(vcpu))
		return -EBUSY;
	write_response(vcpu);
	fill_vcpu(vcpu, state);
	return 0;
}

int es_state_get_vcpu(struct kvm *kvm, void __user *to)
{
	struct kvm_amd_es_vcpu state;
	struct kvm_vcpu *vcpu;
	int r;

	if (copy_from_user(&state, to, sizeof(state)))
		return -EFAULT;
	if (state.flags)
		return -EINVAL;
	vcpu = es_vcpu_lock(kvm, state.vcpu_id);
	if (IS_ERR(vcpu))
		return PTR_ERR(vcpu);
	r = get_vcpu(vcpu, &state);
	mutex_unlock(&vcpu->mutex);
	if (r)
		return r;
	return copy_to_user(to, &state, sizeof(state)) ? -EFAULT : 0;
}

static bool is_valid_vcpu(const struct kvm_amd_es_vcpu *state)
{
	return !state->flags &&
	       state->ap_state < ES_NR_AP_STATES && !(state->status & ~VCPU_STATUS) &&
	       !upper_32_bits(state->dr7) && state->end <= KVM_AMD_ES_TERM_NO_GHCB && !state->pad &&
	       (state->end || !state->end_reason) &&
	       !memchr_inv(state->reserved, 0, sizeof(state->reserved));
}

static void load_vcpu_state(struct kvm_vcpu *vcpu, const struct kvm_amd_es_vcpu *state)
{
	struct es_vcpu *es = to_es(vcpu);
	u32 *int_state = &to_svm(vcpu)->vmcb->control.int_state;

	es->response.pending = false;
	es->ap_state = state->ap_state;
	es->first_sipi = state->status & KVM_AMD_ES_VCPU_FIRST_SIPI;
	vcpu->arch.pv.pv_unhalted = state->status & KVM_AMD_ES_VCPU_KICKED;
	es->dr7 = state->dr7;
	es->end.source = state->end;
	es->end.reason = state->end_reason;
	*int_state &= ~SVM_GUEST_INTERRUPT_MASK;
	if (state->status & KVM_AMD_ES_VCPU_INTERRUPTS_ON)
		*int_state |= SVM_GUEST_INTERRUPT_MASK;
}

static int set_vcpu(struct kvm_vcpu *vcpu, const struct kvm_amd_es_vcpu *state)
{
	const struct es_known_regs regs = {
		.cr0 = state->cr0, .cr4 = state->cr4, .efer = state->efer,
		.xcr0 = state->xcr0, .xss = state->xss,
	};

	if (!es_known_regs_valid(vcpu, &regs))
		return -EINVAL;
	if (es_vcpu_io_pending(vcpu) || (to_es(vcpu)->response.pending && !es_ap_is_held(vcpu)))
		return -EBUSY;

	/* vcpu_load() also ends what the last KVM_RUN began (es_vcpu_load()). */
	vcpu_load(vcpu);
	load_vcpu_state(vcpu, state);
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
	if (!is_valid_vcpu(&state))
		return -EINVAL;
	vcpu = es_vcpu_lock(kvm, state.vcpu_id);
	if (IS_ERR(vcpu))
		return PTR_ERR(vcpu);
	r = set_vcpu(vcpu, &state);
	mutex_unlock(&vcpu->mutex);
	return r;
}

static bool is_for_es(struct kvm_vcpu *vcpu, const struct msr_data *msr)
{
	return msr->host_initiated && to_es(vcpu);
}

bool es_state_get_msr(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	if (!is_for_es(vcpu, msr))
		return false;
	msr->data = es_ghcb_msr(vcpu);
	return true;
}

bool es_state_set_msr(struct kvm_vcpu *vcpu, const struct msr_data *msr)
{
	if (!is_for_es(vcpu, msr))
		return false;
	es_set_ghcb_msr(vcpu, msr->data);
	return true;
}
