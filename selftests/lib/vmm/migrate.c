// SPDX-License-Identifier: GPL-2.0
/*
 * Live migration: firmware commands, and the data on the line between the two ends.
 */
#include "migrate.h"

#include <errno.h>
#include <linux/psp-sev.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "env.h"

#define PAGE_BYTES	4096u
#define NR_PAGES	(AGENT_GUEST_BYTES / PAGE_BYTES)
#define POLICY		(ES_POLICY_NODBG | ES_POLICY_ES)
#define SESSION_BYTES	128
/* AMD's two certificates, which the platform does not check: only AMD can create them. */
#define AMD_BYTES	(2 * (64 + 3 * 256))

#define INVALID_LENGTH	4

struct certificates {
	uint8_t pdh[ES_CERT_BYTES], chain[ES_CHAIN_BYTES];
};

struct start {
	uint8_t pdh[ES_CERT_BYTES], session[SESSION_BYTES];
};

enum page_kind { PAGE_END, PAGE_PRIVATE, PAGE_SHARED };

struct page {
	uint64_t gpa;
	uint32_t kind;
	struct vmm_packet packet;
};

struct vcpu_record {
	struct vmm_packet packet;
	struct vmm_vcpu_state state;
	uint32_t at_doorbell;
	uint32_t runs;
};

static void own_certificates(struct vmm_vm *vm, struct certificates *certs)
{
	struct sev_user_data_pdh_cert_export export = {
		.pdh_cert_address = (uintptr_t)certs->pdh,
		.pdh_cert_len = sizeof(certs->pdh),
		.cert_chain_address = (uintptr_t)certs->chain,
		.cert_chain_len = sizeof(certs->chain),
	};
	struct sev_issue_cmd cmd = { .cmd = SEV_PDH_CERT_EXPORT, .data = (uintptr_t)&export };

	if (ioctl(vm->sev_fd, SEV_ISSUE_CMD, &cmd) < 0)
		vmm_fail("SEV_PDH_CERT_EXPORT failed with firmware error %u: %m", cmd.error);
}

static int update_vmsa(struct vmm_vcpu *vcpu, uint32_t id, struct vmm_packet *packet,
		       uint32_t *fw_error)
{
	struct kvm_amd_es_update_vmsa args = {
		.hdr_uaddr = (uintptr_t)packet->hdr,
		.hdr_len = sizeof(packet->hdr),
		.vcpu_id = vcpu->nr,
		.trans_uaddr = (uintptr_t)packet->data,
		.trans_len = sizeof(packet->data),
	};

	return vmm_sev_cmd(vcpu->vm, id, &args, fw_error);
}

int vmm_send_vmsa(struct vmm_vcpu *vcpu, struct vmm_packet *packet, uint32_t *fw_error)
{
	return update_vmsa(vcpu, KVM_AMD_ES_SEND_UPDATE_VMSA, packet, fw_error);
}

int vmm_receive_vmsa(struct vmm_vcpu *vcpu, struct vmm_packet *packet, uint32_t *fw_error)
{
	return update_vmsa(vcpu, KVM_AMD_ES_RECEIVE_UPDATE_VMSA, packet, fw_error);
}

int vmm_send_page(struct vmm_vm *vm, uint64_t gpa, struct vmm_packet *packet, uint32_t *fw_error)
{
	struct kvm_sev_send_update_data args = {
		.hdr_uaddr = (uintptr_t)packet->hdr, .hdr_len = sizeof(packet->hdr),
		.guest_uaddr = (uintptr_t)vm->memory + gpa, .guest_len = PAGE_BYTES,
		.trans_uaddr = (uintptr_t)packet->data, .trans_len = sizeof(packet->data),
	};

	return vmm_sev_cmd(vm, KVM_SEV_SEND_UPDATE_DATA, &args, fw_error);
}

static int receive_page(struct vmm_vm *vm, struct page *page)
{
	struct kvm_sev_receive_update_data args = {
		.hdr_uaddr = (uintptr_t)page->packet.hdr, .hdr_len = sizeof(page->packet.hdr),
		.guest_uaddr = (uintptr_t)vm->memory + page->gpa, .guest_len = PAGE_BYTES,
		.trans_uaddr = (uintptr_t)page->packet.data, .trans_len = sizeof(page->packet.data),
	};

	return vmm_sev_cmd(vm, KVM_SEV_RECEIVE_UPDATE_DATA, &args, NULL);
}

static void log_writes(struct vmm_vm *vm, bool on)
{
	struct kvm_userspace_memory_region slot = {
		.flags = on ? KVM_MEM_LOG_DIRTY_PAGES : 0, .memory_size = AGENT_GUEST_BYTES,
		.userspace_addr = (uintptr_t)vm->memory,
	};

	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot) < 0)
		vmm_fail("the log of written pages cannot be turned %s: %m", on ? "on" : "off");
}

