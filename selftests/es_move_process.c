// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM moves a guest to a VM of another process.  The pending
 *	response is written to the guest's memory where that process maps it, and nothing is written
 *	where the old process mapped it.  This rule also holds for VMs of one process that map the
 *	guest's memory at several addresses.
 * Source: KVM API, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM.
 * Why it matters: This is how a VMM is upgraded under a running guest.  In the new VMM the old
 *	one's addresses are other memory, or none.
 * Not covered: Processes of different users or control groups.
 * Fails with: stock kvm_amd: 6.1: each exit in flight; 6.12: every case, because the moved VM
 *	cannot be run.
 */
#include <kselftest_harness.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ap.h"
#include "env.h"
#include "state.h"

#define PORT		0x1234
#define VALUE		0x1badb002u
#define MSR_UNKNOWN	0x12345678
#define CANARY		0xc5
#define STRING_BYTES	32u
#define NR_VCPUS	2

/* Both ends of a move: what the old VMM passes to the new one. */
struct legacy {
	int memory_fd;
	struct vmm_vm vm;	/* the old VMM's; the new one uses its file descriptor */
	struct vmm_vcpu_state states[NR_VCPUS];
	bool ran[NR_VCPUS];
};

static void must_be(bool right, const char *what)
{
	if (!right)
		vmm_fail("not so: %s", what);
}

static void *io_data(struct vmm_vcpu *vcpu)
{
	return (uint8_t *)vcpu->run + vcpu->run->io.data_offset;
}

/* One kind of exit that is in flight: begins it in the old VMM; proves its end in the new one. */
struct flight {
	void (*begin)(struct vmm_vm *vm, struct vmm_vcpu *ap);
	void (*prove)(struct vmm_vcpu *bsp, struct vmm_vcpu *ap);
};

static void await(struct vmm_vcpu *ap, unsigned int reason)
{
	vmm_vcpu_wait_stop(ap, "the request exits to userspace");
	must_be(ap->run->exit_reason == reason, "it is the exit that was asked for");
}

static void begin_in(struct vmm_vm *vm, struct vmm_vcpu *ap)
{
	(void)vm;
	vmm_order_start(ap, AGENT_IN, PORT, 0);
	await(ap, KVM_EXIT_IO);
	*(uint32_t *)io_data(ap) = VALUE;
}

static void begin_out(struct vmm_vm *vm, struct vmm_vcpu *ap)
{
	(void)vm;
	vmm_order_start(ap, AGENT_OUT, PORT, VALUE);
	await(ap, KVM_EXIT_IO);
	must_be(*(uint32_t *)io_data(ap) == VALUE, "OUT brings its value");
}

static void begin_mmio_read(struct vmm_vm *vm, struct vmm_vcpu *ap)
{
	(void)vm;
	vmm_order_start(ap, AGENT_LOAD, AGENT_MMIO_GPA, 0);
	await(ap, KVM_EXIT_MMIO);
	*(uint32_t *)ap->run->mmio.data = VALUE;
}

static void begin_mmio_write(struct vmm_vm *vm, struct vmm_vcpu *ap)
{
	(void)vm;
	vmm_order_start(ap, AGENT_STORE, AGENT_MMIO_GPA, VALUE);
	await(ap, KVM_EXIT_MMIO);
	must_be(*(uint32_t *)ap->run->mmio.data == VALUE, "the MMIO write brings its value");
}

static void begin_rdmsr(struct vmm_vm *vm, struct vmm_vcpu *ap)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_USER_SPACE_MSR, .args[0] = KVM_MSR_EXIT_REASON_UNKNOWN,
	};

	must_be(!ioctl(vm->fd, KVM_ENABLE_CAP, &cap), "KVM_CAP_X86_USER_SPACE_MSR");
	vmm_order_start(ap, AGENT_RDMSR, MSR_UNKNOWN, 0);
	await(ap, KVM_EXIT_X86_RDMSR);
	ap->run->msr.data = VALUE;
	ap->run->msr.error = 0;
}

