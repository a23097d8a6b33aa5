// SPDX-License-Identifier: GPL-2.0
/*
 * Ports and MMIO, beyond the GHCB: what a device of KVM serves is kvm.ko's.  The rest is
 * userspace's, and gets there from here: kvm.ko would look for devices once more, and copy and
 * remember what is in es->scratch anyway.  Userspace sees the same exit.  (KVM's event kvm_mmio does
 * not tell of what goes to userspace; kvm_pio does.)
 *
 * The guest controls address, length and data, which are checked and copied before.
 */
#include <linux/bsearch.h>
#include <linux/kvm_host.h>

#include "lapic.h"
#include "x86.h"
#include "kvm_events.h"
#include "user_io.h"

/* KVM's order: a device's range holds all of @key, or begins there when it has no length. */
static __always_inline int range_cmp(const void *key, const void *elt)
{
	const struct kvm_io_range *access = key, *device = elt;

	if (access->addr < device->addr)
		return -1;
	if (device->len)
		return access->addr + access->len > device->addr + device->len;
	return access->addr > device->addr;
}

/* May a device of KVM be there?  The same search as KVM's, so it finds one whenever that does. */
static __always_inline bool has_device(struct kvm *kvm, enum kvm_bus bus_nr, gpa_t addr, u32 len_bytes)
{
	const struct kvm_io_bus *bus = srcu_dereference(kvm->buses[bus_nr], &kvm->srcu);
	struct kvm_io_range access = { .addr = addr, .len = len_bytes };

	return !bus || __inline_bsearch(&access, bus->range, bus->dev_count, sizeof(access), range_cmp);
}

static bool is_apic(struct kvm_vcpu *vcpu, gpa_t gpa)
{
	return lapic_in_kernel(vcpu) && gpa - vcpu->arch.apic->base_address < PAGE_SIZE;
}

/* For few bytes, where a call would cost more; userspace may change one side meanwhile. */
static __always_inline void copy(void *to, const void *from, u32 len_bytes)
{
	for (; len_bytes >= 8; len_bytes -= 8, to += 8, from += 8)
		WRITE_ONCE(*(u64 *)to, READ_ONCE(*(const u64 *)from));
	for (; len_bytes; len_bytes--, to++, from++)
		WRITE_ONCE(*(u8 *)to, READ_ONCE(*(const u8 *)from));
}

/* For few bytes, too, in whole quadwords. */
static __always_inline void clear(void *to, u32 len_bytes)
{
	const void *end = to + len_bytes;

	for (; to < end; to += 8)
		WRITE_ONCE(*(u64 *)to, 0);
}

static __always_inline int take(struct kvm_vcpu *vcpu, const void *from)
{
	const struct es_scratch *scratch = &to_es(vcpu)->scratch;

	copy(scratch->data, from, scratch->len_bytes);
	return 1;
}

static int take_pio(struct kvm_vcpu *vcpu)
{
	return take(vcpu, vcpu->arch.pio_data);
}

static int take_mmio(struct kvm_vcpu *vcpu)
{
	return take(vcpu, vcpu->run->mmio.data);
}

/* Its PIT leaves the bytes of a port that cannot be read: the guest finds zeroes, nothing of an earlier exit. */
static int pio_of_kvm(struct kvm_vcpu *vcpu, u32 size_bytes, u16 port, u32 count, bool in)
{
	const struct es_scratch *scratch = &to_es(vcpu)->scratch;

	/* The one element of an IN is the guest's RAX, which stays as it is. */
	if (in && scratch->data != &to_es(vcpu)->pio)
		memset(scratch->data, 0, scratch->len_bytes);
	return kvm_sev_es_string_io(vcpu, size_bytes, port, scratch->data, count, in);
}

int es_user_pio(struct kvm_vcpu *vcpu, u32 size_bytes, u16 port, u32 count, bool in)
{
	const struct es_scratch *scratch = &to_es(vcpu)->scratch;
	u32 len_bytes = scratch->len_bytes;
	struct kvm_run *run = vcpu->run;

	if (len_bytes > PAGE_SIZE || es_kvm_traces(es_kvm_pio) ||
	    has_device(vcpu->kvm, KVM_PIO_BUS, port, size_bytes))
		return pio_of_kvm(vcpu, size_bytes, port, count, in);

	/* The guest resumes when userspace calls again; what it says then is taken before. */
	if (in) {
		clear(vcpu->arch.pio_data, len_bytes);
		vcpu->arch.complete_userspace_io = take_pio;
	} else {
		copy(vcpu->arch.pio_data, scratch->data, len_bytes);
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
 * kvm.ko splits what is longer than 8 bytes, and looks at mmio_is_write for the later parts'
 * direction.  Its APIC leaves the payload as it is for registers that it does not know: the guest finds
 * zeroes there, and nothing of an earlier exit.
 */
static int mmio_of_kvm(struct kvm_vcpu *vcpu, gpa_t gpa, bool read)
{
	struct es_scratch *scratch = &to_es(vcpu)->scratch;

	vcpu->mmio_is_write = !read;
	if (!read)
		return kvm_sev_es_mmio_write(vcpu, gpa, scratch->len_bytes, scratch->data);
	memset(scratch->data, 0, scratch->len_bytes);
	return kvm_sev_es_mmio_read(vcpu, gpa, scratch->len_bytes, scratch->data);
}

int es_user_mmio(struct kvm_vcpu *vcpu, gpa_t gpa, bool read)
{
	const struct es_scratch *scratch = &to_es(vcpu)->scratch;
	u32 len_bytes = scratch->len_bytes;
	struct kvm_run *run = vcpu->run;

	if (len_bytes > sizeof(run->mmio.data) || is_apic(vcpu, gpa) ||
	    has_device(vcpu->kvm, KVM_MMIO_BUS, gpa, len_bytes))
		return mmio_of_kvm(vcpu, gpa, read);

	if (read) {
		clear(run->mmio.data, sizeof(run->mmio.data));
		vcpu->arch.complete_userspace_io = take_mmio;
	} else {
		copy(run->mmio.data, scratch->data, len_bytes);
	}
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = gpa;
	run->mmio.len = len_bytes;
	run->mmio.is_write = !read;
	return 0;
}
