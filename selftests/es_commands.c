// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: This module returns the same error as the stock module for a command of
 *	KVM_MEMORY_ENCRYPT_OP: each command that either kernel knows, those that none knows, and
 *	this module's commands where a VM is not SEV-ES; on a VM without SEV, with SEV, with SEV-ES,
 *	before and after the launch, on mirrors, and on a VM whose guest has moved away.
 * Source: KVM API, KVM_MEMORY_ENCRYPT_OP and amd-memory-encryption.rst; the behaviour of the stock
 *	modules where these are silent (the errors in the table below were read from them, on both
 *	kernels).
 * Why it matters: VMMs and the kernel's tests distinguish kernels and VMs by these errors.
 * Not covered: The effect of commands with good data (es_launch.c, es_migrate.c, es_state.c,
 *	es_secret.c); SNP guests.
 * Fails with: SEND_UPDATE_VMSA and RECEIVE_UPDATE_VMSA, or any command of this module, rejected
 *	with ENOTTY.
 */
#include <kselftest_harness.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include "env.h"
#include "state.h"
#include "../spec/sev_init.h"

enum kind {
	VM_PLAIN, VM_SEV, VM_SEV_RUNNING, VM_ES, VM_ES_RUNNING, VM_MIRROR, VM_ES_MIRROR, VM_MOVED,
	VM_KINDS
};

/*
 * Results that are not in errno.h, because they depend on the module or on the kernel; resolved
 * below.
 */
enum {
	EFFECT = -1,	/* the command needs no data, and would change the VM: not tried */
	/* this module's command for this VM: EFAULT, and EINVAL from the stock module */
	OURS = -2,
	TWICE = -3,	/* initialized already: EBUSY from 6.1, EINVAL from 6.12 */
	NO_SNP = -4,	/* 6.1 does not know the command; ENOTTY from 6.12 */
	/*
	 * 6.12 wants a VM of the type that it introduced with the command; 6.1 has this module's
	 * only: EFAULT
	 */
	NEW_TYPE = -5,
};