/* Begin a string of bytes, by the buffer in the GHCB or by other shared memory. */
static void begin_string(struct vmm_vcpu *ap, bool in, bool in_ghcb)
{
	uint64_t scratch = in_ghcb ? vmm_ghcb_gpa(ap) + SPEC_GHCB_BUFFER : AGENT_PLAIN_GPA;
	uint8_t *ghcb = vmm_request(ap, SPEC_EXIT_IOIO,
				    SPEC_IO_PORT(PORT) | SPEC_IO_BYTES(1) | SPEC_IO_STRING |
					    (in ? SPEC_IO_IN : 0),
				    STRING_BYTES);

	spec_ghcb_put(ghcb, SPEC_GHCB_SCRATCH, scratch);
	memset(in_ghcb ? ghcb + SPEC_GHCB_BUFFER : ap->vm->memory + scratch, 0x33, STRING_BYTES);
	vmm_order_start(ap, AGENT_NAE, 0, 0);
	await(ap, KVM_EXIT_IO);
	must_be(ap->run->io.count == STRING_BYTES, "the string is one exit");
	if (in)
		memset(io_data(ap), 0x44, STRING_BYTES);
	else
		must_be(*(uint32_t *)io_data(ap) == 0x33333333, "OUTS brings its bytes");
}

static void begin_ins(struct vmm_vm *vm, struct vmm_vcpu *ap)
{
	(void)vm;
	begin_string(ap, true, true);
}

static void begin_outs(struct vmm_vm *vm, struct vmm_vcpu *ap)
{
	(void)vm;
	begin_string(ap, false, true);
}

static void begin_ins_outside(struct vmm_vm *vm, struct vmm_vcpu *ap)
{
	(void)vm;
	begin_string(ap, true, false);
}

static void begin_outs_outside(struct vmm_vm *vm, struct vmm_vcpu *ap)
{
	(void)vm;
	begin_string(ap, false, false);
}

static void begin_hold(struct vmm_vcpu *ap, bool by_msr)
{
	vmm_park(ap, by_msr);
	must_be(vmm_parked_mp_state(ap) == KVM_MP_STATE_AP_RESET_HOLD, "the AP is held");
}

static void begin_hold_by_page(struct vmm_vm *vm, struct vmm_vcpu *ap)
{
	(void)vm;
	begin_hold(ap, false);
}

static void begin_hold_by_msr(struct vmm_vm *vm, struct vmm_vcpu *ap)
{
	(void)vm;
	begin_hold(ap, true);
}

static void goes_on(struct vmm_vcpu *bsp, struct vmm_vcpu *ap)
{
	(void)bsp;
	vmm_vcpu_go(ap);
	vmm_vcpu_wait(ap, "the guest goes on in the new process");
}

static void gets_value(struct vmm_vcpu *bsp, struct vmm_vcpu *ap)
{
	goes_on(bsp, ap);
	must_be(vmm_mailbox(ap)->out[0] == VALUE,
		"the guest has the value that the old VMM brought");
}

static void string_is(struct vmm_vcpu *ap, const uint8_t *bytes, uint8_t value)
{
	unsigned int i;

	must_be(vmm_info1(ap) == SPEC_HANDLED, "the request was handled");
	for (i = 0; i < STRING_BYTES; i++)
		must_be(bytes[i] == value, "the string's bytes are those of the old VMM");
}

static void gets_string(struct vmm_vcpu *bsp, struct vmm_vcpu *ap)
{
	goes_on(bsp, ap);
	string_is(ap, vmm_answer(ap) + SPEC_GHCB_BUFFER, 0x44);
}

static void gets_string_outside(struct vmm_vcpu *bsp, struct vmm_vcpu *ap)
{
	goes_on(bsp, ap);
	string_is(ap, ap->vm->memory + AGENT_PLAIN_GPA, 0x44);
}

static void is_handled(struct vmm_vcpu *bsp, struct vmm_vcpu *ap)
{
	goes_on(bsp, ap);
	must_be(vmm_info1(ap) == SPEC_HANDLED, "the request was handled");
}

/* Check that reading the state does what KVM_RUN would do first. */
static void state_shows_value(struct vmm_vcpu *bsp, struct vmm_vcpu *ap)
{
	uint8_t *ghcb = ap->vm->memory + vmm_ghcb_gpa(ap);
	struct kvm_amd_es_vcpu state;

	must_be(spec_ghcb_get(ghcb, SPEC_GHCB_EXITCODE) == SPEC_EXIT_IOIO,
		"the request is still in the page");
	must_be(!vmm_get_vcpu_state(ap, &state), "KVM_AMD_ES_GET_VCPU in the new process");
	must_be(spec_ghcb_get(ghcb, SPEC_GHCB_RAX) == VALUE, "it writes the answer");
	gets_value(bsp, ap);
}

