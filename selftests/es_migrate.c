// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A guest with parked and running APs migrates to another VM through the firmware's own commands, and
 *	runs on there; what is wrong, tampered with, out of order or cut short is refused and leaves the source
 *	as it was.
 * Source: AMD 55766 SEV API, chapter "Guest Migration"; include/uapi/kvm_amd_es.h.
 * Why it matters: Without its vCPUs' registers an SEV-ES guest cannot leave its host.
 * Not covered: Two hosts with keys of their own; certificates that AMD signed.
 * Fails with: stock kvm_amd: KVM_SEV_SEND_UPDATE_VMSA and KVM_SEV_RECEIVE_UPDATE_VMSA give EINVAL.
 */
#include <kselftest_harness.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ap.h"
#include "env.h"
#include "migrate.h"

#define SECRET			0x5ec7e7c0ffee1234ull
#define FW_INVALID_GUEST_STATE	0x02
#define FW_INVALID_LENGTH	0x04
#define FW_BAD_MEASUREMENT	0x0b

enum { BSP, BY_PAGE, BY_MSR, BUSY, NR_VCPUS };

/* What the target does with its end of the line; false: something was not as it must be. */
typedef bool (*role_fn)(struct es_vm *vm, int link, const struct es_vm_options *options);

struct migration {
	struct es_vm vm;
	struct es_vm_options options;
	int link;
	pid_t target;
};

FIXTURE(migrate) {
	struct migration m;
};

FIXTURE_VARIANT(migrate) {
	unsigned int ghcb_version;
};

FIXTURE_VARIANT_ADD(migrate, es_init) { .ghcb_version = 0 };
FIXTURE_VARIANT_ADD(migrate, init2) { .ghcb_version = ES_GHCB_DEFAULT };

/* The other end is a process of its own, with a VM of its own. */
static void start_target(struct migration *self, role_fn role)
{
	static struct es_vm vm;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		es_fail("a pair of sockets cannot be made: %m");
	self->target = fork();
	if (self->target) {
		self->link = ends[0];
		close(ends[1]);
		return;
	}
	close(ends[0]);
	_exit(role(&vm, ends[1], &self->options) ? 0 : 1);
}

