// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A command that fails changes nothing: no state of a vCPU or VM, nothing in kvm_run, not a
 *	byte of guest memory.  An exit that the VMM works on completes when the VMM requests it, not
 *	before.
 * Source: include/uapi/linux/kvm_amd_es.h; KVM API, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM and
 *	KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM.
 * Why it matters: A VMM tries, gets an error, and continues with the guest.
 * Not covered: Failures of memory allocation; packets that the firmware rejects (es_migrate.c).
 * Fails with: stock kvm_amd: no command of this module is there, and a move does not reject an exit
 *	in flight.
 */
#include <kselftest_harness.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/psp-sev.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "ap.h"
#include "env.h"
#include "migrate.h"

#define PORT		0x1234
#define LATER		0x1badb002u
#define NR_VCPUS	2
#define RUN_BYTES	0x2000		/* kvm_run, and the page with the data of an IN or OUT */
#define BAD_POINTER	((void *)8)

/*
 * The guest, its first vCPU at an IN that the VMM works on, and other VMs that commands may name.
 */
struct failing {
	struct vmm_vm vm;
	struct vmm_vm twin;		/* where it could move to */
	struct vmm_vcpu *working, *idle;
};

/* The state of a VM that userspace can see without changing it. */
struct seen {
	struct kvm_mp_state mp[NR_VCPUS];
	struct kvm_vcpu_events events[NR_VCPUS];
	struct kvm_lapic_state lapic[NR_VCPUS];
	uint64_t ghcb_msr[NR_VCPUS];
	uint8_t run[NR_VCPUS][RUN_BYTES];
	struct kvm_amd_es_vm vm;
	struct kvm_sev_guest_status status;
	char es_vcpus[512];
	uint64_t memory_hash;
};

static uint64_t hash_of(const uint8_t *memory)
{
	const uint64_t *words = (const void *)memory;
	uint64_t hash = 0xcbf29ce484222325;
	unsigned int i;

	for (i = 0; i < AGENT_GUEST_BYTES / 8; i++)
		hash = (hash ^ words[i]) * 0x100000001b3;
	return hash;
}

static void read_es_vcpus(struct vmm_vm *vm, char *text, size_t size_bytes)
{
	char path[80];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/es_vcpus", getpid(), vm->fd);
	file = fopen(path, "r");
	if (!file)
		vmm_fail("%s cannot be read: %m", path);
	text[fread(text, 1, size_bytes - 1, file)] = 0;
	fclose(file);
}

static void see_vcpu(struct vmm_vcpu *vcpu, struct seen *seen)
{
	unsigned int i = vcpu->nr;

	memcpy(seen->run[i], vcpu->run, RUN_BYTES);
	if (ioctl(vcpu->fd, KVM_GET_MP_STATE, &seen->mp[i]) ||
	    ioctl(vcpu->fd, KVM_GET_VCPU_EVENTS, &seen->events[i]) ||
	    ioctl(vcpu->fd, KVM_GET_LAPIC, &seen->lapic[i]) ||
	    !vmm_get_msr(vcpu, SPEC_MSR_GHCB, &seen->ghcb_msr[i]))
		vmm_fail("the state of vCPU %u cannot be read: %m", i);
}

static void see(struct vmm_vm *vm, struct seen *seen)
{
	unsigned int i;

	memset(seen, 0, sizeof(*seen));
	for (i = 0; i < NR_VCPUS; i++)
		see_vcpu(&vm->vcpus[i], seen);
	seen->vm.flags = 0;
	if (vmm_get_vm_state(vm, &seen->vm) ||
	    vmm_sev_cmd(vm, KVM_SEV_GUEST_STATUS, &seen->status, NULL))
		vmm_fail("the state of the VM cannot be read: %m");
	read_es_vcpus(vm, seen->es_vcpus, sizeof(seen->es_vcpus));
	seen->memory_hash = hash_of(vm->memory);
}

static int move_from_fd(struct vmm_vm *to, int fd)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, .args[0] = fd };

	return ioctl(to->fd, KVM_ENABLE_CAP, &cap) < 0 ? -errno : 0;
}

static int mirror_from_fd(int to, int fd)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_VM_COPY_ENC_CONTEXT_FROM, .args[0] = fd };

	return ioctl(to, KVM_ENABLE_CAP, &cap) < 0 ? -errno : 0;
}