static void is_woken(struct vmm_vcpu *bsp, struct vmm_vcpu *ap, bool by_msr)
{
	must_be(!vmm_vcpu_rings_within(ap, 200), "the AP stays held");
	vmm_send_init_sipi(bsp, ap, 0x10);
	vmm_vcpu_wait(ap, "INIT and SIPI end the hold in the new process");
	must_be(vmm_woken_by_sipi(ap, by_msr),
		"the answer is that of a SIPI, on the road of the hold");
}

static void is_woken_by_page(struct vmm_vcpu *bsp, struct vmm_vcpu *ap)
{
	is_woken(bsp, ap, false);
}

static void is_woken_by_msr(struct vmm_vcpu *bsp, struct vmm_vcpu *ap) { is_woken(bsp, ap, true); }

/* Be the old VMM: a guest with an exit in flight, its vCPUs out of KVM_RUN, their state read. */
static void begin(struct legacy *old, const struct flight *flight)
{
	struct vmm_vcpu *bsp = &old->vm.vcpus[0], *ap = &old->vm.vcpus[1];
	unsigned int i;

	old->memory_fd = memfd_create("guest", 0);
	must_be(old->memory_fd > 0, "a file for the guest's memory");
	must_be(!ftruncate(old->memory_fd, AGENT_GUEST_BYTES), "its size");
	vmm_vm_create(&old->vm,
		      &(struct vmm_vm_options){ .nr_vcpus = NR_VCPUS,
						.memory_fd = old->memory_fd });
	vmm_vm_launch(&old->vm);
	vmm_boot_ap(bsp, ap);
	flight->begin(&old->vm, ap);
	for (i = 0; i < NR_VCPUS; i++) {
		old->ran[i] = old->vm.vcpus[i].wish == ES_VCPU_GO;
		vmm_vcpu_pause(&old->vm.vcpus[i]);
		vmm_vcpu_save(&old->vm.vcpus[i], &old->states[i]);
	}
}

/* Be the new VMM, which maps something else where the old one had the guest's memory. */
static void take_over(struct legacy *old, const struct flight *flight)
{
	struct vmm_vm source = { .fd = old->vm.fd }, to;
	unsigned int i;

	source.memory = mmap(NULL, AGENT_GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
			     old->memory_fd, 0);
	must_be(source.memory != MAP_FAILED, "the guest's memory is mapped in the new process");
	vmm_vm_create(&to, &(struct vmm_vm_options){ .nr_vcpus = NR_VCPUS, .twin_of = &source });
	must_be(!vmm_move_context(&to, &source), "the move to another process");
	for (i = 0; i < NR_VCPUS; i++) {
		vmm_vcpu_restore(&to.vcpus[i], &old->states[i]);
		to.vcpus[i].at_doorbell = true;
		if (old->ran[i])
			vmm_vcpu_go(&to.vcpus[i]);
	}
	flight->prove(&to.vcpus[0], &to.vcpus[1]);
	must_be(vmm_guest_answers(&to.vcpus[0]) && vmm_guest_answers(&to.vcpus[1]),
		"both vCPUs go on");
	vmm_vm_destroy(&to);
}

/* Map something other than guest memory, or nothing that can be read or written. */
static void replace_memory(uint8_t *memory, bool nothing)
{
	int prot = nothing ? PROT_NONE : PROT_READ | PROT_WRITE;

	must_be(mmap(memory, AGENT_GUEST_BYTES, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		     -1, 0) == memory,
		"other memory where the guest's was");
	if (!nothing)
		memset(memory, CANARY, AGENT_GUEST_BYTES);
}

static void must_be_canary(const uint8_t *memory)
{
	unsigned int i;

	for (i = 0; i < AGENT_GUEST_BYTES; i++) {
		if (memory[i] != CANARY)
			vmm_fail(
				"the new process's own memory changed at guest address 0x%x of the old one's map",
				i);
	}
}

FIXTURE(process) {
	struct legacy old;
};

FIXTURE_VARIANT(process) {
	struct flight flight;
	bool nothing;		/* no memory is where the old VMM had the guest's */
};

FIXTURE_VARIANT_ADD(process, in) {
	.flight = { .begin = begin_in, .prove = gets_value },
};

FIXTURE_VARIANT_ADD(process, in_and_state_is_read) {
	.flight = { .begin = begin_in, .prove = state_shows_value },
};

