/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ports and MMIO, beyond the GHCB: devices of KVM and of userspace.
 */
#ifndef SVM_USER_IO_H
#define SVM_USER_IO_H

#include "es.h"

/*
 * Move the payload (es->scratch), to or from @port in @count elements of @size_bytes, or to or from
 * the address @gpa.  When the exit is finished, it has what the device said.  Return as handlers do;
 * may sleep.
 */
int es_user_pio(struct kvm_vcpu *vcpu, u32 size_bytes, u16 port, u32 count, bool in);
int es_user_mmio(struct kvm_vcpu *vcpu, gpa_t gpa, bool read);

#endif
