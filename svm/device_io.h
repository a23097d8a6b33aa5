/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access to devices, in-kernel or in userspace.
 */
#ifndef SVM_DEVICE_IO_H
#define SVM_DEVICE_IO_H

#include "es.h"

/*
 * Copy the payload (es->scratch) to or from @port in @count elements of @size_bytes, or to or from
 * the address @gpa.  For reads, the payload holds the device's data once the exit completes.
 * Return 1 to resume the guest, 0 to exit to userspace, -errno on host error.  May sleep.
 */
int es_device_pio(struct kvm_vcpu *vcpu, u32 size_bytes, u16 port, u32 count, bool in);
int es_device_mmio(struct kvm_vcpu *vcpu, gpa_t gpa, bool read);

#endif
