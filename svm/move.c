// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM and KVM_CAP_VM_COPY_ENC_CONTEXT_FROM.
 * KVM API, chapter "Capabilities that can be enabled on VMs".
 *
 * The kernel moves handle, ASID, regions, VMSAs and GHCB MSRs, and with struct vcpu_sev_es_state
 * the pointer to our state, in which a response may be pending.  The rest:
 *
 *   an exit that userspace works on    -EBUSY before anything is changed: sev_check_source_vcpus()
 *                            calls es_vcpu_io_pending()
 *   a pending response       moves (move_response()); the target writes it at its next KVM_RUN, or
 *                            when its state is read
 *   jump table, GHCB version, file of /dev/sev, no AVIC     es_move_vm()
 *   the guest's interrupt flag, LBR virtualization, FPU, KVM's copies of control registers,
 *   intercepts of debug
 *   registers                                               es_move_vcpu()
 *   what other ioctls have (MP state, APIC, events, MSRs)   userspace, as for any VM
 *
 * The caller is the target's process, which need not be the source's, so nothing here accesses
 * guest memory.  The guest controls none of this.
 */
#include <linux/kvm_host.h>

#include "ap.h"
#include "ghcb.h"
#include "known_regs.h"
#include "move.h"
#include "stats.h"
#include "vcpu.h"
#include "../include/compat/kvm.h"

void es_move_vm(struct kvm *to, struct kvm *from)
{
	struct kvm_sev_info *dst = &to_kvm_svm(to)->sev_info;
	struct kvm_sev_info *src = &to_kvm_svm(from)->sev_info;

	lockdep_assert_held(&to->lock);
	lockdep_assert_held(&from->lock);
	dst->ap_jump_table = src->ap_jump_table;
	dst->ghcb_version = src->ghcb_version;
	dst->fd = src->fd;
	dst->es_moved = true;
	es_compat_vm_moved(dst);
	kvm_set_apicv_inhibit(to, APICV_INHIBIT_REASON_SEV);
	if (sev_es_guest(from))
		es_stats_create_locked(to);
}

/*
 * KVM learned them from write traps and CPUID requests; CPUID's OSXSAVE and OSPKE are made from
 * CR4.
 */
static void move_known_registers(struct kvm_vcpu *to, struct kvm_vcpu *from)
{
	struct es_known_regs regs;

	es_known_regs_get(from, &regs);
	es_known_regs_set(to, &regs);
}

/*
 * The target's vCPU was created before its VM was an SEV-ES one, and 6.1 then intercepts DR0 to
 * DR6, too.  An SEV-ES guest has no request for them.
 */
static void move_dr_intercepts(struct kvm_vcpu *to, struct kvm_vcpu *from)
{
	to_svm(to)->vmcb->control.intercepts[INTERCEPT_DR] =
		to_svm(from)->vmcb->control.intercepts[INTERCEPT_DR];
	recalc_intercepts(to_svm(to));
}

/* The registers that the event returns are in vcpu->arch.regs. */
static void move_response(struct kvm_vcpu *to, struct kvm_vcpu *from)
{
	to->arch.regs[VCPU_REGS_RAX] = from->arch.regs[VCPU_REGS_RAX];
	to->arch.regs[VCPU_REGS_RBX] = from->arch.regs[VCPU_REGS_RBX];
	to->arch.regs[VCPU_REGS_RCX] = from->arch.regs[VCPU_REGS_RCX];
	to->arch.regs[VCPU_REGS_RDX] = from->arch.regs[VCPU_REGS_RDX];
	es_ghcb_forget(to_es(to));
}

void es_move_vcpu(struct kvm_vcpu *to, struct kvm_vcpu *from)
{
	/* KVM hides the mutexes of all vCPUs but the first one from lockdep. */
	lockdep_assert(mutex_is_locked(&to->mutex) && mutex_is_locked(&from->mutex));
	move_response(to, from);
	to_es(to)->in_run = false;
	es_ap_create(to);		/* its creation did not, because it was no SEV-ES vCPU */
	to->arch.pv.pv_unhalted = es_vcpu_kicked(from);	/* no ioctl of KVM has it */
	es_stats_publish(to);
	es_stats_publish(from);
	move_known_registers(to, from);
	move_dr_intercepts(to, from);
	/* The interrupt flag and shadow: KVM_SET_VCPU_EVENTS has the shadow only. */
	to_svm(to)->vmcb->control.int_state = to_svm(from)->vmcb->control.int_state;
	es_compat_vcpu_protected(to);
	vmcb_mark_all_dirty(to_svm(to)->vmcb);
}

/* Not the jump table, because a mirror may have other memory. */
void es_move_mirror(struct kvm *mirror, struct kvm *owner)
{
	struct kvm_sev_info *dst = &to_kvm_svm(mirror)->sev_info;
	struct kvm_sev_info *src = &to_kvm_svm(owner)->sev_info;

	lockdep_assert_held(&mirror->lock);
	lockdep_assert_held(&owner->lock);
	dst->ghcb_version = src->ghcb_version;
	es_compat_vm_mirrored(dst, src);
	kvm_set_apicv_inhibit(mirror, APICV_INHIBIT_REASON_SEV);
}

/* The source's file descriptor means another file, or none, in another process. */
void es_move_use_fd(struct kvm *kvm, const struct kvm_sev_cmd *cmd)
{
	struct kvm_sev_info *sev = &to_kvm_svm(kvm)->sev_info;

	if (!cmd->sev_fd)
		return;
	mutex_lock(&kvm->lock);
	if (sev->es_moved)
		sev->fd = cmd->sev_fd;
	mutex_unlock(&kvm->lock);
}
