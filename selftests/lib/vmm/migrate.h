/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live migration of a guest, both ends, which speak over a line (link.h).  Memory is sent first,
 * while the guest runs; then its VMM stops it, and the memory that it wrote in the meantime follows
 * with the vCPUs.
 *
 * Source: AMD 55766 SEV API, chapter "Guest Migration"; KVM API, amd-memory-encryption.rst;
 *	include/uapi/linux/kvm_amd_es.h for the vCPUs.
 */
#ifndef ES_VMM_MIGRATE_H
#define ES_VMM_MIGRATE_H

#include "link.h"
#include "state.h"

#define ES_CERT_BYTES		2084
#define ES_CHAIN_BYTES		(3 * ES_CERT_BYTES)
#define ES_PACKET_HDR_BYTES	52

/* Memory or registers as the firmware wraps them for the other host. */
struct vmm_packet {
	uint8_t hdr[ES_PACKET_HDR_BYTES];
	uint8_t data[4096];
};

/* Return 0 or -errno; *fw_error (may be NULL) as in vmm_sev_cmd(). */
int vmm_send_vmsa(struct vmm_vcpu *vcpu, struct vmm_packet *packet, uint32_t *fw_error);
int vmm_receive_vmsa(struct vmm_vcpu *vcpu, struct vmm_packet *packet, uint32_t *fw_error);
int vmm_send_page(struct vmm_vm *vm, uint64_t gpa, struct vmm_packet *packet, uint32_t *fw_error);

/* The host that has the guest.  Each function returns false when the other end has ended. */
bool vmm_source_begin(struct vmm_vm *vm, struct vmm_link *link);
/*
 * Begin as vmm_source_begin() does, but by mistake for this very host, not for the one at the other
 * end.
 */
bool vmm_source_begin_for_itself(struct vmm_vm *vm, struct vmm_link *link);
bool vmm_source_memory(struct vmm_vm *vm, struct vmm_link *link, bool only_written);
bool vmm_source_finish(struct vmm_vm *vm, struct vmm_link *link);
/* Cancel: the guest is this host's again. */
int vmm_source_cancel(struct vmm_vm *vm);

/*
 * The host that gets it; begin creates VM, which may have new keys since the source received them.
 */
int vmm_target_try(struct vmm_vm *vm, struct vmm_link *link, const struct vmm_vm_options *options,
		   bool new_keys, uint32_t *fw_error);
bool vmm_target_begin(struct vmm_vm *vm, struct vmm_link *link,
		      const struct vmm_vm_options *options);
bool vmm_target_memory(struct vmm_vm *vm, struct vmm_link *link);
bool vmm_target_finish(struct vmm_vm *vm, struct vmm_link *link);

#endif