/* The result of commands FIRST to LAST without data that can be read. */
static const struct row {
	const char *name;
	uint32_t first, last;
	int want[VM_KINDS];
} rows[] = {
	/* PLAIN, SEV, SEV_RUNNING, ES, ES_RUNNING, MIRROR, ES_MIRROR, MOVED */
	{ "INIT, ES_INIT", 0, 1,
	  { EFFECT, TWICE, TWICE, TWICE, TWICE, EINVAL, EINVAL, EIO } },
	{ "LAUNCH_START, LAUNCH_UPDATE_DATA", 2, 3,
	  { ENOTTY, EFAULT, EFAULT, EFAULT, EFAULT, EINVAL, EINVAL, EIO } },
	{ "LAUNCH_UPDATE_VMSA, no vCPU", 4, 4,
	  { ENOTTY, ENOTTY, ENOTTY, 0, 0, ENOTTY, 0, EIO } },
	{ "LAUNCH_SECRET, LAUNCH_MEASURE", 5, 6,
	  { ENOTTY, EFAULT, EFAULT, EFAULT, EFAULT, EINVAL, EINVAL, EIO } },
	{ "LAUNCH_FINISH", 7, 7,
	  { ENOTTY, EBADF, EIO, EBADF, EIO, EINVAL, EINVAL, EIO } },
	{ "SEND_START, SEND_UPDATE_DATA", 8, 9,
	  { ENOTTY, EFAULT, EFAULT, EFAULT, EFAULT, EINVAL, EINVAL, EIO } },
	{ "SEND_UPDATE_VMSA", 10, 10,
	  { EINVAL, EINVAL, EINVAL, OURS, OURS, EINVAL, EINVAL, EIO } },
	{ "SEND_FINISH", 11, 11,
	  { ENOTTY, EBADF, EIO, EBADF, EIO, EINVAL, EINVAL, EIO } },
	{ "RECEIVE_START", 12, 12,
	  { ENOTTY, EFAULT, EFAULT, EFAULT, EFAULT, EINVAL, EINVAL, EIO } },
	{ "RECEIVE_UPDATE_DATA", 13, 13,
	  { EINVAL, EFAULT, EFAULT, EFAULT, EFAULT, EINVAL, EINVAL, EIO } },
	{ "RECEIVE_UPDATE_VMSA", 14, 14,
	  { EINVAL, EINVAL, EINVAL, OURS, OURS, EINVAL, EINVAL, EIO } },
	{ "RECEIVE_FINISH", 15, 15,
	  { ENOTTY, EBADF, EIO, EBADF, EIO, EINVAL, EINVAL, EIO } },
	{ "GUEST_STATUS", 16, 16,
	  { ENOTTY, EBADF, EFAULT, EBADF, EFAULT, EBADF, EBADF, EIO } },
	{ "DBG_DECRYPT, DBG_ENCRYPT", 17, 18,
	  { ENOTTY, EFAULT, EFAULT, EFAULT, EFAULT, EFAULT, EFAULT, EIO } },
	{ "CERT_EXPORT", 19, 19,
	  { EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EIO } },
	{ "GET_ATTESTATION_REPORT", 20, 20,
	  { ENOTTY, EFAULT, EFAULT, EFAULT, EFAULT, EINVAL, EINVAL, EIO } },
	{ "SEND_CANCEL", 21, 21,
	  { ENOTTY, EBADF, EIO, EBADF, EIO, EINVAL, EINVAL, EIO } },
	{ "INIT2", 22, 22,
	  { NEW_TYPE, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EIO } },
	{ "unknown", 23, 40,
	  { EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EIO } },
	{ "SNP_LAUNCH_START", 100, 100,
	  { NO_SNP, NO_SNP, NO_SNP, NO_SNP, NO_SNP, EINVAL, EINVAL, EIO } },
	{ "SNP_LAUNCH_UPDATE, of no SNP guest", 101, 101,
	  { EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EIO } },
	{ "SNP_LAUNCH_FINISH", 102, 102,
	  { NO_SNP, NO_SNP, NO_SNP, NO_SNP, NO_SNP, EINVAL, EINVAL, EIO } },
	{ "unknown", 103, 103,
	  { EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EIO } },
	{ "GET_API", KVM_AMD_ES_GET_API, KVM_AMD_ES_GET_API,
	  { OURS, OURS, OURS, OURS, OURS, OURS, OURS, EIO } },
	{ "GET_VM to SET_VCPU", KVM_AMD_ES_GET_VM, KVM_AMD_ES_SET_VCPU,
	  { EINVAL, EINVAL, EINVAL, OURS, OURS, EINVAL, OURS, EIO } },
	{ "unknown", KVM_AMD_ES_SET_VCPU + 1, KVM_AMD_ES_SET_VCPU + 1,
	  { EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EIO } },
	{ "unknown", ~0u, ~0u,
	  { EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EIO } },
};

