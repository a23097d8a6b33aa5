// SPDX-License-Identifier: GPL-2.0
/*
 * The test that `kvm-amd-es try` runs after it has loaded the module: two small SEV-ES guests on
 * /dev/kvm, one step after the other, as TAP.  The first step that fails ends it.  It needs nothing
 * but this program.
 *
 * Guests and the agent in them are those of the project's kselftests, which test much more.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ap.h"
#include "env.h"

#define SECRET		0x5ec2e7c0de5ec2e7ull
#define NR_STEPS	ARRAY_SIZE(steps)

static const char *doing;
static unsigned int step_nr;

/* End the test; the library calls it, too, hence its name and no rerun line of the source tree. */
void vmm_fail(const char *format, ...)
{
	va_list args;

	printf("not ok %u - %s\n# ", step_nr, doing);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

unsigned int vmm_time_limit_s(void)
{
	return 30;
}

static void want(bool holds, const char *what)
{
	if (!holds)
		vmm_fail("Wanted, and not so: %s.", what);
}

static struct vmm_vm vm, other;

static struct vmm_vcpu *vcpu(unsigned int nr)
{
	return &vm.vcpus[nr];
}

static void launch(void)
{
	vmm_vm_create(&vm, &(struct vmm_vm_options){ .nr_vcpus = 2 });
	vmm_vm_launch(&vm);
	want(vmm_guest_state(&vm) == ES_RUNNING, "the security processor has the guest as running");
}

static void start(void)
{
	vmm_boot(&vm);
	want(vmm_mailbox(vcpu(0))->starts == 1, "the boot vCPU started once");
}

static void ask_by_msr(void)
{
	uint64_t info = vmm_msr_proto(vcpu(0), SPEC_MSR_SEV_INFO_REQ);

	want(SPEC_MSR_INFO(info) == SPEC_MSR_SEV_INFO, "the answer is that to SEV information");
	want(vm.c_bit == 1ull << (info >> 24 & 0x3f), "the guest is told where the C-bit is");
}

static void ask_by_page(void)
{
	want(vmm_guest_answers(vcpu(0)), "CPUID says AuthenticAMD");
}

static void be_refused(void)
{
	vmm_request(vcpu(0), 0xdeadbeef, 0, 0);
	vmm_send(vcpu(0));
	want(vmm_info1(vcpu(0)) != SPEC_HANDLED, "an event that does not exist is refused");
	want(vmm_guest_answers(vcpu(0)), "the guest goes on");
}

static void start_ap(void)
{
	vmm_boot_ap(vcpu(0), vcpu(1));
	want(vmm_mailbox(vcpu(1))->starts == 1, "the AP started once");
}

static void wake_ap(void)
{
	unsigned int by_msr;

	for (by_msr = 0; by_msr < 2; by_msr++) {
		vmm_park(vcpu(1), by_msr);
		want(vmm_parked_mp_state(vcpu(1)) == KVM_MP_STATE_AP_RESET_HOLD, "the AP is held");
		vmm_send_init_sipi(vcpu(0), vcpu(1), 0x10);
		vmm_vcpu_wait(vcpu(1), "the SIPI wakes the AP");
		want(vmm_woken_by_sipi(vcpu(1), by_msr), "the AP is told that a SIPI woke it");
	}
}

static void keep_secret(void)
{
	const uint64_t value = SECRET;

	/* The agent writes the complement, so that the value is in no order. */
	vmm_order(vcpu(0), AGENT_WRITE8, AGENT_SPARE_GPA, ~value);
	want(!memmem(vm.memory, AGENT_GUEST_BYTES, &value, sizeof(value)),
	     "the host does not see it");
	vmm_order(vcpu(0), AGENT_READ8, AGENT_SPARE_GPA, 0);
	want(vmm_mailbox(vcpu(0))->out[0] == value, "the guest reads it back");
}

static void launch_other(void)
{
	vmm_vm_create(&other, &(struct vmm_vm_options){ .nr_vcpus = 1 });
	vmm_vm_launch(&other);
	vmm_boot(&other);
	want(vmm_guest_answers(vcpu(0)) && vmm_guest_answers(&other.vcpus[0]), "both guests work");
	vmm_vm_destroy(&other);
	want(vmm_guest_answers(vcpu(0)), "the first one outlives the other");
}

static void end(void)
{
	vmm_vm_destroy(&vm);
}

static const struct { void (*run)(void); const char *what; } steps[] = {
	{ launch, "a guest with two vCPUs is launched" },
	{ start, "its boot vCPU runs" },
	{ ask_by_msr, "a request through the GHCB MSR is answered" },
	{ ask_by_page, "a request through the GHCB page is answered" },
	{ be_refused, "a malformed request is refused, and the guest goes on" },
	{ start_ap, "the second vCPU is started by its first SIPI" },
	{ wake_ap, "it parks in an AP reset hold and is woken, by either road" },
	{ keep_secret, "what the guest keeps in private memory is not seen by the host" },
	{ launch_other, "a second guest runs beside it and ends" },
	{ end, "the guest ends" },
};

int main(void)
{
	printf("1..%zu\n", NR_STEPS);
	while (step_nr < NR_STEPS) {
		doing = steps[step_nr++].what;
		steps[step_nr - 1].run();
		printf("ok %u - %s\n", step_nr, doing);
		fflush(stdout);
	}
	return 0;
}