FIXTURE_VARIANT_ADD(process, out) {
	.flight = { .begin = begin_out, .prove = goes_on },
};

FIXTURE_VARIANT_ADD(process, ins) {
	.flight = { .begin = begin_ins, .prove = gets_string },
};

FIXTURE_VARIANT_ADD(process, outs) {
	.flight = { .begin = begin_outs, .prove = is_handled },
};

FIXTURE_VARIANT_ADD(process, ins_outside_the_ghcb) {
	.flight = { .begin = begin_ins_outside, .prove = gets_string_outside },
};

FIXTURE_VARIANT_ADD(process, outs_outside_the_ghcb) {
	.flight = { .begin = begin_outs_outside, .prove = is_handled },
};

FIXTURE_VARIANT_ADD(process, mmio_read) {
	.flight = { .begin = begin_mmio_read, .prove = gets_value },
};

FIXTURE_VARIANT_ADD(process, mmio_write) {
	.flight = { .begin = begin_mmio_write, .prove = goes_on },
};

FIXTURE_VARIANT_ADD(process, rdmsr) {
	.flight = { .begin = begin_rdmsr, .prove = gets_value },
};

FIXTURE_VARIANT_ADD(process, hold_by_page) {
	.flight = { .begin = begin_hold_by_page, .prove = is_woken_by_page },
};

FIXTURE_VARIANT_ADD(process, hold_by_msr) {
	.flight = { .begin = begin_hold_by_msr, .prove = is_woken_by_msr },
};

FIXTURE_VARIANT_ADD(process, in_to_where_no_memory_is) {
	.flight = { .begin = begin_in, .prove = gets_value }, .nothing = true,
};

FIXTURE_SETUP(process)
{
	begin(&self->old, &variant->flight);
}

FIXTURE_TEARDOWN(process)
{
}

/*
 * A forked process has the old one's memory at the old address, until it maps something else there.
 */
TEST_F_TIMEOUT(process, answers_in_its_own_memory, 120)
{
	uint8_t *place = self->old.vm.memory;
	int status;
	pid_t pid = fork();

	if (!pid) {
		replace_memory(place, variant->nothing);
		take_over(&self->old, &variant->flight);
		if (!variant->nothing)
			must_be_canary(place);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

#define NR_FDS	2

union control {
	struct cmsghdr head;
	char space[CMSG_SPACE(NR_FDS * sizeof(int))];
};

static struct msghdr message(struct iovec *data, union control *control)
{
	return (struct msghdr){ .msg_iov = data, .msg_iovlen = 1, .msg_control = control,
				.msg_controllen = sizeof(*control) };
}

static void hand_over(int socket, struct legacy *old)
{
	struct iovec data = { .iov_base = old, .iov_len = sizeof(*old) };
	union control control = { };
	struct msghdr msg = message(&data, &control);
	int fds[NR_FDS] = { old->vm.fd, old->memory_fd };

	control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(fds)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), fds, sizeof(fds));
	must_be(sendmsg(socket, &msg, 0) == sizeof(*old), "the old VMM hands the guest over");
}

static void inherit(int socket, struct legacy *old)
{
	struct iovec data = { .iov_base = old, .iov_len = sizeof(*old) };
	union control control = { };
	struct msghdr msg = message(&data, &control);
	int fds[NR_FDS];

	must_be(recvmsg(socket, &msg, MSG_WAITALL) == sizeof(*old),
		"the new VMM is handed a guest");
	memcpy(fds, CMSG_DATA(&control.head), sizeof(fds));
	old->vm.fd = fds[0];
	old->memory_fd = fds[1];
}

FIXTURE(programs) {
};

FIXTURE_SETUP(programs)
{
}

FIXTURE_TEARDOWN(programs)
{
}

/* Two programs that share nothing but a socket.  The old one has ended before the move. */
TEST_F_TIMEOUT(programs, hand_a_guest_over_a_socket, 120)
{
	static const struct flight flight = { .begin = begin_in, .prove = gets_value };
	struct legacy old;
	int sockets[2], status;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	pid = fork();
	if (!pid) {
		close(sockets[0]);
		begin(&old, &flight);
		hand_over(sockets[1], &old);
		_exit(0);
	}
	close(sockets[1]);
	inherit(sockets[0], &old);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	take_over(&old, &flight);
}

/*
 * One guest, its memory at three addresses; VMs that it passes through, each of which maps it at
 * the next one.
 */
