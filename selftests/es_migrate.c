// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A guest with parked and running APs migrates to another VM by the firmware's commands, and
 *	continues there; a packet that is wrong, tampered with, out of order or too short is
 *	rejected and leaves the source as it was.
 * Source: AMD 55766 SEV API, chapter "Guest Migration"; include/uapi/linux/kvm_amd_es.h.
 * Why it matters: Without its vCPUs' registers an SEV-ES guest cannot leave its host.
 * Not covered: Certificates that AMD signed.
 * Fails with: stock kvm_amd: KVM_SEV_SEND_UPDATE_VMSA and KVM_SEV_RECEIVE_UPDATE_VMSA give EINVAL.
 */
#include <kselftest_harness.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "ap.h"
#include "env.h"
#include "migrate.h"

#define CPUID_OSXSAVE		(1u << 27)
#define SECRET			0x5ec7e7c0ffee1234ull
#define FW_INVALID_GUEST_STATE	0x02
#define FW_INVALID_LENGTH	0x04
#define FW_BAD_MEASUREMENT	0x0b

enum { BSP, BY_PAGE, BY_MSR, BUSY, NR_VCPUS };

/* The role of the target at its end of the line. */
enum role {
	TAKE_GUEST, DIE_IN_THE_MIDDLE, LOSE_THE_SOURCE, REFUSE_PACKETS, REFUSE_KEYS, HOST_DIES
};

struct migration {
	struct vmm_vm vm;
	struct vmm_vm_options options;
	struct vmm_link link;
};

FIXTURE(migrate) {
	struct migration m;
};

FIXTURE_VARIANT(migrate) {
	unsigned int ghcb_version;
};

FIXTURE_VARIANT_ADD(migrate, es_init) { .ghcb_version = 0 };
FIXTURE_VARIANT_ADD(migrate, init2) { .ghcb_version = ES_GHCB_DEFAULT };

/*
 * Return CPUID 1, ECX: OSXSAVE, which KVM derives from CR4.  Without it no operating system's
 * program uses AVX.
 */
static bool has_osxsave(struct vmm_vcpu *vcpu)
{
	vmm_order(vcpu, AGENT_CPUID, 1, 0);
	return vmm_mailbox(vcpu)->out[2] & CPUID_OSXSAVE;
}

static void start_guest(struct migration *self)
{
	struct vmm_vcpu *vcpus = self->vm.vcpus;
	unsigned int i;

	vmm_vm_create(&self->vm, &self->options);
	vmm_vm_launch(&self->vm);
	for (i = 1; i < NR_VCPUS; i++)
		vmm_boot_ap(&vcpus[BSP], &vcpus[i]);
	if (!has_osxsave(&vcpus[BSP]))
		vmm_fail("the guest has no OSXSAVE before its migration");
	vmm_order(&vcpus[BSP], AGENT_WRITE8, AGENT_SPARE_GPA, ~SECRET);
	vmm_request(&vcpus[BSP], SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_SET,
		    AGENT_SPARE_GPA + 0x1000);
	vmm_send(&vcpus[BSP]);
	vmm_park(&vcpus[BY_PAGE], false);
	vmm_park(&vcpus[BY_MSR], true);
	vmm_order_start(&vcpus[BUSY], AGENT_FLOOD, AGENT_FLOOD_NOTHING, 0);
	if (vmm_parked_mp_state(&vcpus[BY_PAGE]) != KVM_MP_STATE_AP_RESET_HOLD ||
	    vmm_parked_mp_state(&vcpus[BY_MSR]) != KVM_MP_STATE_AP_RESET_HOLD)
		vmm_fail("the APs do not park");
}

static bool check(bool good, const char *what)
{
	if (!good)
		printf("# the guest after its migration: wrong: %s\n", what);
	return good;
}

static bool is_busy(struct vmm_vcpu *vcpu)
{
	uint64_t *count = &vmm_mailbox(vcpu)->out[0], before = shared_read(count);
	unsigned int tries;

	for (tries = 0; tries < 200 && shared_read(count) == before; tries++)
		vmm_sleep_ms(10);
	return shared_read(count) != before;
}

static bool wakes(struct vmm_vm *vm, unsigned int nr, bool by_msr)
{
	vmm_send_init_sipi(&vm->vcpus[BSP], &vm->vcpus[nr], 0x10);
	vmm_vcpu_wait(&vm->vcpus[nr], "INIT and SIPI end the hold");
	return vmm_woken_by_sipi(&vm->vcpus[nr], by_msr) && vmm_guest_answers(&vm->vcpus[nr]);
}

