// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM and KVM_CAP_VM_COPY_ENC_CONTEXT_FROM.
 * KVM API, chapter "Capabilities that can be enabled on VMs".
 *
 * The kernel moves handle, ASID, regions, VMSAs and GHCB MSRs, and with its structure sev_es the
 * pointer to our state, in which an answer may be due.  It leaves the rest behind:
 *
 *   an exit in flight        that userspace works on: the move is refused before anything is changed, because
 *                            sev_check_source_vcpus() asks es_move_must_wait()
 *   an answer that is due    goes along (move_answer()), and the target writes it at its next KVM_RUN, or when
 *                            its state is read
 *   jump table, GHCB version, file of /dev/sev, no AVIC     es_move_vm()
 *   interrupt flag of the guest, LBR virtualization, FPU, control registers as KVM knows them, intercepts of debug
 *   registers                                               es_move_vcpu()
 *   what other ioctls tell (MP state, APIC, events, MSRs)   userspace, as for any VM
 *
 * The caller is the target's process, and need not be the source's: nothing here reaches guest memory.
 * The guest controls none of this.
 */
#include <linux/kvm_host.h>

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

	dst->ap_jump_table = src->ap_jump_table;
	dst->ghcb_version = src->ghcb_version;
	dst->fd = src->fd;
	dst->es_moved = true;
	es_compat_vm_moved(dst);
	kvm_set_apicv_inhibit(to, APICV_INHIBIT_REASON_SEV);
	if (sev_es_guest(from))
		es_stats_create_locked(to);
}

/* Write traps and CPUID requests told KVM of them; CPUID's OSXSAVE and OSPKE are made from CR4. */
static void move_known_registers(struct kvm_vcpu *to, struct kvm_vcpu *from)
{
	struct es_known_regs regs;

	es_known_regs_get(from, &regs);
	es_known_regs_set(to, &regs);
}

/*
 * The new vCPU was made before its VM was one for SEV-ES, and 6.1 then intercepts DR0 to DR6, too.  A guest of SEV-ES
 * has no request for them.
 */
static void move_dr_intercepts(struct kvm_vcpu *to, struct kvm_vcpu *from)
{
	to_svm(to)->vmcb->control.intercepts[INTERCEPT_DR] =
		to_svm(from)->vmcb->control.intercepts[INTERCEPT_DR];
	recalc_intercepts(to_svm(to));
}

bool es_move_must_wait(struct kvm_vcpu *vcpu)
{
	return es_vcpu_io_pending(vcpu);
}

/* What the event returns is where KVM's emulation left it. */
static void move_answer(struct kvm_vcpu *to, struct kvm_vcpu *from)
{
	to->arch.regs[VCPU_REGS_RAX] = from->arch.regs[VCPU_REGS_RAX];
	to->arch.regs[VCPU_REGS_RBX] = from->arch.regs[VCPU_REGS_RBX];
	to->arch.regs[VCPU_REGS_RCX] = from->arch.regs[VCPU_REGS_RCX];
	to->arch.regs[VCPU_REGS_RDX] = from->arch.regs[VCPU_REGS_RDX];
	es_ghcb_forget(to_es(to));
}

void es_move_vcpu(struct kvm_vcpu *to, struct kvm_vcpu *from)
{
	move_answer(to, from);
	to_es(to)->in_run = false;
	es_sipi_create(to);		/* was made for a vCPU that was none of ours */
	to->arch.pv.pv_unhalted = es_vcpu_kicked(from);	/* no ioctl of KVM's has it */
	es_stats_show(to);
	es_stats_show(from);
	move_known_registers(to, from);
	move_dr_intercepts(to, from);
	/* The interrupt flag and shadow: KVM_SET_VCPU_EVENTS has the shadow only. */
	to_svm(to)->vmcb->control.int_state = to_svm(from)->vmcb->control.int_state;
	es_compat_vcpu_protected(to);
	vmcb_mark_all_dirty(to_svm(to)->vmcb);
}

/* Not the jump table: a mirror may see other memory. */
void es_move_mirror(struct kvm *mirror, struct kvm *owner)
{
	struct kvm_sev_info *dst = &to_kvm_svm(mirror)->sev_info;
	struct kvm_sev_info *src = &to_kvm_svm(owner)->sev_info;

	dst->ghcb_version = src->ghcb_version;
	es_compat_vm_mirrored(dst, src);
	kvm_set_apicv_inhibit(mirror, APICV_INHIBIT_REASON_SEV);
}

/* The number that the source was given means another file, or none, in another process. */
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