static bool target_is_content(struct migration *self)
{
	int status = 1;

	close(self->link);
	waitpid(self->target, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static void start_guest(struct migration *self)
{
	struct es_vcpu *vcpus = self->vm.vcpus;
	unsigned int i;

	es_vm_create(&self->vm, &self->options);
	es_vm_launch(&self->vm);
	for (i = 1; i < NR_VCPUS; i++)
		es_boot_ap(&vcpus[BSP], &vcpus[i]);
	es_order(&vcpus[BSP], AGENT_WRITE8, AGENT_SPARE_GPA, ~SECRET);
	es_request(&vcpus[BSP], SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_SET, AGENT_SPARE_GPA + 0x1000);
	es_send(&vcpus[BSP]);
	es_park(&vcpus[BY_PAGE], false);
	es_park(&vcpus[BY_MSR], true);
	es_order_start(&vcpus[BUSY], AGENT_FLOOD, AGENT_FLOOD_NOTHING, 0);
	if (es_parked_mp_state(&vcpus[BY_PAGE]) != KVM_MP_STATE_AP_RESET_HOLD ||
	    es_parked_mp_state(&vcpus[BY_MSR]) != KVM_MP_STATE_AP_RESET_HOLD)
		es_fail("the APs do not park");
}

FIXTURE_SETUP(migrate)
{
	signal(SIGPIPE, SIG_IGN);
	self->m.options = (struct es_vm_options){
		.nr_vcpus = NR_VCPUS, .ghcb_version = variant->ghcb_version, .small_pages = true,
	};
}

FIXTURE_TEARDOWN(migrate)
{
	es_vm_destroy(&self->m.vm);
}

static bool check(bool good, const char *what)
{
	if (!good)
		printf("# the guest after its migration: wrong: %s\n", what);
	return good;
}

static bool is_busy(struct es_vcpu *vcpu)
{
	uint64_t *count = &es_mailbox(vcpu)->out[0], before = shared_read(count);
	unsigned int tries;

	for (tries = 0; tries < 200 && shared_read(count) == before; tries++)
		es_sleep_ms(10);
	return shared_read(count) != before;
}

static bool wakes(struct es_vm *vm, unsigned int nr, bool by_msr)
{
	es_send_init_sipi(&vm->vcpus[BSP], &vm->vcpus[nr], 0x10);
	es_vcpu_wait(&vm->vcpus[nr], "INIT and SIPI end the hold");
	return es_woken_by_sipi(&vm->vcpus[nr], by_msr) && es_guest_answers(&vm->vcpus[nr]);
}

static bool comes_back(struct es_vcpu *vcpu)
{
	es_mailbox(vcpu)->order = AGENT_NOTHING;
	es_vcpu_wait(vcpu, "the busy vCPU stops when it is told to");
	return true;
}

/* Everything that the guest had, and that each vCPU goes on where it was. */
static bool guest_is_whole(struct es_vm *vm)
{
	struct es_vcpu *bsp = &vm->vcpus[BSP];
	bool good = check(es_guest_answers(bsp), "the BSP's answers");

	es_order(bsp, AGENT_READ8, AGENT_SPARE_GPA, 0);
	good &= check(es_mailbox(bsp)->out[0] == SECRET, "private memory");
	es_request(bsp, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_GET, 0);
	es_send(bsp);
	good &= check(es_info2(bsp) == AGENT_SPARE_GPA + 0x1000, "the jump table");
	good &= check(es_vcpu_mp_state(&vm->vcpus[BY_PAGE]) == KVM_MP_STATE_AP_RESET_HOLD, "hold by the page");
	good &= check(es_vcpu_mp_state(&vm->vcpus[BY_MSR]) == KVM_MP_STATE_AP_RESET_HOLD, "hold by the MSR");
	good &= check(is_busy(&vm->vcpus[BUSY]), "the running vCPU");
	good &= check(wakes(vm, BY_PAGE, false), "waking from the hold by the page");
	good &= check(wakes(vm, BY_MSR, true), "waking from the hold by the MSR");
	good &= check(comes_back(&vm->vcpus[BUSY]) && es_guest_answers(&vm->vcpus[BUSY]), "stopping the running vCPU");
	good &= check(es_mailbox(&vm->vcpus[BY_PAGE])->starts == 1, "an AP was started again");
	return good;
}

static bool take_guest(struct es_vm *vm, int link, const struct es_vm_options *options)
{
	return es_target_begin(vm, link, options) && es_target_memory(vm, link) &&
	       es_target_finish(vm, link) && guest_is_whole(vm);
}

static unsigned long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ul + t.tv_nsec / 1000000;
}

TEST_F_TIMEOUT(migrate, a_guest_runs_on_in_another_vm, 240)
{
	unsigned long stopped;

	start_target(&self->m, take_guest);
	start_guest(&self->m);
	ASSERT_TRUE(es_source_begin(&self->m.vm, self->m.link));
	ASSERT_TRUE(es_source_memory(&self->m.vm, self->m.link, false));
	stopped = now_ms();
	ASSERT_TRUE(es_source_finish(&self->m.vm, self->m.link));
	TH_LOG("downtime: %lu ms", now_ms() - stopped);
	EXPECT_TRUE(target_is_content(&self->m));
}

/* It does not matter when: a vCPU of the source goes on after each step that is taken back. */
TEST_F_TIMEOUT(migrate, a_cancelled_one_leaves_the_guest_whole, 240)
{
	struct es_packet packet;

	start_target(&self->m, take_guest);
	start_guest(&self->m);
	ASSERT_TRUE(es_source_begin(&self->m.vm, self->m.link));
	ASSERT_TRUE(es_source_memory(&self->m.vm, self->m.link, false));
	es_vcpu_pause(&self->m.vm.vcpus[BUSY]);
	EXPECT_EQ(0, es_send_vmsa(&self->m.vm.vcpus[BUSY], &packet, NULL));
	EXPECT_EQ(0, es_source_cancel(&self->m.vm));
	es_vcpu_go(&self->m.vm.vcpus[BUSY]);
	EXPECT_TRUE(guest_is_whole(&self->m.vm));
	EXPECT_FALSE(target_is_content(&self->m));
}

static bool die_in_the_middle(struct es_vm *vm, int link, const struct es_vm_options *options)
{
	if (es_target_begin(vm, link, options) && es_target_memory(vm, link))
		kill(getpid(), SIGKILL);
	return false;
}

TEST_F_TIMEOUT(migrate, a_target_that_dies_leaves_the_guest_whole, 240)
{
	start_target(&self->m, die_in_the_middle);
	start_guest(&self->m);
	ASSERT_TRUE(es_source_begin(&self->m.vm, self->m.link));
	ASSERT_TRUE(es_source_memory(&self->m.vm, self->m.link, false));
	waitpid(self->m.target, NULL, 0);
	EXPECT_FALSE(es_source_finish(&self->m.vm, self->m.link));
	EXPECT_EQ(0, es_source_cancel(&self->m.vm));
	es_vcpu_go(&self->m.vm.vcpus[BY_PAGE]);
	es_vcpu_go(&self->m.vm.vcpus[BY_MSR]);
	es_vcpu_go(&self->m.vm.vcpus[BUSY]);
	EXPECT_TRUE(guest_is_whole(&self->m.vm));
}

/* The target has memory and no registers: its VM goes away like any other, and another one can be made. */
static bool lose_the_source(struct es_vm *vm, int link, const struct es_vm_options *options)
{
	bool good = es_target_begin(vm, link, options) && es_target_memory(vm, link) &&
		    !es_target_finish(vm, link);

	es_vm_destroy(vm);
	es_vm_create(vm, options);
	es_vm_launch(vm);
	es_boot(vm);
	return good && es_guest_answers(&vm->vcpus[BSP]);
}

TEST_F_TIMEOUT(migrate, a_source_that_goes_away_harms_no_target, 240)
{
	start_target(&self->m, lose_the_source);
	start_guest(&self->m);
	ASSERT_TRUE(es_source_begin(&self->m.vm, self->m.link));
	ASSERT_TRUE(es_source_memory(&self->m.vm, self->m.link, false));
	EXPECT_TRUE(target_is_content(&self->m));
	EXPECT_EQ(0, es_source_cancel(&self->m.vm));
	EXPECT_TRUE(guest_is_whole(&self->m.vm));
}

/* Takes memory, then packets of registers: spoiled ones first, which the source sends on purpose. */
static bool refuse_packets(struct es_vm *vm, int link, const struct es_vm_options *options)
{
	struct es_packet packet;
	uint32_t fw_error;
	bool good = es_target_begin(vm, link, options) && es_target_memory(vm, link);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		good &= read(link, &packet, sizeof(packet)) == sizeof(packet);
		good &= es_receive_vmsa(&vm->vcpus[BSP], &packet, &fw_error) == -EIO &&
			fw_error == FW_BAD_MEASUREMENT;
	}
	good &= read(link, &packet, sizeof(packet)) == sizeof(packet);
	good &= !es_receive_vmsa(&vm->vcpus[BSP], &packet, &fw_error);
	good &= es_receive_vmsa(&vm->vcpus[BSP], &packet, &fw_error) == -EINVAL;
	return good;
}