static bool comes_back(struct vmm_vcpu *vcpu)
{
	vmm_mailbox(vcpu)->order = AGENT_NOTHING;
	vmm_vcpu_wait(vcpu, "the busy vCPU stops when it is told to");
	return true;
}

/* Check that the guest has everything that it had, and that each vCPU continues where it was. */
static bool guest_is_whole(struct vmm_vm *vm)
{
	struct vmm_vcpu *bsp = &vm->vcpus[BSP];
	bool good = check(vmm_guest_answers(bsp), "the BSP's answers");
	unsigned int i;

	vmm_order(bsp, AGENT_READ8, AGENT_SPARE_GPA, 0);
	good &= check(vmm_mailbox(bsp)->out[0] == SECRET, "private memory");
	vmm_request(bsp, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_GET, 0);
	vmm_send(bsp);
	good &= check(vmm_info2(bsp) == AGENT_SPARE_GPA + 0x1000, "the jump table");
	good &= check(vmm_vcpu_mp_state(&vm->vcpus[BY_PAGE]) == KVM_MP_STATE_AP_RESET_HOLD,
		      "hold by the page");
	good &= check(vmm_vcpu_mp_state(&vm->vcpus[BY_MSR]) == KVM_MP_STATE_AP_RESET_HOLD,
		      "hold by the MSR");
	good &= check(is_busy(&vm->vcpus[BUSY]), "the running vCPU");
	good &= check(wakes(vm, BY_PAGE, false), "waking from the hold by the page");
	good &= check(wakes(vm, BY_MSR, true), "waking from the hold by the MSR");
	good &= check(comes_back(&vm->vcpus[BUSY]) && vmm_guest_answers(&vm->vcpus[BUSY]),
		      "stopping the running vCPU");
	good &= check(vmm_mailbox(&vm->vcpus[BY_PAGE])->starts == 1, "an AP was started again");
	for (i = 0; i < NR_VCPUS; i++)
		good &= check(has_osxsave(&vm->vcpus[i]), "OSXSAVE in CPUID");
	return good;
}

/* The roles of the target, each in a separate process. */
static struct vmm_vm vm;

static bool get_memory(struct vmm_link *link, struct vmm_vm_options *options)
{
	return vmm_get(link, options, sizeof(*options)) && vmm_target_begin(&vm, link, options) &&
	       vmm_target_memory(&vm, link);
}

static bool take_guest(struct vmm_link *link)
{
	struct vmm_vm_options options;

	return get_memory(link, &options) && vmm_target_finish(&vm, link) && guest_is_whole(&vm);
}

static bool die_in_the_middle(struct vmm_link *link)
{
	struct vmm_vm_options options;

	if (get_memory(link, &options))
		kill(getpid(), SIGKILL);
	return false;
}

/* Kill the whole host, if there are two, without any cleanup. */
static void die_with_host(const struct vmm_link *link)
{
	int fd = link->remote ? open("/proc/sysrq-trigger", O_WRONLY) : -1;

	if (fd >= 0 && write(fd, "b", 1) != 1)
		vmm_fail("this host cannot be killed: %m");
	kill(getpid(), SIGKILL);
}

static bool host_dies(struct vmm_link *link)
{
	struct vmm_vm_options options;

	if (get_memory(link, &options))
		die_with_host(link);
	return false;
}

/*
 * Lose the source when the target has memory and no registers: its VM can be closed, and another
 * one created.
 */
static bool lose_the_source(struct vmm_link *link)
{
	struct vmm_vm_options options;
	bool good = get_memory(link, &options) && !vmm_target_finish(&vm, link);

	vmm_vm_destroy(&vm);
	vmm_vm_create(&vm, &options);
	vmm_vm_launch(&vm);
	vmm_boot(&vm);
	return good && vmm_guest_answers(&vm.vcpus[BSP]);
}

static int debug_guest(uint32_t control)
{
	return ioctl(vm.vcpus[BSP].fd, KVM_SET_GUEST_DEBUG,
		     &(struct kvm_guest_debug){ .control = control });
}

/*
 * Accept memory, then packets of registers: spoiled ones first, which the source sends on purpose.
 */
