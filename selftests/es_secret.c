// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: The host does not see what a guest holds in private memory or in registers; the guest does
 *	not read what the host writes there; and an exit leaves the guest's registers as they were.
 * Source: AMD 24593 APM Volume 2, sections "Secure Encrypted Virtualization" and "Encrypted State
 *	(SEV-ES)"; AMD 56421 GHCB Specification, section "GHCB Layout" (state leaves by the GHCB
 *	only).
 * Why it matters: This is the purpose of SEV-ES.  On the emulated host it shows that the platform
 *	hides what hardware hides, so that no other test depends on something that a real host
 *	cannot see.
 * Not covered: The VMSA page itself, which userspace cannot map (the platform's tests read it as
 *	the host does); DMA; integrity beyond what SEV-ES promises.
 * Fails with: a guest that copies the value to shared memory, puts it into its GHCB, or changes a
 *	register after VMGEXIT (each tried in the agent).
 */
#include <kselftest_harness.h>
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include "env.h"
#include "order.h"

struct search {
	uint64_t value;
	unsigned int seen;	/* times that the host found the value during an exit */
	unsigned int exits;
};

FIXTURE(secret) {
	struct vmm_vm vm;
	struct vmm_vcpu *vcpu;
	struct search search;
	uint64_t value;
};

FIXTURE_SETUP(secret)
{
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 1 });
	self->vcpu = &self->vm.vcpus[0];
	ASSERT_EQ(sizeof(self->value), getrandom(&self->value, sizeof(self->value), 0));
	self->search.value = self->value;
	self->vm.context = &self->search;
	vmm_vm_launch(&self->vm);
	vmm_boot(&self->vm);
}

FIXTURE_TEARDOWN(secret)
{
	vmm_vm_destroy(&self->vm);
}

static unsigned int count(const void *area, size_t len_bytes, uint64_t value)
{
	const uint8_t *at = area, *end = at + len_bytes;
	unsigned int found = 0;

	while ((at = memmem(at, end - at, &value, sizeof(value)))) {
		found++;
		at++;
	}
	return found;
}

static unsigned int count_in_memory(struct vmm_vm *vm, uint64_t value)
{
	return count(vm->memory, AGENT_GUEST_BYTES, value);
}

TEST_F(secret, written_to_private_memory_is_nowhere_in_the_hosts_view)
{
	vmm_order(self->vcpu, AGENT_WRITE8, AGENT_SPARE_GPA, ~self->value);
	EXPECT_EQ(0, count_in_memory(&self->vm, self->value));
	vmm_order(self->vcpu, AGENT_READ8, AGENT_SPARE_GPA, 0);
	EXPECT_EQ(self->value, vmm_mailbox(self->vcpu)->out[0]);
}

/* The control of the case above: the search finds a value that is there. */
TEST_F(secret, written_to_shared_memory_is_seen_by_the_host)
{
	vmm_order(self->vcpu, AGENT_WRITE8, AGENT_PLAIN_GPA + 24, ~self->value);
	EXPECT_EQ(1, count_in_memory(&self->vm, self->value));
}

TEST_F(secret, the_same_value_has_another_ciphertext_in_each_place)
{
	const uint64_t *a = (void *)(self->vm.memory + AGENT_SPARE_GPA);
	const uint64_t *b = (void *)(self->vm.memory + AGENT_SPARE_GPA + 0x1000);

	vmm_order(self->vcpu, AGENT_WRITE8, AGENT_SPARE_GPA, ~self->value);
	vmm_order(self->vcpu, AGENT_WRITE8, AGENT_SPARE_GPA + 0x1000, ~self->value);
	EXPECT_NE(*a, *b);
}

TEST_F(secret, the_launched_image_is_ciphertext)
{
	const uint8_t *plain = vmm_agent_image, *seen = self->vm.memory + AGENT_IMAGE_GPA;
	unsigned int same = 0, blocks = 0;

	for (; plain + 16 <= vmm_agent_image_end; plain += 16, seen += 16, blocks++)
		same += !memcmp(plain, seen, 16);
	EXPECT_NE(0, blocks);
	EXPECT_EQ(0, same);
}

TEST_F(secret, what_the_host_writes_the_guest_does_not_read)
{
	uint64_t *host_view = (void *)(self->vm.memory + AGENT_SPARE_GPA);

	vmm_order(self->vcpu, AGENT_WRITE8, AGENT_SPARE_GPA, ~self->value);
	*host_view = 0x1122334455667788;
	vmm_order(self->vcpu, AGENT_READ8, AGENT_SPARE_GPA, 0);
	EXPECT_NE(0x1122334455667788, vmm_mailbox(self->vcpu)->out[0]);
}

/* Search everything that KVM's interface reports about the vCPU's state for the value. */
static bool search_vcpu(struct vmm_vcpu *vcpu, struct kvm_run *run)
{
	struct search *search = vcpu->vm->context;
	union {
		struct kvm_regs regs;
		struct kvm_sregs sregs;
		struct kvm_fpu fpu;
		struct kvm_xsave xsave;
		struct kvm_debugregs debug;
		uint8_t bytes[4096];
	} state;
	static const unsigned long asks[] = {
		KVM_GET_REGS, KVM_GET_SREGS, KVM_GET_FPU, KVM_GET_XSAVE, KVM_GET_DEBUGREGS,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(asks); i++) {
		memset(&state, 0, sizeof(state));
		ioctl(vcpu->fd, asks[i], &state);
		search->seen += count(&state, sizeof(state), search->value);
	}
	search->seen += count(run, sizeof(*run), search->value);
	search->seen += count_in_memory(vcpu->vm, search->value);
	search->exits++;
	return true;
}

TEST_F(secret, held_in_every_register_is_nowhere_in_the_hosts_view)
{
	uint8_t *ghcb = vmm_request(self->vcpu, SPEC_EXIT_IOIO,
				    SPEC_IO_PORT(0x80) | SPEC_IO_BYTES(4), 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0);
	self->vm.on_exit = search_vcpu;
	vmm_order(self->vcpu, AGENT_SECRETS, ~self->value, 0);
	EXPECT_EQ(1, self->search.exits);
	EXPECT_EQ(0, self->search.seen);
}

/* The control: a register that the guest reveals through its GHCB is found. */
TEST_F(secret, revealed_in_the_ghcb_is_seen_by_the_host)
{
	uint8_t *ghcb = vmm_request(self->vcpu, SPEC_EXIT_IOIO,
				    SPEC_IO_PORT(0x80) | SPEC_IO_BYTES(4), 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, self->value);
	self->vm.on_exit = search_vcpu;
	vmm_order(self->vcpu, AGENT_NAE, 0, 0);
	EXPECT_EQ(1, self->search.exits);
	EXPECT_NE(0, self->search.seen);
}

TEST_F(secret, registers_survive_an_exit_to_userspace)
{
	uint8_t *ghcb = vmm_request(self->vcpu, SPEC_EXIT_IOIO,
				    SPEC_IO_PORT(0x80) | SPEC_IO_BYTES(4), 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0);
	self->vm.on_exit = search_vcpu;
	vmm_order(self->vcpu, AGENT_SECRETS, ~self->value, 0);
	EXPECT_EQ(1, self->search.exits);
	EXPECT_EQ(0, vmm_mailbox(self->vcpu)->out[0]);
}

TEST_HARNESS_MAIN