TEST_F_TIMEOUT(migrate, spoiled_packets_are_refused, 240)
{
	struct es_packet packet, spoiled, page;
	struct es_vcpu *bsp;

	start_target(&self->m, refuse_packets);
	start_guest(&self->m);
	bsp = &self->m.vm.vcpus[BSP];
	ASSERT_TRUE(es_source_begin(&self->m.vm, self->m.link));
	ASSERT_TRUE(es_source_memory(&self->m.vm, self->m.link, false));
	ASSERT_EQ(0, es_send_vmsa(bsp, &packet, NULL));
	ASSERT_EQ(0, es_send_page(&self->m.vm, AGENT_IMAGE_GPA, &page, NULL));
	spoiled = packet;
	spoiled.data[0x178] ^= 1;
	ASSERT_EQ(sizeof(spoiled), write(self->m.link, &spoiled, sizeof(spoiled)));
	spoiled = packet;
	spoiled.hdr[ES_PACKET_HDR_BYTES - 1] ^= 1;
	ASSERT_EQ(sizeof(spoiled), write(self->m.link, &spoiled, sizeof(spoiled)));
	ASSERT_EQ(sizeof(page), write(self->m.link, &page, sizeof(page)));
	ASSERT_EQ(sizeof(packet), write(self->m.link, &packet, sizeof(packet)));
	EXPECT_TRUE(target_is_content(&self->m));
	EXPECT_EQ(0, es_source_cancel(&self->m.vm));
}

