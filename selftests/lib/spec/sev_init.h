/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KVM_SEV_INIT2, which Debian 12's <linux/kvm.h> does not have.
 *
 * Source: KVM API, Documentation/virt/kvm/x86/amd-memory-encryption.rst of Linux 6.12.
 */
#ifndef ES_SPEC_SEV_INIT_H
#define ES_SPEC_SEV_INIT_H

#include <stdint.h>

#define SPEC_KVM_CAP_VM_TYPES	235
#define SPEC_KVM_VM_SEV_ES	3
#define SPEC_KVM_SEV_INIT2	22

struct spec_sev_init {
	uint64_t vmsa_features;
	uint32_t flags;
	uint16_t ghcb_version;
	uint16_t pad1;
	uint32_t pad2[8];
};

#endif