/* Open a VM with what the commands check: file descriptors, no memory, no vCPUs. */
static void open_vm(struct vmm_vm *vm)
{
	memset(vm, 0, sizeof(*vm));
	vm->kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	vm->sev_fd = open("/dev/sev", O_RDWR | O_CLOEXEC);
	vm->fd = ioctl(vm->kvm_fd, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		vmm_fail("KVM_CREATE_VM failed: %m");
}

static void must(int error, const char *what)
{
	if (error)
		vmm_fail("%s failed with errno %d", what, -error);
}

static void take_context(struct vmm_vm *vm, const struct vmm_vm *from, unsigned int capability)
{
	struct kvm_enable_cap cap = { .cap = capability, .args[0] = from->fd };

	if (ioctl(vm->fd, KVM_ENABLE_CAP, &cap))
		vmm_fail("KVM_ENABLE_CAP(%u) failed: %m", capability);
}

static void launch(struct vmm_vm *vm, unsigned int policy)
{
	struct kvm_sev_launch_start start = { .policy = policy };

	must(vmm_sev_cmd(vm, KVM_SEV_LAUNCH_START, &start, NULL), "LAUNCH_START");
	must(vmm_launch_measure(vm), "LAUNCH_MEASURE");
	must(vmm_launch_finish(vm), "LAUNCH_FINISH");
}

FIXTURE(command) {
	struct vmm_vm vm, other;
};

FIXTURE_VARIANT(command) { enum kind kind; };
FIXTURE_VARIANT_ADD(command, of_a_vm_without_sev) { VM_PLAIN };
FIXTURE_VARIANT_ADD(command, of_an_sev_guest_before_launch) { VM_SEV };
FIXTURE_VARIANT_ADD(command, of_an_sev_guest) { VM_SEV_RUNNING };
FIXTURE_VARIANT_ADD(command, of_an_sev_es_guest_before_launch) { VM_ES };
FIXTURE_VARIANT_ADD(command, of_an_sev_es_guest) { VM_ES_RUNNING };
FIXTURE_VARIANT_ADD(command, of_a_mirror_of_an_sev_guest) { VM_MIRROR };
FIXTURE_VARIANT_ADD(command, of_a_mirror_of_an_sev_es_guest) { VM_ES_MIRROR };
FIXTURE_VARIANT_ADD(command, of_a_guest_that_moved_away) { VM_MOVED };

FIXTURE_SETUP(command)
{
	struct vmm_vm *guest = &self->vm;
	enum kind kind = variant->kind;
	bool es = kind == VM_ES || kind == VM_ES_RUNNING || kind == VM_ES_MIRROR ||
		  kind == VM_MOVED;

	open_vm(&self->vm);
	open_vm(&self->other);
	if (kind == VM_MIRROR || kind == VM_ES_MIRROR)
		guest = &self->other;
	if (kind != VM_PLAIN)
		must(vmm_sev_cmd(guest, es ? KVM_SEV_ES_INIT : KVM_SEV_INIT, NULL, NULL),
		     "KVM_SEV_INIT");
	if (kind == VM_SEV_RUNNING || kind == VM_ES_RUNNING)
		launch(guest, es ? ES_POLICY_NODBG | ES_POLICY_ES : ES_POLICY_NODBG);
	if (guest != &self->vm)
		take_context(&self->vm, guest, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM);
	if (kind == VM_MOVED)
		take_context(&self->other, &self->vm, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM);
}

FIXTURE_TEARDOWN(command)
{
	close(self->vm.fd);
	close(self->other.fd);
}

static int told(const struct row *row, enum kind kind, bool new_kernel)
{
	switch (row->want[kind]) {
	case OURS:
		return vmm_env_stock_module() ? EINVAL : EFAULT;
	case TWICE:
		return new_kernel ? EINVAL : EBUSY;
	case NO_SNP:
		return new_kernel ? ENOTTY : EINVAL;
	case NEW_TYPE:
		return new_kernel || vmm_env_stock_module() ? EINVAL : EFAULT;
	default:
		return row->want[kind];
	}
}

/* Return how many results differ from WANT. */
static unsigned int ask(struct vmm_vm *vm, const struct row *row, uint32_t id, int want)
{
	void *const places[] = { NULL, (void *)1, (void *)(1ull << 63) };
	unsigned int i, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		int error = -vmm_sev_cmd(vm, id, places[i], NULL);

		if (error == want)
			continue;
		printf("# command %#x (%s), data at %p: errno %d, wanted %d\n", id, row->name,
		       places[i], error, want);
		fflush(stdout);
		wrong++;
	}
	return wrong;
}

TEST_F_TIMEOUT(command, gets_the_error_of_the_stock_module, 120)
{
	bool new_kernel = vmm_init2_vm_type(self->vm.kvm_fd);
	unsigned int i, asked = 0, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int want = told(&rows[i], variant->kind, new_kernel);
		uint64_t id;

		for (id = rows[i].first; want != EFFECT && id <= rows[i].last; id++, asked++)
			wrong += ask(&self->vm, &rows[i], id, want);
	}
	EXPECT_EQ(0, wrong);
	EXPECT_LE(50, asked);
}

/*
 * There is no command without its structure; without any structure KVM reports whether there is
 * SEV.
 */
TEST_F(command, without_its_structure_is_refused)
{
	int gone = variant->kind == VM_MOVED ? EIO : 0;

	EXPECT_EQ(gone ? -1 : 0, ioctl(self->vm.fd, KVM_MEMORY_ENCRYPT_OP, NULL));
	EXPECT_EQ(-1, ioctl(self->vm.fd, KVM_MEMORY_ENCRYPT_OP, 1));
	EXPECT_EQ(gone ? EIO : EFAULT, errno);
}

TEST_HARNESS_MAIN