/* A packet of one session, brought to a target of another one. */
TEST_F_TIMEOUT(migrate, packets_of_another_session_are_refused, 240)
{
	struct es_packet packet, old;
	unsigned int i;

	start_target(&self->m, die_in_the_middle);
	start_guest(&self->m);
	ASSERT_TRUE(es_source_begin(&self->m.vm, self->m.link));
	ASSERT_EQ(0, es_send_vmsa(&self->m.vm.vcpus[BSP], &old, NULL));
	EXPECT_EQ(0, es_source_cancel(&self->m.vm));
	EXPECT_FALSE(target_is_content(&self->m));

	start_target(&self->m, refuse_packets);
	ASSERT_TRUE(es_source_begin(&self->m.vm, self->m.link));
	ASSERT_TRUE(es_source_memory(&self->m.vm, self->m.link, false));
	ASSERT_EQ(0, es_send_vmsa(&self->m.vm.vcpus[BSP], &packet, NULL));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(sizeof(old), write(self->m.link, &old, sizeof(old)));
	ASSERT_EQ(sizeof(packet), write(self->m.link, &packet, sizeof(packet)));
	EXPECT_TRUE(target_is_content(&self->m));
	EXPECT_EQ(0, es_source_cancel(&self->m.vm));
}

TEST_F_TIMEOUT(migrate, out_of_order_is_refused, 240)
{
	struct es_packet packet;
	uint32_t fw_error = 0;

	start_target(&self->m, die_in_the_middle);
	es_vm_create(&self->m.vm, &self->m.options);
	EXPECT_EQ(-EINVAL, es_send_vmsa(&self->m.vm.vcpus[BSP], &packet, NULL));
	EXPECT_EQ(-EBADF, es_receive_vmsa(&self->m.vm.vcpus[BSP], &packet, NULL));
	es_vm_launch(&self->m.vm);
	EXPECT_EQ(-EIO, es_send_vmsa(&self->m.vm.vcpus[BSP], &packet, &fw_error));
	EXPECT_EQ(FW_INVALID_GUEST_STATE, fw_error);
	EXPECT_EQ(-EINVAL, es_receive_vmsa(&self->m.vm.vcpus[BSP], &packet, NULL));
	es_boot(&self->m.vm);
	EXPECT_FALSE(target_is_content(&self->m));
}

TEST_F_TIMEOUT(migrate, wrong_arguments_are_refused, 240)
{
	struct es_packet packet;
	const struct kvm_amd_es_update_vmsa good = {
		.hdr_uaddr = (uintptr_t)packet.hdr, .hdr_len = sizeof(packet.hdr),
		.trans_uaddr = (uintptr_t)packet.data, .trans_len = sizeof(packet.data),
	};
	struct kvm_amd_es_update_vmsa args;
	uint32_t fw_error = 0;

#define SEND_GIVES(errno_, ...) do {							\
	args = good;									\
	__VA_ARGS__;									\
	EXPECT_EQ(errno_, es_sev_cmd(&self->m.vm, KVM_AMD_ES_SEND_UPDATE_VMSA, &args, &fw_error)); \
} while (0)

	start_target(&self->m, die_in_the_middle);
	start_guest(&self->m);
	ASSERT_TRUE(es_source_begin(&self->m.vm, self->m.link));
	SEND_GIVES(-EINVAL, args.vcpu_id = NR_VCPUS);
	SEND_GIVES(-EINVAL, args.pad = 1);
	SEND_GIVES(-EINVAL, args.hdr_len = 4097);
	SEND_GIVES(-EINVAL, args.trans_len = 4095);
	SEND_GIVES(-EINVAL, args.trans_len = 8192);
	SEND_GIVES(-EFAULT, args.hdr_uaddr = 1);
	SEND_GIVES(-EFAULT, args.trans_uaddr = 1);
	SEND_GIVES(-EIO, args.hdr_len = ES_PACKET_HDR_BYTES - 1);
	EXPECT_EQ(FW_INVALID_LENGTH, fw_error);
	SEND_GIVES(-EIO, args.hdr_len = 0);
	EXPECT_EQ(FW_INVALID_LENGTH, fw_error);
	EXPECT_EQ(ES_PACKET_HDR_BYTES, args.hdr_len);
	EXPECT_EQ(4096, args.trans_len);
	EXPECT_EQ(-EFAULT, es_sev_cmd(&self->m.vm, KVM_AMD_ES_SEND_UPDATE_VMSA, (void *)1, NULL));
	SEND_GIVES(0, (void)0);
	EXPECT_EQ(0, es_source_cancel(&self->m.vm));
	EXPECT_TRUE(guest_is_whole(&self->m.vm));
	EXPECT_FALSE(target_is_content(&self->m));
}

TEST_HARNESS_MAIN