static bool refuse_packets(struct vmm_link *link)
{
	struct vmm_vm_options options;
	struct vmm_packet packet;
	uint32_t fw_error;
	bool good = get_memory(link, &options);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		good &= vmm_get(link, &packet, sizeof(packet));
		good &= vmm_receive_vmsa(&vm.vcpus[BSP], &packet, &fw_error) == -EIO &&
			fw_error == FW_BAD_MEASUREMENT;
	}
	good &= vmm_get(link, &packet, sizeof(packet));
	good &= !debug_guest(KVM_GUESTDBG_ENABLE) &&
		vmm_receive_vmsa(&vm.vcpus[BSP], &packet, &fw_error) == -EINVAL && !debug_guest(0);
	good &= !vmm_receive_vmsa(&vm.vcpus[BSP], &packet, &fw_error);
	good &= vmm_receive_vmsa(&vm.vcpus[BSP], &packet, &fw_error) == -EINVAL;
	return good;
}

/* Reject packets for another platform, or for keys that this one does not have any more. */
static bool refuse_keys(struct vmm_link *link)
{
	struct vmm_vm_options options;
	uint32_t fw_error = 0;

	return vmm_get(link, &options, sizeof(options)) &&
	       vmm_target_try(&vm, link, &options, !link->remote, &fw_error) == -EIO &&
	       fw_error == FW_BAD_MEASUREMENT;
}

static const vmm_role_fn roles[] = {
	[TAKE_GUEST] = take_guest, [DIE_IN_THE_MIDDLE] = die_in_the_middle,
	[LOSE_THE_SOURCE] = lose_the_source, [REFUSE_PACKETS] = refuse_packets,
	[REFUSE_KEYS] = refuse_keys, [HOST_DIES] = host_dies,
};

static void start_target(struct migration *self, enum role role)
{
	vmm_link_ask(&self->link, role);
	if (!vmm_put(&self->link, &self->options, sizeof(self->options)))
		vmm_fail("the target does not answer");
}

static bool target_is_content(struct migration *self)
{
	return vmm_link_content(&self->link);
}

static void begin(struct migration *self, unsigned int ghcb_version)
{
	signal(SIGPIPE, SIG_IGN);
	self->options = (struct vmm_vm_options){
		.nr_vcpus = NR_VCPUS, .ghcb_version = ghcb_version, .small_pages = true,
	};
	vmm_link_open(&self->link, roles, ARRAY_SIZE(roles));
}

static void end(struct migration *self)
{
	target_is_content(self);
	vmm_link_close(&self->link);
	vmm_vm_destroy(&self->vm);
}

/* Kill this host in the middle of a migration; the test then asks the target for its result. */
static void lose_this_host(void)
{
	static struct migration m;

	begin(&m, ES_GHCB_DEFAULT);
	start_target(&m, LOSE_THE_SOURCE);
	start_guest(&m);
	if (vmm_source_begin(&m.vm, &m.link) && vmm_source_memory(&m.vm, &m.link, false))
		die_with_host(&m.link);
}

/* Play another role in this process.  With two hosts, the other one serves (ES_LINK_SERVES). */
static void __attribute__((constructor)) play_another_part(void)
{
	if (getenv("ES_LINK_SERVES"))
		exit(vmm_link_serve(roles, ARRAY_SIZE(roles)) ? 0 : 1);
	if (getenv("ES_LINK_DIES")) {
		lose_this_host();
		exit(1);
	}
}

FIXTURE_SETUP(migrate)
{
	begin(&self->m, variant->ghcb_version);
}

FIXTURE_TEARDOWN(migrate)
{
	end(&self->m);
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

	start_target(&self->m, TAKE_GUEST);
	start_guest(&self->m);
	ASSERT_TRUE(vmm_source_begin(&self->m.vm, &self->m.link));
	ASSERT_TRUE(vmm_source_memory(&self->m.vm, &self->m.link, false));
	stopped = now_ms();
	ASSERT_TRUE(vmm_source_finish(&self->m.vm, &self->m.link));
	TH_LOG("downtime: %lu ms", now_ms() - stopped);
	EXPECT_TRUE(target_is_content(&self->m));
}

/* The moment does not matter: a vCPU of the source continues after each step that is cancelled. */
TEST_F_TIMEOUT(migrate, a_cancelled_one_leaves_the_guest_whole, 240)
{
	struct vmm_packet packet;

	start_target(&self->m, TAKE_GUEST);
	start_guest(&self->m);
	ASSERT_TRUE(vmm_source_begin(&self->m.vm, &self->m.link));
	ASSERT_TRUE(vmm_source_memory(&self->m.vm, &self->m.link, false));
	vmm_vcpu_pause(&self->m.vm.vcpus[BUSY]);
	EXPECT_EQ(0, vmm_send_vmsa(&self->m.vm.vcpus[BUSY], &packet, NULL));
	EXPECT_EQ(0, vmm_source_cancel(&self->m.vm));
	vmm_vcpu_go(&self->m.vm.vcpus[BUSY]);
	EXPECT_TRUE(guest_is_whole(&self->m.vm));
	EXPECT_FALSE(target_is_content(&self->m));
}