/* Call TRY with a descriptor that is closed again. */
static int with_fd(int fd, int (*attempt)(struct failing *f, int fd), struct failing *f)
{
	int ret;

	if (fd < 0)
		vmm_fail("a file descriptor for the case: %m");
	ret = attempt(f, fd);
	close(fd);
	return ret;
}

static int new_vm(struct failing *f)
{
	return ioctl(f->vm.kvm_fd, KVM_CREATE_VM, 0);
}

static int move_from(struct failing *f, int fd) { return move_from_fd(&f->twin, fd); }
static int mirror_into(struct failing *f, int fd) { return mirror_from_fd(fd, f->vm.fd); }
static int mirror_of(struct failing *f, int fd) { return mirror_from_fd(f->vm.fd, fd); }

static int move_while_working(struct failing *f) { return move_from_fd(&f->twin, f->vm.fd); }
static int move_from_nothing(struct failing *f) { return move_from_fd(&f->twin, -1); }

static int move_from_a_file(struct failing *f)
{
	return with_fd(open("/dev/null", O_RDWR), move_from, f);
}

static int move_from_itself(struct failing *f) { return move_from_fd(&f->vm, f->vm.fd); }

static int move_from_a_vm_without_sev(struct failing *f)
{
	return with_fd(new_vm(f), move_from, f);
}

static int move_into_an_sev_vm(struct failing *f) { return move_from_fd(&f->vm, f->twin.fd); }

/* Move to a VM that has a vCPU less. */
static int move_into_a_smaller_vm(struct failing *f)
{
	struct vmm_vm small;
	int ret;

	vmm_vm_create(&small, &(struct vmm_vm_options){ .nr_vcpus = 1, .twin_of = &f->vm });
	ret = move_from_fd(&small, f->vm.fd);
	vmm_vm_close(&small);
	return ret;
}

static int mirror_into_a_vm_with_vcpus(struct failing *f)
{
	return mirror_from_fd(f->twin.fd, f->vm.fd);
}

static int mirror_of_nothing(struct failing *f) { return mirror_of(f, -1); }
static int mirror_of_itself(struct failing *f) { return mirror_of(f, f->vm.fd); }

static int mirror_of_a_vm_without_sev(struct failing *f)
{
	return with_fd(new_vm(f), mirror_of, f);
}

/* Create a mirror of the mirror, a second one. */
static int mirror_of_a_mirror(struct failing *f, int mirror)
{
	int ret = mirror_into(f, mirror), fd = new_vm(f);

	if (ret)
		vmm_fail("a mirror of the guest: %s", strerror(-ret));
	ret = mirror_from_fd(fd, mirror);
	close(fd);
	return ret;
}

static int mirror_of_its_mirror(struct failing *f)
{
	return with_fd(new_vm(f), mirror_of_a_mirror, f);
}

static int init_again(struct failing *f) { return vmm_sev_init(&f->vm, 0); }
static int init2_again(struct failing *f) { return vmm_sev_init(&f->vm, ES_GHCB_DEFAULT); }

static int get_working(struct failing *f)
{
	struct kvm_amd_es_vcpu state;

	return vmm_get_vcpu_state(f->working, &state);
}

static struct kvm_amd_es_vcpu other_state(struct vmm_vcpu *vcpu)
{
	return (struct kvm_amd_es_vcpu){
		.vcpu_id = vcpu->nr, .ap_state = KVM_AMD_ES_AP_HELD_NAE,
		.status = KVM_AMD_ES_VCPU_INTERRUPTS_ON, .dr7 = 0x455,
		.cr0 = 0x80000033, .cr4 = 0x620, .efer = 0x500, .xcr0 = 1,
	};
}

static int set_working(struct failing *f)
{
	struct kvm_amd_es_vcpu state = other_state(f->working);

	return vmm_set_vcpu_state(f->working, &state);
}

static int set_vcpu_that_is_not_there(struct failing *f)
{
	struct kvm_amd_es_vcpu state = other_state(f->idle);

	state.vcpu_id = NR_VCPUS;
	return vmm_set_vcpu_state(f->idle, &state);
}