struct chain {
	int memory_fd;
	uint8_t *memory[3];
	struct vmm_vm vms[3];
	struct vmm_vm_options options;
};

#define ROUNDS		12
#define SCRAP_BYTES	(64ull << 30)
#define SCRAPS		24

/*
 * Use up free addresses, because the kernel reuses freed addresses only when enough of them are
 * free.
 */
static void use_up_addresses(struct vmm_vm *vm)
{
	struct kvm_userspace_memory_region slot = {
		.slot = 1, .flags = KVM_MEM_LOG_DIRTY_PAGES, .guest_phys_addr = SCRAP_BYTES,
	};
	unsigned int i;

	slot.userspace_addr = (uintptr_t)mmap(NULL, SCRAP_BYTES, PROT_READ,
					      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	must_be(slot.userspace_addr != (uintptr_t)MAP_FAILED, "addresses for a large memory slot");
	for (i = 0; i < 2 * SCRAPS; i++) {
		slot.memory_size = i % 2 ? 0 : SCRAP_BYTES;
		must_be(!ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot),
			"a large memory slot comes and goes");
	}
	munmap((void *)slot.userspace_addr, SCRAP_BYTES);
}

static void map_chain(struct chain *chain)
{
	unsigned int i;

	chain->memory_fd = memfd_create("guest", 0);
	must_be(chain->memory_fd > 0 && !ftruncate(chain->memory_fd, AGENT_GUEST_BYTES),
		"a file for the guest's memory");
	for (i = 0; i < 3; i++) {
		chain->memory[i] = mmap(NULL, AGENT_GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
					chain->memory_fd, 0);
		must_be(chain->memory[i] != MAP_FAILED, "the guest's memory at another address");
	}
}

/* Move the guest to the next VM of the chain, and close the VM that had it. */
static void move_on(struct chain *chain, unsigned int from, unsigned int to)
{
	struct vmm_vm place = { .memory = chain->memory[to] }, *old = &chain->vms[from],
		      *new = &chain->vms[to];
	struct vmm_vcpu_state state;

	chain->options.twin_of = &place;
	vmm_vm_create(new, &chain->options);
	vmm_vcpu_save(&old->vcpus[0], &state);
	must_be(!vmm_move_context(new, old), "the move to the next VM");
	vmm_vm_close(old);
	vmm_vcpu_restore(&new->vcpus[0], &state);
	new->vcpus[0].at_doorbell = true;
}

static void put_memory(struct chain *chain, unsigned int i)
{
	must_be(mmap(chain->memory[i], AGENT_GUEST_BYTES, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_FIXED, chain->memory_fd, 0) == chain->memory[i],
		"the guest's memory at its old address");
}

FIXTURE(chain) {
	struct chain chain;
};

FIXTURE_SETUP(chain)
{
	struct chain *chain = &self->chain;

	map_chain(chain);
	chain->options = (struct vmm_vm_options){ .nr_vcpus = 1, .memory_fd = chain->memory_fd };
	vmm_vm_create(&chain->vms[0], &chain->options);
	chain->memory[0] = chain->vms[0].memory;
	vmm_vm_launch(&chain->vms[0]);
	vmm_boot(&chain->vms[0]);
}

FIXTURE_TEARDOWN(chain)
{
}

/*
 * The guest makes a request in the first VM and none in the second, and the third can lie where the
 * first one lay in the kernel's memory.  Nothing known of the first may be mistaken for the
 * third's.
 */
TEST_F_TIMEOUT(chain, of_moves_uses_no_address_of_an_earlier_vm, 300)
{
	struct chain *chain = &self->chain;
	unsigned int round, a = 0, b, c;

	for (round = 0; round < ROUNDS; round++, a = c) {
		b = (a + 1) % 3;
		c = (a + 2) % 3;
		must_be(vmm_guest_answers(&chain->vms[a].vcpus[0]),
			"the guest is served in the first VM");
		move_on(chain, a, b);
		replace_memory(chain->memory[a], false);
		use_up_addresses(&chain->vms[b]);
		move_on(chain, b, c);
		must_be(vmm_guest_answers(&chain->vms[c].vcpus[0]),
			"the guest is served in the third VM");
		must_be_canary(chain->memory[a]);
		put_memory(chain, a);
	}
	vmm_vm_close(&chain->vms[a]);
}

TEST_HARNESS_MAIN
