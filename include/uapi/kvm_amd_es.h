/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What this module adds to KVM's interface for SEV-ES guests.
 *
 * KVM_SEV_INIT2 (KVM_MEMORY_ENCRYPT_OP).  Linux 6.12 has it for VMs of type KVM_X86_SEV_ES_VM; this
 * module brings it to 6.1, on the default VM type, always for an SEV-ES guest.  ghcb_version: 1 or
 * 2, 0 means 2; vmsa_features and flags must be 0.  EINVAL: a bad value, or the VM is initialized or
 * has vCPUs; EFAULT: the structure cannot be read; ENOTTY: no SEV-ES.  A failure changes nothing.
 *
 * KVM_EXIT_SYSTEM_EVENT, type KVM_SYSTEM_EVENT_SEV_TERM.  The guest has ended; ndata is 3:
 *   data[0]  value of the GHCB MSR (as the kernel's own module: of the page-based form only the
 *            address of the GHCB)
 *   data[1]  the guest's reason in the form of the MSR request: bits 11:0 0x100, 15:12 reason set,
 *            23:16 reason code; 0 if it gave none.  AMD 56421 GHCB Specification, "Termination Request"
 *   data[2]  KVM_AMD_ES_TERM_*
 * KVM_RUN reports the same end until the vCPU is reset.  Where a SIPI or INIT ends the hold of a vCPU
 * whose GHCB page has gone meanwhile, kvm.ko leaves no way to report it in the same KVM_RUN: that one
 * returns KVM_EXIT_SHUTDOWN, the next one reports KVM_AMD_ES_TERM_NO_GHCB.
 */
#ifndef _UAPI_KVM_AMD_ES_H
#define _UAPI_KVM_AMD_ES_H

#include <linux/types.h>

#define KVM_AMD_ES_TERM_MSR		1	/* request through the GHCB MSR */
#define KVM_AMD_ES_TERM_NAE		2	/* request through the GHCB page */
#define KVM_AMD_ES_TERM_UNSUPPORTED	3	/* the guest met an exception it cannot handle */
#define KVM_AMD_ES_TERM_NO_GHCB		4	/* the GHCB page cannot be reached */

/* KVM_SEV_INIT2 and its structure under names that no version of linux/kvm.h has. */
#define KVM_AMD_ES_INIT2		22

struct kvm_amd_es_init2 {
	__u64 vmsa_features;
	__u32 flags;
	__u16 ghcb_version;
	__u16 pad1;
	__u32 pad2[8];
};

#endif
