// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: trace-cmd and perf can read and print each event of the trace system kvm_amd_es, with the
 *	names of states and reasons.
 * Source: Documentation/trace/events.rst of the kernel; libtraceevent, which both use, as the
 *	reference.
 * Why it matters: They read an event's format and the raw record.  A format that calls a function
 *	of the kernel prints in the kernel's trace file, and nowhere else.
 * Not covered: The contents of the events, which the tests of each subject check.
 * Fails with: the module whose formats of es_ap and es_reject called its functions: libtraceevent
 *	prints "[FAILED TO PARSE]" and numbers.
 */
#include <kselftest_harness.h>
#include "ap.h"
#include "env.h"
#include "order.h"
#include "tracefs.h"

#define RECORD		"/tmp/es_trace.dat"
#define NOBODYS_EVENT	0x8000aaaaull

/* Return the output of a trace-cmd command, errors as well. */
static char *output_of(const char *command)
{
	static char text[1 << 20];
	FILE *pipe = popen(command, "r");
	size_t len;

	if (!pipe)
		vmm_fail("%s cannot be started: %m", command);
	len = fread(text, 1, sizeof(text) - 1, pipe);
	text[len] = 0;
	if (WEXITSTATUS(pclose(pipe)) == 127)
		vmm_fail("%s: there is no trace-cmd here", command);
	return text;
}

FIXTURE(events) {
	struct vmm_vm vm;
	struct vmm_vcpu *bsp, *ap;
};

FIXTURE_SETUP(events)
{
	vmm_trace("kvm_amd_es", true);
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 2 });
	self->bsp = &self->vm.vcpus[0];
	self->ap = &self->vm.vcpus[1];
	vmm_vm_launch(&self->vm);
	vmm_boot_ap(self->bsp, self->ap);
}

FIXTURE_TEARDOWN(events)
{
	vmm_vm_destroy(&self->vm);
	remove(RECORD);
}

/*
 * trace-cmd also copies the formats of all events of the kernel, which is slow on an emulated host.
 */
TEST_F_TIMEOUT(events, are_printed_by_trace_cmd_as_by_the_kernel, 300)
{
	char *text;

	vmm_request(self->bsp, NOBODYS_EVENT, 0, 0);
	vmm_send(self->bsp);
	vmm_trace("kvm_amd_es", false);
	EXPECT_EQ(1, vmm_traced("es_ap: vcpu 1 from WAITING to RUNNING by first-sipi"));
	EXPECT_EQ(1, vmm_traced("es_reject: vcpu 0 event 0x8000aaaa reason INVALID_EVENT"));
	output_of("trace-cmd extract -o " RECORD " 2>&1");
	text = output_of("trace-cmd report -i " RECORD " 2>&1");
	EXPECT_NE(NULL, strstr(text, "vcpu 1 from WAITING to RUNNING by first-sipi"));
	EXPECT_NE(NULL, strstr(text, "vcpu 0 event 0x8000aaaa reason INVALID_EVENT"));
	EXPECT_EQ(NULL, strstr(text, "FAILED TO PARSE"))
		TH_LOG("%.4000s", strstr(text, "FAILED TO PARSE"));
}

TEST_HARNESS_MAIN