/* Let the target end when it has the memory and no registers. */
static void outlive_target(struct __test_metadata *_metadata, struct migration *m, enum role role)
{
	start_target(m, role);
	start_guest(m);
	ASSERT_TRUE(vmm_source_begin(&m->vm, &m->link));
	ASSERT_TRUE(vmm_source_memory(&m->vm, &m->link, false));
	EXPECT_FALSE(vmm_source_finish(&m->vm, &m->link));
	EXPECT_EQ(0, vmm_source_cancel(&m->vm));
	vmm_vcpu_go(&m->vm.vcpus[BY_PAGE]);
	vmm_vcpu_go(&m->vm.vcpus[BY_MSR]);
	vmm_vcpu_go(&m->vm.vcpus[BUSY]);
	EXPECT_TRUE(guest_is_whole(&m->vm));
}

TEST_F_TIMEOUT(migrate, a_target_that_dies_leaves_the_guest_whole, 240)
{
	outlive_target(_metadata, &self->m, DIE_IN_THE_MIDDLE);
}

TEST_F_TIMEOUT(migrate, a_source_that_goes_away_harms_no_target, 240)
{
	start_target(&self->m, LOSE_THE_SOURCE);
	start_guest(&self->m);
	ASSERT_TRUE(vmm_source_begin(&self->m.vm, &self->m.link));
	ASSERT_TRUE(vmm_source_memory(&self->m.vm, &self->m.link, false));
	EXPECT_TRUE(target_is_content(&self->m));
	EXPECT_EQ(0, vmm_source_cancel(&self->m.vm));
	EXPECT_TRUE(guest_is_whole(&self->m.vm));
}

TEST_F_TIMEOUT(migrate, spoiled_packets_are_refused, 240)
{
	struct vmm_packet packet, spoiled, page;
	struct vmm_vcpu *bsp;

	start_target(&self->m, REFUSE_PACKETS);
	start_guest(&self->m);
	bsp = &self->m.vm.vcpus[BSP];
	ASSERT_TRUE(vmm_source_begin(&self->m.vm, &self->m.link));
	ASSERT_TRUE(vmm_source_memory(&self->m.vm, &self->m.link, false));
	ASSERT_EQ(0, vmm_send_vmsa(bsp, &packet, NULL));
	ASSERT_EQ(0, vmm_send_page(&self->m.vm, AGENT_IMAGE_GPA, &page, NULL));
	spoiled = packet;
	spoiled.data[0x178] ^= 1;
	ASSERT_TRUE(vmm_put(&self->m.link, &spoiled, sizeof(spoiled)));
	spoiled = packet;
	spoiled.hdr[ES_PACKET_HDR_BYTES - 1] ^= 1;
	ASSERT_TRUE(vmm_put(&self->m.link, &spoiled, sizeof(spoiled)));
	ASSERT_TRUE(vmm_put(&self->m.link, &page, sizeof(page)));
	ASSERT_TRUE(vmm_put(&self->m.link, &packet, sizeof(packet)));
	EXPECT_TRUE(target_is_content(&self->m));
	EXPECT_EQ(0, vmm_source_cancel(&self->m.vm));
}

/* Send a packet of one session to a target of another one. */
TEST_F_TIMEOUT(migrate, packets_of_another_session_are_refused, 240)
{
	struct vmm_packet packet, old;
	unsigned int i;

	start_target(&self->m, DIE_IN_THE_MIDDLE);
	start_guest(&self->m);
	ASSERT_TRUE(vmm_source_begin(&self->m.vm, &self->m.link));
	ASSERT_EQ(0, vmm_send_vmsa(&self->m.vm.vcpus[BSP], &old, NULL));
	EXPECT_EQ(0, vmm_source_cancel(&self->m.vm));
	EXPECT_FALSE(target_is_content(&self->m));

	start_target(&self->m, REFUSE_PACKETS);
	ASSERT_TRUE(vmm_source_begin(&self->m.vm, &self->m.link));
	ASSERT_TRUE(vmm_source_memory(&self->m.vm, &self->m.link, false));
	ASSERT_EQ(0, vmm_send_vmsa(&self->m.vm.vcpus[BSP], &packet, NULL));
	for (i = 0; i < 3; i++)
		ASSERT_TRUE(vmm_put(&self->m.link, &old, sizeof(old)));
	ASSERT_TRUE(vmm_put(&self->m.link, &packet, sizeof(packet)));
	EXPECT_TRUE(target_is_content(&self->m));
	EXPECT_EQ(0, vmm_source_cancel(&self->m.vm));
}