static int set_vcpu_in_no_state(struct failing *f)
{
	struct kvm_amd_es_vcpu state = other_state(f->idle);

	state.ap_state = ~0u;
	return vmm_set_vcpu_state(f->idle, &state);
}

static int set_vcpu_from_nowhere(struct failing *f)
{
	return vmm_sev_cmd(&f->vm, KVM_AMD_ES_SET_VCPU, BAD_POINTER, NULL);
}

static int get_vcpu_to_nowhere(struct failing *f)
{
	return vmm_sev_cmd(&f->vm, KVM_AMD_ES_GET_VCPU, BAD_POINTER, NULL);
}

static int set_vm_with_bad_table(struct failing *f)
{
	struct kvm_amd_es_vm state = { };

	if (vmm_get_vm_state(&f->vm, &state))
		vmm_fail("KVM_AMD_ES_GET_VM failed: %m");
	state.ap_jump_table = AGENT_SPARE_GPA + 1;
	return vmm_set_vm_state(&f->vm, &state);
}

static int set_vm_from_nowhere(struct failing *f)
{
	return vmm_sev_cmd(&f->vm, KVM_AMD_ES_SET_VM, BAD_POINTER, NULL);
}

static int send_before_its_time(struct failing *f)
{
	struct vmm_packet packet;

	return vmm_send_vmsa(f->idle, &packet, NULL);
}

static int receive_what_is_there(struct failing *f)
{
	struct vmm_packet packet = { };

	return vmm_receive_vmsa(f->idle, &packet, NULL);
}

static int send_with_long_header(struct failing *f)
{
	struct vmm_packet packet;
	struct kvm_amd_es_update_vmsa args = {
		.hdr_uaddr = (uintptr_t)packet.hdr, .hdr_len = 4097, .vcpu_id = f->idle->nr,
		.trans_uaddr = (uintptr_t)packet.data, .trans_len = sizeof(packet.data),
	};

	return vmm_sev_cmd(&f->vm, KVM_AMD_ES_SEND_UPDATE_VMSA, &args, NULL);
}

static int send_from_nowhere(struct failing *f)
{
	return vmm_sev_cmd(&f->vm, KVM_AMD_ES_SEND_UPDATE_VMSA, BAD_POINTER, NULL);
}

static int receive_from_nowhere(struct failing *f)
{
	return vmm_sev_cmd(&f->vm, KVM_AMD_ES_RECEIVE_UPDATE_VMSA, BAD_POINTER, NULL);
}

#define WAY(_attempt, _error)	{ #_attempt, _attempt, _error }

static const struct {
	const char *name;
	int (*attempt)(struct failing *f);
	int error;
} ways[] = {
	WAY(move_while_working, EBUSY),
	WAY(move_from_nothing, EBADF),
	WAY(move_from_a_file, EBADF),
	WAY(move_from_itself, EINVAL),
	WAY(move_from_a_vm_without_sev, EINVAL),
	WAY(move_into_an_sev_vm, EINVAL),
	WAY(move_into_a_smaller_vm, EINVAL),
	WAY(mirror_into_a_vm_with_vcpus, EINVAL),
	WAY(mirror_of_nothing, EBADF),
	WAY(mirror_of_itself, EINVAL),
	WAY(mirror_of_a_vm_without_sev, EINVAL),
	WAY(mirror_of_its_mirror, EINVAL),
	WAY(init_again, EINVAL),
	WAY(init2_again, EINVAL),
	WAY(get_working, EBUSY),
	WAY(set_working, EBUSY),
	WAY(set_vcpu_that_is_not_there, EINVAL),
	WAY(set_vcpu_in_no_state, EINVAL),
	WAY(set_vcpu_from_nowhere, EFAULT),
	WAY(get_vcpu_to_nowhere, EFAULT),
	WAY(set_vm_with_bad_table, EINVAL),
	WAY(set_vm_from_nowhere, EFAULT),
	WAY(send_before_its_time, EIO),
	WAY(receive_what_is_there, EINVAL),
	WAY(send_with_long_header, EINVAL),
	WAY(send_from_nowhere, EFAULT),
	WAY(receive_from_nowhere, EFAULT),
};

static void *io_data(struct vmm_vcpu *vcpu)
{
	return (uint8_t *)vcpu->run + vcpu->run->io.data_offset;
}

