/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KVM_MEMORY_ENCRYPT_OP.
 */
#ifndef SVM_COMMAND_H
#define SVM_COMMAND_H

#include <linux/kvm_host.h>

/* Execute a command of this module, or pass it on to sev_mem_enc_ioctl().  Return 0 or -errno. */
int es_mem_enc_ioctl(struct kvm *kvm, void __user *argp);

#endif
