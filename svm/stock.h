/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's own functions behind the names that ours have taken (the compiler renames them in
 * sev.c, see Kbuild).  They serve SNP guests unchanged, and are part of ours where ours only add.
 */
#ifndef SVM_STOCK_H
#define SVM_STOCK_H

#include "../include/compat/kvm.h"

int stock_sev_handle_vmgexit(struct kvm_vcpu *vcpu);
void stock_sev_es_unmap_ghcb(struct vcpu_svm *svm);
void stock_sev_es_vcpu_reset(struct vcpu_svm *svm);
void stock_sev_vcpu_deliver_sipi_vector(struct kvm_vcpu *vcpu, u8 vector);
void stock_sev_free_vcpu(struct kvm_vcpu *vcpu);
int stock_sev_mem_enc_ioctl(struct kvm *kvm, void __user *argp);
void stock_sev_hardware_setup(void);

#endif
