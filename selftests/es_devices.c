// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: An in-kernel device handles its ports and addresses; every other access reaches userspace,
 *	with the same exit whether kvm.ko or this module makes it, and KVM's event kvm_pio reports
 *	each port as with the stock module.
 * Source: KVM API, KVM_IOEVENTFD and KVM_EXIT_IO, KVM_EXIT_MMIO; AMD 56421 GHCB Specification, "NAE
 *	Events" (IOIO_PROT, MMIO Read, MMIO Write).
 * Why it matters: The module passes accesses that only userspace handles to userspace itself,
 *	without kvm.ko.  A device that it overlooks is dead, as a virtio queue whose doorbell is an
 *	ioeventfd.
 * Not covered: The responses of the in-kernel devices, and the APIC: see es_protocol.c and
 *	es_conformance.c.
 * Fails with: the module before it cleared what it reads into: "does_not_fill" of KVM's port (64
 *	bytes of an earlier OUTS come back) and of userspace's address (4096, from kvm_run's part
 *	about an OUT).
 */
#include <kselftest_harness.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "env.h"
#include "order.h"
#include "tracefs.h"

#define PORT		0x1234
#define STRING_BYTES	64u
#define PIC_LAST_PORT	0x21
#define PIT_COMMAND	0x43
#define IOAPIC_GPA	0xfec00000
#define IOAPIC_BYTES	0x100
#define GPA		(AGENT_MMIO_GPA + 0x100)

struct devices {
	struct vmm_vm vm;
	struct vmm_vcpu *vcpu;
	int event;
	struct seen {
		unsigned int exits;
		unsigned int len_bytes;
		uint8_t bytes[STRING_BYTES];
		bool silent;		/* leave the data of a read as it is */
	} seen;
};

FIXTURE(devices) {
	struct devices d;
};

/* Be userspace: record the exit, and return 0xa5 for every read. */
static bool on_exit_to_userspace(struct vmm_vcpu *vcpu, struct kvm_run *run)
{
	struct seen *seen = vcpu->vm->context;
	bool io = run->exit_reason == KVM_EXIT_IO;
	bool out = io ? run->io.direction == KVM_EXIT_IO_OUT : run->mmio.is_write;
	uint8_t *data = io ? (uint8_t *)run + run->io.data_offset : run->mmio.data;

	if (!io && run->exit_reason != KVM_EXIT_MMIO)
		return false;
	seen->exits++;
	seen->len_bytes = io ? run->io.size * run->io.count : run->mmio.len;
	if (seen->len_bytes > sizeof(seen->bytes))
		vmm_fail("an exit carries %u bytes", seen->len_bytes);
	if (out)
		memcpy(seen->bytes, data, seen->len_bytes);
	else if (!seen->silent)
		memset(data, 0xa5, seen->len_bytes);
	return true;
}

FIXTURE_SETUP(devices)
{
	vmm_vm_create(&self->d.vm, &(struct vmm_vm_options){ .nr_vcpus = 1 });
	self->d.vcpu = &self->d.vm.vcpus[0];
	self->d.event = eventfd(0, EFD_NONBLOCK);
	self->d.vm.context = &self->d.seen;
	self->d.vm.on_exit = on_exit_to_userspace;
	vmm_vm_launch(&self->d.vm);
	vmm_boot(&self->d.vm);
}

FIXTURE_TEARDOWN(devices)
{
	vmm_vm_destroy(&self->d.vm);
	close(self->d.event);
}

static int assign(struct devices *self, uint64_t addr, unsigned int len_bytes, unsigned int flags)
{
	struct kvm_ioeventfd io = {
		.addr = addr, .len = len_bytes, .fd = self->event, .flags = flags, .datamatch = 7
	};

	return ioctl(self->vm.fd, KVM_IOEVENTFD, &io) ? -errno : 0;
}

/* Return how often the ioeventfd was signalled since the last call. */
static unsigned int signals(struct devices *self)
{
	uint64_t nr;

	return read(self->event, &nr, sizeof(nr)) == sizeof(nr) ? nr : 0;
}

static unsigned int exits(struct devices *self)
{
	unsigned int nr = self->seen.exits;

	self->seen.exits = 0;
	return nr;
}

/* Send an INS or OUTS request, written by hand, of bytes in the GHCB. */
static void string_of(struct vmm_vcpu *vcpu, unsigned int port, bool in)
{
	uint32_t info1 = SPEC_IO_PORT(port) | SPEC_IO_STRING | SPEC_IO_REP | SPEC_IO_ADDR64 |
			 (in ? SPEC_IO_IN : 0);
	uint8_t *ghcb = vmm_request(vcpu, SPEC_EXIT_IOIO, info1 | SPEC_IO_BYTES(1), STRING_BYTES);

	spec_ghcb_put(ghcb, SPEC_GHCB_SCRATCH, vmm_ghcb_gpa(vcpu) + SPEC_GHCB_BUFFER);
	memset(ghcb + SPEC_GHCB_BUFFER, 0x3c, STRING_BYTES);
	vmm_send(vcpu);
}

