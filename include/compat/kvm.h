/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the supported kernels (6.1 and 6.12) that our code meets.
 * Nothing outside this folder and patches/ asks for the kernel's version.
 */
#ifndef ES_COMPAT_KVM_H
#define ES_COMPAT_KVM_H

#include <linux/cc_platform.h>
#include <linux/kvm_host.h>

#include <asm/fpu/api.h>

#include "svm/svm.h"

/* 6.12 has the field; 6.1 gets it from patches/linux/6.1, and KVM_SEV_ES_INIT leaves it 0. */
static inline u16 es_ghcb_version(struct kvm *kvm)
{
	return to_kvm_svm(kvm)->sev_info.ghcb_version ?: 1;
}

#ifdef ES_LINUX_6_12

/* 6.1 fires kvm_exit in its exit handler, which is not called where the guest is entered again at once. */
#define ES_TRACES_EXIT_LATE	0

/* 6.12 raises a request itself. */
static inline void es_compat_marked_dirty(struct kvm_vcpu *vcpu)
{
}

static inline bool es_snp_guest(struct kvm *kvm)
{
	return sev_snp_guest(kvm);
}

/* The guest has left its NMI handler. */
static inline void es_compat_nmi_unmask(struct vcpu_svm *svm)
{
	svm->nmi_masked = false;
}

/*
 * A vCPU got encrypted registers by a move or from another host.  6.12 does the following at
 * LAUNCH_UPDATE_VMSA and nowhere else; VMRUN fails without LBR virtualization.
 */
static inline void es_compat_vcpu_protected(struct kvm_vcpu *vcpu)
{
	fpstate_set_confidential(&vcpu->arch.guest_fpu);
	svm_enable_lbrv(vcpu);
}

/* KVM_SEV_INIT2 would have set this; 6.12 refuses to run a VM of an SEV type that waits for it. */
static inline void es_compat_vm_moved(struct kvm_sev_info *sev)
{
	sev->need_init = false;
}

static inline void es_compat_vm_mirrored(struct kvm_sev_info *mirror, const struct kvm_sev_info *owner)
{
	mirror->vmsa_features = owner->vmsa_features;
}

static inline u64 es_compat_vmsa_features(struct kvm *kvm)
{
	return to_kvm_svm(kvm)->sev_info.vmsa_features;
}

static inline bool es_compat_vcpu_is_being_created(struct kvm *kvm)
{
	return kvm_is_vcpu_creation_in_progress(kvm);
}

/* There the ccp driver works on the buffers of commands, by the kernel's wrong layout (es/psp.h). */
static inline bool es_compat_host_has_snp(void)
{
	return cc_platform_has(CC_ATTR_HOST_SEV_SNP);
}

#else /* 6.1 */

#define ES_TRACES_EXIT_LATE	1

/*
 * 6.1 looks at the dirty ring before it enters the guest, but its loop of re-entry does not, and nothing
 * keeps the ring from overflowing there.  Any request ends the loop; this one has no other effect.
 */
static inline void es_compat_marked_dirty(struct kvm_vcpu *vcpu)
{
	const struct kvm_dirty_ring *ring = &vcpu->dirty_ring;

	if (vcpu->kvm->dirty_ring_size &&
	    ring->dirty_index - READ_ONCE(ring->reset_index) >= ring->soft_limit)
		kvm_make_request(KVM_REQ_UNBLOCK, vcpu);
}

static inline bool es_snp_guest(struct kvm *kvm)
{
	return false;
}

static inline void es_compat_nmi_unmask(struct vcpu_svm *svm)
{
	svm->vcpu.arch.hflags &= ~(HF_NMI_MASK | HF_IRET_MASK);
}

/* 6.1 sets LBR virtualization with the VMCB, but the FPU state only when a vCPU is created. */
static inline void es_compat_vcpu_protected(struct kvm_vcpu *vcpu)
{
	fpstate_set_confidential(&vcpu->arch.guest_fpu);
}

static inline void es_compat_vm_moved(struct kvm_sev_info *sev)
{
}

static inline void es_compat_vm_mirrored(struct kvm_sev_info *mirror, const struct kvm_sev_info *owner)
{
}

/* 6.1 knows none. */
static inline u64 es_compat_vmsa_features(struct kvm *kvm)
{
	return 0;
}

/* A vCPU counts in created_vcpus before it can be found. */
static inline bool es_compat_vcpu_is_being_created(struct kvm *kvm)
{
	return atomic_read(&kvm->online_vcpus) != kvm->created_vcpus;
}

static inline bool es_compat_host_has_snp(void)
{
	return false;
}

#endif

#endif
