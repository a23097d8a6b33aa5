/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live migration of a guest, both ends, which speak over a line (link.h).  Memory goes first, while the guest
 * runs; then its VMM stops it, and what it wrote meanwhile follows with the vCPUs.
 *
 * Source: AMD 55766 SEV API, chapter "Guest Migration"; KVM API, amd-memory-encryption.rst;
 * include/uapi/linux/kvm_amd_es.h for the vCPUs.
 */
#ifndef ES_VMM_MIGRATE_H
#define ES_VMM_MIGRATE_H

#include "link.h"
#include "state.h"

#define ES_CERT_BYTES		2084
#define ES_CHAIN_BYTES		(3 * ES_CERT_BYTES)
#define ES_PACKET_HDR_BYTES	52

/* Memory or registers as the firmware wraps them for the other host. */
struct es_packet {
	uint8_t hdr[ES_PACKET_HDR_BYTES];
	uint8_t data[4096];
};

/* 0 or -errno; *fw_error (may be NULL) as in es_sev_cmd(). */
int es_send_vmsa(struct es_vcpu *vcpu, struct es_packet *packet, uint32_t *fw_error);
int es_receive_vmsa(struct es_vcpu *vcpu, struct es_packet *packet, uint32_t *fw_error);
int es_send_page(struct es_vm *vm, uint64_t gpa, struct es_packet *packet, uint32_t *fw_error);

/* The host that has the guest.  Each returns false when the other end is gone. */
bool es_source_begin(struct es_vm *vm, struct es_link *link);
/* The same by mistake: for this very host, not for the one at the other end. */
bool es_source_begin_for_itself(struct es_vm *vm, struct es_link *link);
bool es_source_memory(struct es_vm *vm, struct es_link *link, bool only_written);
bool es_source_finish(struct es_vm *vm, struct es_link *link);
/* The guest is this host's again. */
int es_source_cancel(struct es_vm *vm);

/* The host that gets it; VM is created by begin, which may have got new keys since the source was told of them. */
int es_target_try(struct es_vm *vm, struct es_link *link, const struct es_vm_options *options, bool new_keys,
		  uint32_t *fw_error);
bool es_target_begin(struct es_vm *vm, struct es_link *link, const struct es_vm_options *options);
bool es_target_memory(struct es_vm *vm, struct es_link *link);
bool es_target_finish(struct es_vm *vm, struct es_link *link);

#endif