FIXTURE(unchanged) {
	struct failing f;
};

FIXTURE_SETUP(unchanged)
{
	struct failing *f = &self->f;

	vmm_vm_create(&f->vm, &(struct vmm_vm_options){ .nr_vcpus = NR_VCPUS });
	vmm_vm_create(&f->twin,
		      &(struct vmm_vm_options){ .nr_vcpus = NR_VCPUS, .twin_of = &f->vm });
	f->working = &f->vm.vcpus[0];
	f->idle = &f->vm.vcpus[1];
	vmm_vm_launch(&f->vm);
	vmm_boot_ap(f->working, f->idle);
	vmm_order_start(f->working, AGENT_IN, PORT, 0);
	vmm_vcpu_wait_stop(f->working, "IN exits to userspace");
}

FIXTURE_TEARDOWN(unchanged)
{
	vmm_vm_close(&self->f.twin);
	vmm_vm_destroy(&self->f.vm);
}

/* The second vCPU's doorbell has a pending response: it is not written either. */
TEST_F_TIMEOUT(unchanged, whatever_a_command_fails_for, 120)
{
	struct failing *f = &self->f;
	struct seen before, after;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		see(&f->vm, &before);
		EXPECT_EQ(-ways[i].error, ways[i].attempt(f)) {
			TH_LOG("%s", ways[i].name);
		}
		see(&f->vm, &after);
		EXPECT_EQ(0, memcmp(&before, &after, sizeof(before))) {
			TH_LOG("%s changed something", ways[i].name);
		}
	}
	*(uint32_t *)io_data(f->working) = LATER;
	vmm_vcpu_go(f->working);
	vmm_vcpu_wait(f->working, "the guest goes on after IN");
	EXPECT_EQ(LATER, vmm_mailbox(f->working)->out[0]);
	EXPECT_TRUE(vmm_guest_answers(f->idle));
}

/*
 * Version 1: 16 bytes are two exits.  The vCPU that stops the move comes after one that could have
 * finished.
 */
TEST_F_TIMEOUT(unchanged, when_a_later_vcpu_stops_the_move, 120)
{
	struct failing *f = &self->f;
	uint8_t *ghcb = vmm_request(f->idle, SPEC_NAE_MMIO_READ, AGENT_MMIO_GPA, 16);
	struct seen before, after;

	spec_ghcb_put(ghcb, SPEC_GHCB_SCRATCH, vmm_ghcb_gpa(f->idle) + SPEC_GHCB_BUFFER);
	vmm_order_start(f->idle, AGENT_NAE, 0, 0);
	vmm_vcpu_wait_stop(f->idle, "the first part exits to userspace");
	see(&f->vm, &before);
	EXPECT_EQ(-EBUSY, vmm_move_context(&f->twin, &f->vm));
	see(&f->vm, &after);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	*(uint32_t *)io_data(f->working) = LATER;
	vmm_vcpu_go(f->working);
	vmm_vcpu_wait(f->working, "the guest goes on after IN");
	EXPECT_EQ(LATER, vmm_mailbox(f->working)->out[0]);
}

/*
 * A vCPU that was created after the launch has no encrypted registers; the others' responses stay
 * pending.
 */
TEST_F_TIMEOUT(unchanged, when_a_vcpu_is_not_encrypted, 120)
{
	struct failing *f = &self->f;
	struct seen before, after;
	struct vmm_vm larger;
	int late = ioctl(f->vm.fd, KVM_CREATE_VCPU, NR_VCPUS);

	ASSERT_LE(0, late);
	*(uint32_t *)io_data(f->working) = LATER;
	EXPECT_TRUE(vmm_vcpu_complete_io(f->working));
	vmm_vm_create(&larger,
		      &(struct vmm_vm_options){ .nr_vcpus = NR_VCPUS + 1, .twin_of = &f->vm });
	see(&f->vm, &before);
	EXPECT_EQ(-EINVAL, vmm_move_context(&larger, &f->vm));
	see(&f->vm, &after);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	vmm_vcpu_go(f->working);
	vmm_vcpu_wait(f->working, "the guest goes on after IN");
	EXPECT_EQ(LATER, vmm_mailbox(f->working)->out[0]);
	vmm_vm_close(&larger);
	close(late);
}

TEST_HARNESS_MAIN