static bool send_start(struct vmm_vm *vm, struct vmm_link *link, struct certificates *target)
{
	static uint8_t amd[AMD_BYTES];
	struct certificates own;
	struct start start = { };
	struct kvm_sev_send_start args = {
		.pdh_cert_uaddr = (uintptr_t)target->pdh,
		.pdh_cert_len = sizeof(target->pdh),
		.plat_certs_uaddr = (uintptr_t)target->chain,
		.plat_certs_len = sizeof(target->chain),
		.amd_certs_uaddr = (uintptr_t)amd,
		.amd_certs_len = sizeof(amd),
		.session_uaddr = (uintptr_t)start.session,
		.session_len = sizeof(start.session),
	};
	uint32_t fw_error;

	own_certificates(vm, &own);
	memcpy(start.pdh, own.pdh, sizeof(start.pdh));
	if (vmm_sev_cmd(vm, KVM_SEV_SEND_START, &args, &fw_error))
		vmm_fail("KVM_SEV_SEND_START failed with firmware error %u: %m", fw_error);
	log_writes(vm, true);
	return vmm_put(link, &start, sizeof(start));
}

bool vmm_source_begin(struct vmm_vm *vm, struct vmm_link *link)
{
	struct certificates target, own;

	if (!vmm_get(link, &target, sizeof(target)))
		return false;
	own_certificates(vm, &own);
	if (!memcmp(own.pdh, target.pdh, sizeof(own.pdh)) == link->remote)
		vmm_fail("%s platform",
			 link->remote ? "two hosts have the same" : "one host has more than one");
	return send_start(vm, link, &target);
}

bool vmm_source_begin_for_itself(struct vmm_vm *vm, struct vmm_link *link)
{
	struct certificates target;

	if (!vmm_get(link, &target, sizeof(target)))
		return false;
	own_certificates(vm, &target);
	return send_start(vm, link, &target);
}

int vmm_source_cancel(struct vmm_vm *vm)
{
	log_writes(vm, false);
	return vmm_sev_cmd(vm, KVM_SEV_SEND_CANCEL, NULL, NULL);
}

static bool is_private(uint64_t gpa)
{
	return gpa < AGENT_PRIVATE_BYTES || gpa >= AGENT_LATER_GPA;
}

static bool is_zero(const uint8_t *page)
{
	return !page[0] && !memcmp(page, page + 1, PAGE_BYTES - 1);
}

static bool send_one(struct vmm_vm *vm, struct vmm_link *link, uint64_t gpa)
{
	struct page page = { .gpa = gpa, .kind = is_private(gpa) ? PAGE_PRIVATE : PAGE_SHARED };

	if (page.kind == PAGE_SHARED)
		memcpy(page.packet.data, vm->memory + gpa, PAGE_BYTES);
	else if (vmm_send_page(vm, gpa, &page.packet, NULL))
		vmm_fail("KVM_SEV_SEND_UPDATE_DATA of 0x%lx failed: %m", (unsigned long)gpa);
	return vmm_put(link, &page, sizeof(page));
}

/* Return false for memory that was never touched: it is not sent. */
static bool is_due(struct vmm_vm *vm, const uint64_t *written, unsigned int nr)
{
	if (written)
		return written[nr / 64] >> nr % 64 & 1;
	return nr * PAGE_BYTES < AGENT_PRIVATE_BYTES ||
	       (!is_private(nr * PAGE_BYTES) && !is_zero(vm->memory + nr * PAGE_BYTES));
}

bool vmm_source_memory(struct vmm_vm *vm, struct vmm_link *link, bool only_written)
{
	uint64_t written[NR_PAGES / 64];
	struct kvm_dirty_log log = { .dirty_bitmap = written };
	struct page end = { .kind = PAGE_END };
	unsigned int nr;

	if (only_written && ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log) < 0)
		vmm_fail("KVM_GET_DIRTY_LOG failed: %m");
	for (nr = 0; nr < NR_PAGES; nr++) {
		if (is_due(vm, only_written ? written : NULL, nr) &&
		    !send_one(vm, link, nr * PAGE_BYTES))
			return false;
	}
	return vmm_put(link, &end, sizeof(end));
}

/* Hand over: the target has everything, and from here on the guest is the target's. */
static bool hand_over(struct vmm_vm *vm, struct vmm_link *link)
{
	uint8_t yes;

	if (!vmm_get(link, &yes, 1))
		return false;
	if (vmm_sev_cmd(vm, KVM_SEV_SEND_FINISH, NULL, NULL))
		vmm_fail("KVM_SEV_SEND_FINISH failed: %m");
	return true;
}

