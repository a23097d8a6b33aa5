/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The differences between the supported kernels that affect svm/.  Only this folder and patches/
 * depend on the kernel's version.
 */
#ifndef ES_COMPAT_KVM_H
#define ES_COMPAT_KVM_H

#include <linux/cc_platform.h>
#include <linux/kvm_host.h>

#include <asm/fpu/api.h>

#include "svm/svm.h"

/* 6.12 has the field; patches/linux/6.1 add it to 6.1, where KVM_SEV_ES_INIT leaves it 0. */
static inline u16 es_ghcb_version(struct kvm *kvm)
{
	return to_kvm_svm(kvm)->sev_info.ghcb_version ?: 1;
}

#ifdef ES_LINUX_6_12

/* 6.12 emits kvm_exit right after the world switch. */
#define ES_COMPAT_TRACE_KVM_EXIT	0

/* 6.12 makes a request when the ring is nearly full. */
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
 * A vCPU got encrypted registers by a move or from another host.  6.12 does this only at
 * LAUNCH_UPDATE_VMSA; VMRUN fails without LBR virtualization.
 */
static inline void es_compat_vcpu_protected(struct kvm_vcpu *vcpu)
{
	fpstate_set_confidential(&vcpu->arch.guest_fpu);
	svm_enable_lbrv(vcpu);
}

/* KVM_SEV_INIT2 would clear this; 6.12 does not run a VM of an SEV type that needs it. */
static inline void es_compat_vm_moved(struct kvm_sev_info *sev)
{
	sev->need_init = false;
}

static inline void es_compat_vm_mirrored(struct kvm_sev_info *mirror,
					 const struct kvm_sev_info *owner)
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

/*
 * On an SNP host, the ccp driver rewrites the buffers of commands with the kernel's wrong layout
 * (es/psp.h).
 */
static inline bool es_compat_host_has_snp(void)
{
	return cc_platform_has(CC_ATTR_HOST_SEV_SNP);
}

#elif defined(ES_LINUX_6_1)

/* 6.1 emits kvm_exit in svm_handle_exit(), which fastpath exits skip. */
#define ES_COMPAT_TRACE_KVM_EXIT	1

/*
 * 6.1 checks the dirty ring before it enters the guest, but not in its re-entry loop, where the
 * ring could overflow.  Any request ends the loop; this one has no other effect.
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

/*
 * 6.1 enables LBR virtualization with the VMCB, but sets the FPU state only when a vCPU is created.
 */
static inline void es_compat_vcpu_protected(struct kvm_vcpu *vcpu)
{
	fpstate_set_confidential(&vcpu->arch.guest_fpu);
}

static inline void es_compat_vm_moved(struct kvm_sev_info *sev)
{
}

static inline void es_compat_vm_mirrored(struct kvm_sev_info *mirror,
					 const struct kvm_sev_info *owner)
{
}

/* 6.1 has none. */
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

#else
#error "Add this series of kernels to include/compat/ (Documentation/new-kernel.md)."
#endif

#endif