static void string(struct vmm_vcpu *vcpu, bool in)
{
	string_of(vcpu, PORT, in);
}

static unsigned int other_than(const uint8_t *bytes, uint8_t wanted)
{
	unsigned int i, nr = 0;

	for (i = 0; i < STRING_BYTES; i++)
		nr += bytes[i] != wanted;
	return nr;
}

TEST_F(devices, an_ioeventfd_has_its_port_and_no_other)
{
	ASSERT_EQ(0, assign(&self->d, PORT, 4, KVM_IOEVENTFD_FLAG_PIO));
	vmm_order(self->d.vcpu, AGENT_OUT, PORT, 1);
	EXPECT_EQ(1, signals(&self->d));
	EXPECT_EQ(0, exits(&self->d));
	vmm_order(self->d.vcpu, AGENT_OUT, PORT + 4, 1);
	vmm_order(self->d.vcpu, AGENT_OUT, PORT - 4, 1);
	vmm_order(self->d.vcpu, AGENT_OUT, PORT + 1, 1);
	EXPECT_EQ(0, signals(&self->d));
	EXPECT_EQ(3, exits(&self->d));
	/* The port, but bytes. */
	string(self->d.vcpu, false);
	EXPECT_EQ(0, signals(&self->d));
	EXPECT_EQ(1, exits(&self->d));
	EXPECT_EQ(STRING_BYTES, self->d.seen.len_bytes);
}

TEST_F(devices, an_ioeventfd_that_wants_a_value_leaves_the_others_to_userspace)
{
	ASSERT_EQ(0,
		  assign(&self->d, PORT, 4, KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_DATAMATCH));
	vmm_order(self->d.vcpu, AGENT_OUT, PORT, 7);
	EXPECT_EQ(1, signals(&self->d));
	EXPECT_EQ(0, exits(&self->d));
	vmm_order(self->d.vcpu, AGENT_OUT, PORT, 8);
	EXPECT_EQ(0, signals(&self->d));
	EXPECT_EQ(1, exits(&self->d));
	EXPECT_EQ(8, *(uint32_t *)self->d.seen.bytes);
	vmm_order(self->d.vcpu, AGENT_IN, PORT, 0);
	EXPECT_EQ(1, exits(&self->d));
	EXPECT_EQ(0xa5a5a5a5, vmm_mailbox(self->d.vcpu)->out[0]);
}

TEST_F(devices, an_ioeventfd_has_its_address_and_no_other)
{
	ASSERT_EQ(0, assign(&self->d, GPA, 0, 0));
	vmm_order(self->d.vcpu, AGENT_STORE, GPA, 1);
	EXPECT_EQ(1, signals(&self->d));
	EXPECT_EQ(0, exits(&self->d));
	vmm_order(self->d.vcpu, AGENT_STORE, GPA + 4, 1);
	vmm_order(self->d.vcpu, AGENT_STORE, GPA - 4, 1);
	EXPECT_EQ(0, signals(&self->d));
	EXPECT_EQ(2, exits(&self->d));
}

TEST_F(devices, among_many_each_is_found)
{
	unsigned int i;

	for (i = 0; i < 40; i++)
		ASSERT_EQ(0, assign(&self->d, GPA + i * 16, 4, 0));
	for (i = 0; i < 40; i++)
		vmm_order(self->d.vcpu, AGENT_STORE, GPA + i * 16, 1);
	EXPECT_EQ(40, signals(&self->d));
	EXPECT_EQ(0, exits(&self->d));
	for (i = 0; i < 40; i++)
		vmm_order(self->d.vcpu, AGENT_STORE, GPA + i * 16 + 8, 1);
	EXPECT_EQ(0, signals(&self->d));
	EXPECT_EQ(40, exits(&self->d));
}

/*
 * Send requests written by hand: a byte of a port, four bytes of an address; do not check the
 * responses.
 */
static void read_port(struct vmm_vcpu *vcpu, unsigned int port)
{
	uint8_t *ghcb = vmm_request(vcpu, SPEC_EXIT_IOIO,
				    SPEC_IO_PORT(port) | SPEC_IO_BYTES(1) | SPEC_IO_IN, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0);
	vmm_send(vcpu);
}

static void read_address(struct vmm_vcpu *vcpu, uint64_t gpa)
{
	uint8_t *ghcb = vmm_request(vcpu, SPEC_NAE_MMIO_READ, gpa, 4);

	spec_ghcb_put(ghcb, SPEC_GHCB_SCRATCH, vmm_ghcb_gpa(vcpu) + SPEC_GHCB_BUFFER);
	vmm_send(vcpu);
}