/* Read the state first: this writes the response of the exit in flight into the guest's memory. */
bool vmm_source_finish(struct vmm_vm *vm, struct vmm_link *link)
{
	struct vcpu_record records[AGENT_MAX_VCPUS] = { };
	struct kvm_amd_es_vm state = { };
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++) {
		records[i].runs = vm->vcpus[i].wish == ES_VCPU_GO;
		vmm_vcpu_pause(&vm->vcpus[i]);
		vmm_vcpu_save_all(&vm->vcpus[i], &records[i].state);
		records[i].at_doorbell = vm->vcpus[i].at_doorbell;
	}
	if (vmm_get_vm_state(vm, &state))
		vmm_fail("KVM_AMD_ES_GET_VM failed: %m");
	if (!vmm_source_memory(vm, link, true))
		return false;
	for (i = 0; i < vm->nr_vcpus; i++) {
		if (vmm_send_vmsa(&vm->vcpus[i], &records[i].packet, NULL))
			vmm_fail("KVM_AMD_ES_SEND_UPDATE_VMSA of vCPU %u failed: %m", i);
	}
	return vmm_put(link, &state, sizeof(state)) && vmm_put(link, records, sizeof(records)) &&
	       hand_over(vm, link);
}

static void make_keys(struct vmm_vm *vm)
{
	struct sev_issue_cmd cmd = { .cmd = SEV_PDH_GEN };

	if (ioctl(vm->sev_fd, SEV_ISSUE_CMD, &cmd) < 0)
		vmm_fail("SEV_PDH_GEN failed with firmware error %u: %m", cmd.error);
}

int vmm_target_try(struct vmm_vm *vm, struct vmm_link *link, const struct vmm_vm_options *options,
		   bool new_keys, uint32_t *fw_error)
{
	struct vmm_vm_options blank = *options;
	struct kvm_sev_receive_start args = { .policy = POLICY };
	struct certificates own;
	struct start start;

	blank.blank = true;
	vmm_vm_create(vm, &blank);
	own_certificates(vm, &own);
	if (!vmm_put(link, &own, sizeof(own)) || !vmm_get(link, &start, sizeof(start)))
		return -EPIPE;
	if (new_keys)
		make_keys(vm);
	args.pdh_uaddr = (uintptr_t)start.pdh;
	args.pdh_len = sizeof(start.pdh);
	args.session_uaddr = (uintptr_t)start.session;
	args.session_len = sizeof(start.session);
	return vmm_sev_cmd(vm, KVM_SEV_RECEIVE_START, &args, fw_error);
}

bool vmm_target_begin(struct vmm_vm *vm, struct vmm_link *link,
		      const struct vmm_vm_options *options)
{
	uint32_t fw_error = 0;
	int status = vmm_target_try(vm, link, options, false, &fw_error);

	if (status && status != -EPIPE)
		vmm_fail("KVM_SEV_RECEIVE_START failed with firmware error %u: %s", fw_error,
			 strerror(-status));
	return !status;
}

bool vmm_target_memory(struct vmm_vm *vm, struct vmm_link *link)
{
	struct page page;

	while (vmm_get(link, &page, sizeof(page))) {
		if (page.kind == PAGE_END)
			return true;
		if (page.kind == PAGE_SHARED)
			memcpy(vm->memory + page.gpa, page.packet.data, PAGE_BYTES);
		else if (receive_page(vm, &page))
			vmm_fail("KVM_SEV_RECEIVE_UPDATE_DATA of 0x%lx failed: %m",
				 (unsigned long)page.gpa);
	}
	return false;
}

/*
 * Vary the order, which does not matter: the state of each second vCPU is set before its registers.
 */
static bool is_set_first(unsigned int nr)
{
	return nr & 1;
}

bool vmm_target_finish(struct vmm_vm *vm, struct vmm_link *link)
{
	struct vcpu_record records[AGENT_MAX_VCPUS];
	struct kvm_amd_es_vm state;
	unsigned int i;

	if (!vmm_target_memory(vm, link) || !vmm_get(link, &state, sizeof(state)) ||
	    !vmm_get(link, records, sizeof(records)))
		return false;
	for (i = 0; i < vm->nr_vcpus; i++) {
		if (is_set_first(i))
			vmm_vcpu_restore_all(&vm->vcpus[i], &records[i].state);
		if (vmm_receive_vmsa(&vm->vcpus[i], &records[i].packet, NULL))
			vmm_fail("KVM_AMD_ES_RECEIVE_UPDATE_VMSA of vCPU %u failed: %m", i);
	}
	if (vmm_sev_cmd(vm, KVM_SEV_RECEIVE_FINISH, NULL, NULL))
		vmm_fail("KVM_SEV_RECEIVE_FINISH failed: %m");
	if (vmm_set_vm_state(vm, &state))
		vmm_fail("KVM_AMD_ES_SET_VM failed: %m");
	for (i = 0; i < vm->nr_vcpus; i++) {
		if (!is_set_first(i))
			vmm_vcpu_restore_all(&vm->vcpus[i], &records[i].state);
		vm->vcpus[i].at_doorbell = records[i].at_doorbell;
		if (records[i].runs)
			vmm_vcpu_go(&vm->vcpus[i]);
	}
	return vmm_put(link, "y", 1);
}
