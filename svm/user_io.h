/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ports and MMIO, beyond the GHCB: devices of KVM and of userspace.
 */
#ifndef SVM_USER_IO_H
#define SVM_USER_IO_H

#include "es.h"

/*
 * Move @count elements of @size_bytes between @data and @port; or the scratch area's copy to or
 * from the address @gpa.  @data and the copy stay until the exit is finished, and have what the device
 * said then.  Return as handlers do; may sleep.
 */
int es_user_pio(struct kvm_vcpu *vcpu, u32 size_bytes, u16 port, void *data, u32 count, bool in);
int es_user_mmio(struct kvm_vcpu *vcpu, gpa_t gpa, bool read);

#endif