TEST_F_TIMEOUT(migrate, what_is_for_another_platform_is_refused, 240)
{
	struct migration *m = &self->m;

	start_target(m, REFUSE_KEYS);
	start_guest(m);
	ASSERT_TRUE(m->link.remote ? vmm_source_begin_for_itself(&m->vm, &m->link) :
				     vmm_source_begin(&m->vm, &m->link));
	EXPECT_TRUE(target_is_content(m));
	EXPECT_EQ(0, vmm_source_cancel(&m->vm));
	EXPECT_TRUE(guest_is_whole(&m->vm));
}

TEST_F_TIMEOUT(migrate, out_of_order_is_refused, 240)
{
	struct vmm_packet packet;
	uint32_t fw_error = 0;

	start_target(&self->m, DIE_IN_THE_MIDDLE);
	vmm_vm_create(&self->m.vm, &self->m.options);
	EXPECT_EQ(-EINVAL, vmm_send_vmsa(&self->m.vm.vcpus[BSP], &packet, NULL));
	EXPECT_EQ(-EBADF, vmm_receive_vmsa(&self->m.vm.vcpus[BSP], &packet, NULL));
	vmm_vm_launch(&self->m.vm);
	EXPECT_EQ(-EIO, vmm_send_vmsa(&self->m.vm.vcpus[BSP], &packet, &fw_error));
	EXPECT_EQ(FW_INVALID_GUEST_STATE, fw_error);
	EXPECT_EQ(-EINVAL, vmm_receive_vmsa(&self->m.vm.vcpus[BSP], &packet, NULL));
	vmm_boot(&self->m.vm);
	EXPECT_FALSE(target_is_content(&self->m));
}

TEST_F_TIMEOUT(migrate, wrong_arguments_are_refused, 240)
{
	struct vmm_packet packet;
	const struct kvm_amd_es_update_vmsa good = {
		.hdr_uaddr = (uintptr_t)packet.hdr, .hdr_len = sizeof(packet.hdr),
		.trans_uaddr = (uintptr_t)packet.data, .trans_len = sizeof(packet.data),
	};
	struct kvm_amd_es_update_vmsa args;
	uint32_t fw_error = 0;

#define SEND_GIVES(errno_, ...) do {							\
	args = good;									\
	__VA_ARGS__;									\
	EXPECT_EQ(errno_, vmm_sev_cmd(&self->m.vm, KVM_AMD_ES_SEND_UPDATE_VMSA, &args,	\
				      &fw_error));					\
} while (0)

	start_target(&self->m, DIE_IN_THE_MIDDLE);
	start_guest(&self->m);
	ASSERT_TRUE(vmm_source_begin(&self->m.vm, &self->m.link));
	SEND_GIVES(-EINVAL, args.vcpu_id = NR_VCPUS);
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
	EXPECT_EQ(-EFAULT, vmm_sev_cmd(&self->m.vm, KVM_AMD_ES_SEND_UPDATE_VMSA, (void *)1, NULL));
	SEND_GIVES(0, args.pad0 = args.pad1 = args.pad2 = ~0u);
	SEND_GIVES(0, (void)0);
	EXPECT_EQ(0, vmm_source_cancel(&self->m.vm));
	EXPECT_TRUE(guest_is_whole(&self->m.vm));
	EXPECT_FALSE(target_is_content(&self->m));
}

/* The last one: there is no target after it. */
FIXTURE(lost_host) {
	struct migration m;
};

FIXTURE_SETUP(lost_host)
{
	begin(&self->m, ES_GHCB_DEFAULT);
}

FIXTURE_TEARDOWN(lost_host)
{
	end(&self->m);
}

TEST_F_TIMEOUT(lost_host, a_target_whose_host_dies_leaves_the_guest_whole, 240)
{
	outlive_target(_metadata, &self->m, HOST_DIES);
}

TEST_HARNESS_MAIN
