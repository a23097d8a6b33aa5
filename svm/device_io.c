// SPDX-License-Identifier: GPL-2.0
/*
 * Access to devices by port or by address.  kvm.ko handles an access to an in-kernel device.  Exit
 * to userspace for any other access directly, because kvm.ko would search for a device again, and
 * copy what is in es->scratch anyway.  Userspace sees the same exit.  (KVM emits kvm_pio for an
 * access by userspace, but not kvm_mmio.)
 *
 * The guest controls address, length and data, which are validated and copied before.
 */
#include <linux/bsearch.h>
#include <linux/kvm_host.h>

#include "lapic.h"
#include "x86.h"
#include "kvm_tracepoints.h"
#include "device_io.h"

/*
 * Compare like kvm_io_bus_cmp(): a range holds all of @key, or begins at its address if the range
 * has no length.
 */
static __always_inline int range_cmp(const void *key, const void *elt)
{
	const struct kvm_io_range *access = key, *device = elt;

	if (access->addr < device->addr)
		return -1;
	if (device->len)
		return access->addr + access->len > device->addr + device->len;
	return access->addr > device->addr;
}

/*
 * Return true if an in-kernel device may be there.  Search like KVM, to find every device that KVM
 * would find.
 */
static __always_inline bool has_device(struct kvm *kvm, enum kvm_bus bus_nr, gpa_t addr,
				       u32 len_bytes)
{
	const struct kvm_io_bus *bus = srcu_dereference(kvm->buses[bus_nr], &kvm->srcu);
	struct kvm_io_range access = { .addr = addr, .len = len_bytes };

	return !bus || __inline_bsearch(&access, bus->range, bus->dev_count, sizeof(access),
					range_cmp);
}

static bool is_apic(struct kvm_vcpu *vcpu, gpa_t gpa)
{
	return lapic_in_kernel(vcpu) && gpa - vcpu->arch.apic->base_address < PAGE_SIZE;
}

/* Copy a few bytes.  Userspace may change one side concurrently. */
static __always_inline void copy_payload(void *to, const void *from, u32 len_bytes)
{
	for (; len_bytes >= 8; len_bytes -= 8, to += 8, from += 8)
		WRITE_ONCE(*(u64 *)to, READ_ONCE(*(const u64 *)from));
	for (; len_bytes; len_bytes--, to++, from++)
		WRITE_ONCE(*(u8 *)to, READ_ONCE(*(const u8 *)from));
}

/* Clear a buffer of whole quadwords. */
static __always_inline void clear_buffer(void *to, u32 len_bytes)
{
	const void *end = to + len_bytes;

	for (; to < end; to += 8)
		WRITE_ONCE(*(u64 *)to, 0);
}

static __always_inline int complete_read(struct kvm_vcpu *vcpu, const void *from)
{
	const struct es_scratch *scratch = &to_es(vcpu)->scratch;

	copy_payload(scratch->data, from, scratch->len_bytes);
	return 1;
}

static int complete_pio_read(struct kvm_vcpu *vcpu)
{
	return complete_read(vcpu, vcpu->arch.pio_data);
}

static int complete_mmio_read(struct kvm_vcpu *vcpu)
{
	return complete_read(vcpu, vcpu->run->mmio.data);
}

/*
 * Clear the payload of a read first: the in-kernel PIT does not write the bytes of a port that
 * cannot be read, and the guest must not see data of an earlier exit.
 */
static int pio_in_kernel(struct kvm_vcpu *vcpu, u32 size_bytes, u16 port, u32 count, bool in)
{
	const struct es_scratch *scratch = &to_es(vcpu)->scratch;

	/* An IN that is not written keeps the guest's RAX. */
	if (in && scratch->data != &to_es(vcpu)->pio)
		memset(scratch->data, 0, scratch->len_bytes);
	return kvm_sev_es_string_io(vcpu, size_bytes, port, scratch->data, count, in);
}

int es_device_pio(struct kvm_vcpu *vcpu, u32 size_bytes, u16 port, u32 count, bool in)
{
	const struct es_scratch *scratch = &to_es(vcpu)->scratch;
	u32 len_bytes = scratch->len_bytes;
	struct kvm_run *run = vcpu->run;

	if (len_bytes > PAGE_SIZE || es_kvm_tracepoint_enabled(es_kvm_pio) ||
	    has_device(vcpu->kvm, KVM_PIO_BUS, port, size_bytes))
		return pio_in_kernel(vcpu, size_bytes, port, count, in);

	/* On the next KVM_RUN, copy userspace's data before resuming the guest. */
	if (in) {
		clear_buffer(vcpu->arch.pio_data, len_bytes);
		vcpu->arch.complete_userspace_io = complete_pio_read;
	} else {
		copy_payload(vcpu->arch.pio_data, scratch->data, len_bytes);
	}
	run->exit_reason = KVM_EXIT_IO;
	run->io.direction = in ? KVM_EXIT_IO_IN : KVM_EXIT_IO_OUT;
	run->io.size = size_bytes;
	run->io.port = port;
	run->io.count = count;
	run->io.data_offset = KVM_PIO_PAGE_OFFSET * PAGE_SIZE;
	return 0;
}

/*
 * kvm.ko splits an access of more than 8 bytes, and checks mmio_is_write for the direction of the
 * later parts.  Clear the payload of a read first: the in-kernel APIC does not write it for an
 * unknown register, and the guest must not see data of an earlier exit.
 */
static int mmio_in_kernel(struct kvm_vcpu *vcpu, gpa_t gpa, bool read)
{
	struct es_scratch *scratch = &to_es(vcpu)->scratch;

	vcpu->mmio_is_write = !read;
	if (!read)
		return kvm_sev_es_mmio_write(vcpu, gpa, scratch->len_bytes, scratch->data);
	memset(scratch->data, 0, scratch->len_bytes);
	return kvm_sev_es_mmio_read(vcpu, gpa, scratch->len_bytes, scratch->data);
}

int es_device_mmio(struct kvm_vcpu *vcpu, gpa_t gpa, bool read)
{
	const struct es_scratch *scratch = &to_es(vcpu)->scratch;
	u32 len_bytes = scratch->len_bytes;
	struct kvm_run *run = vcpu->run;

	if (len_bytes > sizeof(run->mmio.data) || is_apic(vcpu, gpa) ||
	    has_device(vcpu->kvm, KVM_MMIO_BUS, gpa, len_bytes))
		return mmio_in_kernel(vcpu, gpa, read);

	if (read) {
		clear_buffer(run->mmio.data, sizeof(run->mmio.data));
		vcpu->arch.complete_userspace_io = complete_mmio_read;
	} else {
		copy_payload(run->mmio.data, scratch->data, len_bytes);
	}
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = gpa;
	run->mmio.len = len_bytes;
	run->mmio.is_write = !read;
	return 0;
}