TEST_F(devices, the_chips_of_kvm_have_all_of_their_range)
{
	read_port(self->d.vcpu, PIC_LAST_PORT);
	read_address(self->d.vcpu, IOAPIC_GPA + 0x10);
	read_address(self->d.vcpu, IOAPIC_GPA + IOAPIC_BYTES - 4);
	EXPECT_EQ(0, exits(&self->d));
	read_port(self->d.vcpu, PIC_LAST_PORT + 1);
	read_address(self->d.vcpu, IOAPIC_GPA - 4);
	read_address(self->d.vcpu, IOAPIC_GPA + IOAPIC_BYTES - 2);
	read_address(self->d.vcpu, IOAPIC_GPA + IOAPIC_BYTES);
	EXPECT_EQ(4, exits(&self->d));
}

TEST_F(devices, what_comes_and_goes_is_noticed)
{
	vmm_order(self->d.vcpu, AGENT_STORE, GPA, 1);
	EXPECT_EQ(1, exits(&self->d));
	ASSERT_EQ(0, assign(&self->d, GPA, 4, 0));
	vmm_order(self->d.vcpu, AGENT_STORE, GPA, 1);
	EXPECT_EQ(1, signals(&self->d));
	EXPECT_EQ(0, exits(&self->d));
	ASSERT_EQ(0, assign(&self->d, GPA, 4, KVM_IOEVENTFD_FLAG_DEASSIGN));
	vmm_order(self->d.vcpu, AGENT_STORE, GPA, 1);
	EXPECT_EQ(0, signals(&self->d));
	EXPECT_EQ(1, exits(&self->d));
}

/* Nothing of earlier exits is left for the guest, nor for userspace to pass on to it. */
TEST_F(devices, a_port_that_userspace_does_not_fill_reads_as_zero)
{
	string(self->d.vcpu, false);
	EXPECT_EQ(0, other_than(self->d.seen.bytes, 0x3c));
	self->d.seen.silent = true;
	vmm_order(self->d.vcpu, AGENT_IN, PORT, 0);
	EXPECT_EQ(0, vmm_mailbox(self->d.vcpu)->out[0]);
	string(self->d.vcpu, false);
	string(self->d.vcpu, true);
	EXPECT_EQ(0, other_than(vmm_answer(self->d.vcpu) + SPEC_GHCB_BUFFER, 0));
	EXPECT_EQ(4, exits(&self->d));
}

TEST_F(devices, an_address_that_userspace_does_not_fill_reads_as_zero)
{
	vmm_order(self->d.vcpu, AGENT_STORE, GPA, 0x11223344);
	self->d.seen.silent = true;
	vmm_order(self->d.vcpu, AGENT_LOAD, GPA, 0);
	EXPECT_EQ(0, (uint32_t)vmm_mailbox(self->d.vcpu)->out[0]);
	EXPECT_EQ(2, exits(&self->d));
}

/* The command port of KVM's timer can only be written. */
TEST_F(devices, a_port_that_kvm_does_not_fill_reads_as_zero)
{
	struct kvm_pit_config pit = { };

	ASSERT_EQ(0, ioctl(self->d.vm.fd, KVM_CREATE_PIT2, &pit));
	string(self->d.vcpu, false);
	EXPECT_EQ(0, other_than(self->d.seen.bytes, 0x3c));
	string_of(self->d.vcpu, PIT_COMMAND, true);
	EXPECT_EQ(0, other_than(vmm_answer(self->d.vcpu) + SPEC_GHCB_BUFFER, 0));
	EXPECT_EQ(1, exits(&self->d));
}

/* Try 1 out and 1 in, then strings: the same whether kvm_pio is enabled or not. */
static void all_roads(struct __test_metadata *_metadata, struct devices *self)
{
	vmm_order(self->vcpu, AGENT_OUT, PORT, 0x11223344);
	EXPECT_EQ(0x11223344, *(uint32_t *)self->seen.bytes);
	vmm_order(self->vcpu, AGENT_IN, PORT, 0);
	EXPECT_EQ(0xa5a5a5a5, vmm_mailbox(self->vcpu)->out[0]);
	string(self->vcpu, false);
	EXPECT_EQ(0, other_than(self->seen.bytes, 0x3c));
	string(self->vcpu, true);
	EXPECT_EQ(0, other_than(vmm_answer(self->vcpu) + SPEC_GHCB_BUFFER, 0xa5));
	EXPECT_EQ(4, exits(self));
}

TEST_F(devices, kvm_pio_is_traced_while_somebody_listens)
{
	all_roads(_metadata, &self->d);
	vmm_trace("kvm/kvm_pio", true);
	all_roads(_metadata, &self->d);
	vmm_trace("kvm/kvm_pio", false);
	all_roads(_metadata, &self->d);
	EXPECT_EQ(1, vmm_traced("pio_write at 0x1234 size 4 count 1 val 0x11223344"));
	EXPECT_EQ(1, vmm_traced("pio_read at 0x1234 size 4 count 1 val 0xa5a5a5a5"));
	EXPECT_EQ(1, vmm_traced("pio_write at 0x1234 size 1 count 64 val 0x3c (...)"));
	EXPECT_EQ(1, vmm_traced("pio_read at 0x1234 size 1 count 64 val 0xa5 (...)"));
}

TEST_HARNESS_MAIN
