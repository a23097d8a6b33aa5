/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the supported kernels (6.1 and 6.12) that our code meets.
 * Nothing outside this folder and patches/ asks for the kernel's version.
 */
#ifndef ES_COMPAT_KVM_H
#define ES_COMPAT_KVM_H

#include <linux/kvm_host.h>

#include <asm/fpu/api.h>

#include "svm/svm.h"

#ifdef ES_LINUX_6_12

static inline bool es_snp_guest(struct kvm *kvm)
{
	return sev_snp_guest(kvm);
}

static inline u16 es_ghcb_version(struct kvm *kvm)
{
	return to_kvm_svm(kvm)->sev_info.ghcb_version;
}

/* The guest has left its NMI handler. */
static inline void es_compat_nmi_unmask(struct vcpu_svm *svm)
{
	svm->nmi_masked = false;
}

/*
 * A vCPU got its state by a move of the VM.  6.12 does the following at LAUNCH_UPDATE_VMSA and
 * forgets it here; VMRUN fails without LBR virtualization.
 */
static inline void es_compat_vcpu_moved(struct kvm_vcpu *vcpu)
{
	fpstate_set_confidential(&vcpu->arch.guest_fpu);
	svm_enable_lbrv(vcpu);
}

#else /* 6.1 */

static inline bool es_snp_guest(struct kvm *kvm)
{
	return false;
}

static inline u16 es_ghcb_version(struct kvm *kvm)
{
	return GHCB_VERSION_MAX;
}

static inline void es_compat_nmi_unmask(struct vcpu_svm *svm)
{
	svm->vcpu.arch.hflags &= ~(HF_NMI_MASK | HF_IRET_MASK);
}

/* 6.1 sets LBR virtualization with the VMCB, but the FPU state only when a vCPU is created. */
static inline void es_compat_vcpu_moved(struct kvm_vcpu *vcpu)
{
	fpstate_set_confidential(&vcpu->arch.guest_fpu);
}

#endif

#endif
