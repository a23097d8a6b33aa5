// SPDX-License-Identifier: GPL-2.0
/*
 * es_bench MARK TIMES [EVENT]: lets a guest make each request TIMES times, under whatever kvm_amd
 * is loaded, and prints one line for each: "bench MARK EVENT TIMES ROUND-TRIP", the median of the
 * guest's RDTSC differences.  MARK counts up; it is also in the requests before and after each
 * batch, so that the platform's counts outside the guest can be assigned to a batch.
 *
 * es_bench count: prints "count EVENT ALLOCATIONS MAPPINGS", for each exit, from the trace events
 * that the job on the host has set up.
 *
 * Guest and VMM do the same under every module.  The main thread handles exits to userspace, with
 * as little work as possible.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "ap.h"
#include "env.h"
#include "order.h"

#define IOAPIC_GPA		0xfec00000
#define PIC_MASK_PORT		0x21
#define PORT			0x1234
#define STRING_BYTES		64
#define MSR_APIC_BASE		0x1b
#define MSR_TSC_ADJUST		0x3b
#define MSR_TSC_DEADLINE	0x6e0
#define UNKNOWN_EVENT		0x8000aaaa
#define HOLD_TIMES		50
#define PARK_MS		1	/* few timer ticks fall into it, and none into most */
#define COUNT_FEW		20
#define COUNT_MANY		120
#define MAX_TIMES		100000

static void io(struct vmm_vcpu *vcpu, uint32_t port, uint32_t flags)
{
	spec_ghcb_put(vmm_request(vcpu, SPEC_EXIT_IOIO,
				  SPEC_IO_PORT(port) | SPEC_IO_BYTES(1) | flags, 0),
		      SPEC_GHCB_RAX, 0xff);
}

static void string_io(struct vmm_vcpu *vcpu, uint32_t flags, uint64_t scratch)
{
	uint64_t info1 = SPEC_IO_PORT(PORT) | SPEC_IO_BYTES(1) | SPEC_IO_STRING | SPEC_IO_REP |
			 SPEC_IO_ADDR64;

	spec_ghcb_put(vmm_request(vcpu, SPEC_EXIT_IOIO, info1 | flags, STRING_BYTES),
		      SPEC_GHCB_SCRATCH, scratch);
}

static void mmio(struct vmm_vcpu *vcpu, uint64_t exit, uint64_t gpa)
{
	spec_ghcb_put(vmm_request(vcpu, exit, gpa, 4), SPEC_GHCB_SCRATCH,
		      vmm_ghcb_gpa(vcpu) + SPEC_GHCB_BUFFER);
}

static void msr(struct vmm_vcpu *vcpu, uint64_t write, uint32_t number)
{
	uint8_t *ghcb = vmm_request(vcpu, SPEC_EXIT_MSR, write, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, number);
	if (write) {
		spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0);
		spec_ghcb_put(ghcb, SPEC_GHCB_RDX, 0);
	}
}

static void cpuid(struct vmm_vcpu *vcpu)
{
	uint8_t *ghcb = vmm_request(vcpu, SPEC_EXIT_CPUID, 0, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, 0);
}

static void rdmsr(struct vmm_vcpu *vcpu) { msr(vcpu, 0, MSR_APIC_BASE); }
static void wrmsr(struct vmm_vcpu *vcpu) { msr(vcpu, 1, MSR_TSC_ADJUST); }
static void wrmsr_deadline(struct vmm_vcpu *vcpu) { msr(vcpu, 1, MSR_TSC_DEADLINE); }
static void wbinvd(struct vmm_vcpu *vcpu) { vmm_request(vcpu, SPEC_EXIT_WBINVD, 0, 0); }

static void jump_table(struct vmm_vcpu *vcpu)
{
	vmm_request(vcpu, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_GET, 0);
}

static void rejected(struct vmm_vcpu *vcpu) { vmm_request(vcpu, UNKNOWN_EVENT, 0, 0); }
static void in_kernel(struct vmm_vcpu *vcpu) { io(vcpu, PIC_MASK_PORT, SPEC_IO_IN); }
static void out_kernel(struct vmm_vcpu *vcpu) { io(vcpu, PIC_MASK_PORT, 0); }
static void in_user(struct vmm_vcpu *vcpu) { io(vcpu, PORT, SPEC_IO_IN); }
static void out_user(struct vmm_vcpu *vcpu) { io(vcpu, PORT, 0); }

static void ins_ghcb(struct vmm_vcpu *vcpu)
{
	string_io(vcpu, SPEC_IO_IN, vmm_ghcb_gpa(vcpu) + SPEC_GHCB_BUFFER);
}

static void outs_ghcb(struct vmm_vcpu *vcpu)
{
	string_io(vcpu, 0, vmm_ghcb_gpa(vcpu) + SPEC_GHCB_BUFFER);
}

static void ins_outside(struct vmm_vcpu *vcpu) { string_io(vcpu, SPEC_IO_IN, AGENT_PLAIN_GPA); }
static void outs_outside(struct vmm_vcpu *vcpu) { string_io(vcpu, 0, AGENT_PLAIN_GPA); }
static void mmio_read_kernel(struct vmm_vcpu *vcpu) { mmio(vcpu, SPEC_NAE_MMIO_READ, IOAPIC_GPA); }

static void mmio_write_kernel(struct vmm_vcpu *vcpu)
{
	mmio(vcpu, SPEC_NAE_MMIO_WRITE, IOAPIC_GPA);
}

static void mmio_read_user(struct vmm_vcpu *vcpu)
{
	mmio(vcpu, SPEC_NAE_MMIO_READ, AGENT_MMIO_GPA);
}

static void mmio_write_user(struct vmm_vcpu *vcpu)
{
	mmio(vcpu, SPEC_NAE_MMIO_WRITE, AGENT_MMIO_GPA);
}

static const struct event {
	const char *name;
	uint64_t msr;				/* a request of the MSR protocol, or */
	void (*prepare)(struct vmm_vcpu *vcpu);	/* what writes the request page */
	/* offset of a field of the page that alternates between 0 and 1 */
	uint64_t toggles;
} events[] = {
	{ .name = "msr-sev-info", .msr = SPEC_MSR_SEV_INFO_REQ },
	{ .name = "msr-cpuid", .msr = SPEC_MSR_CPUID(0, 1) },
	{ .name = "cpuid", .prepare = cpuid },
	{ .name = "rdmsr", .prepare = rdmsr },
	{ .name = "wrmsr", .prepare = wrmsr },
	{ .name = "wrmsr-change", .prepare = wrmsr, .toggles = SPEC_GHCB_RAX },
	{ .name = "wrmsr-deadline", .prepare = wrmsr_deadline },
	{ .name = "wbinvd", .prepare = wbinvd },
	{ .name = "jump-table-get", .prepare = jump_table },
	{ .name = "rejected", .prepare = rejected },
	{ .name = "in-kernel", .prepare = in_kernel },
	{ .name = "out-kernel", .prepare = out_kernel },
	{ .name = "mmio-read-kernel", .prepare = mmio_read_kernel },
	{ .name = "mmio-write-kernel", .prepare = mmio_write_kernel },
	{ .name = "in-user", .prepare = in_user },
	{ .name = "out-user", .prepare = out_user },
	{ .name = "ins-user", .prepare = ins_ghcb },
	{ .name = "outs-user", .prepare = outs_ghcb },
	{ .name = "ins-user-outside", .prepare = ins_outside },
	{ .name = "outs-user-outside", .prepare = outs_outside },
	{ .name = "mmio-read-user", .prepare = mmio_read_user },
	{ .name = "mmio-write-user", .prepare = mmio_write_user },
};

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t median_trip(struct vmm_vm *vm, unsigned int times)
{
	uint32_t *trips = (uint32_t *)(vm->memory + AGENT_TRIPS_GPA);

	qsort(trips, times, sizeof(*trips), compare);
	return trips[times / 2];
}

static void start(struct vmm_vcpu *vcpu, unsigned int mark, const struct event *event,
		  unsigned int times)
{
	struct agent_mailbox *box = vmm_mailbox(vcpu);

	if (event->prepare)
		event->prepare(vcpu);
	box->order = AGENT_REPEAT;
	box->in[0] = (uint64_t)mark << 32 | times;
	box->in[1] = event->msr;
	box->in[2] = event->toggles;
}

/* Run the vCPU up to its doorbell, on this thread: the vCPU's own thread sleeps in the meantime. */
static void run_to_doorbell(struct vmm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	for (;;) {
		if (ioctl(vcpu->fd, KVM_RUN, 0) && errno != EINTR)
			vmm_fail("KVM_RUN failed: %m");
		if (run->exit_reason == KVM_EXIT_IO) {
			if (run->io.port == AGENT_DOORBELL)
				return;
		} else if (run->exit_reason != KVM_EXIT_MMIO) {
			vmm_fail("KVM_RUN ended with exit reason %u", run->exit_reason);
		}
	}
}

static void report(unsigned int mark, const char *name, unsigned int times, uint32_t trip)
{
	printf("bench %u %s %u %u\n", mark, name, times, trip);
	fflush(stdout);
}

static void bench_event(struct vmm_vcpu *vcpu, unsigned int mark, const struct event *event,
			unsigned int times)
{
	start(vcpu, mark, event, times);
	run_to_doorbell(vcpu);
	report(mark, event->name, times, median_trip(vcpu->vm, times));
}

/*
 * Trace events of this program so far: allocations, and the probes of functions that map or pin
 * pages.
 */
struct calls {
	unsigned int allocations, mappings;
};

static void tracefs(const char *name, const char *value)
{
	char path[80];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/%s", name);
	file = fopen(path, "w");
	if (!file || fputs(value, file) == EOF || fclose(file))
		vmm_fail("writing %s to %s failed: %m", value, path);
}

static struct calls traced_calls(void)
{
	FILE *file = fopen("/sys/kernel/tracing/trace", "r");
	struct calls calls = { 0 };
	char line[512];

	if (!file)
		vmm_fail("reading the trace failed: %m");
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '#')
			continue;
		if (strstr(line, ": map_"))
			calls.mappings++;
		else
			calls.allocations++;
	}
	fclose(file);
	return calls;
}

static struct calls count_batch(struct vmm_vcpu *vcpu, const struct event *event,
				unsigned int times)
{
	start(vcpu, 1, event, times);
	tracefs("trace", "");
	tracefs("tracing_on", "1");
	run_to_doorbell(vcpu);
	tracefs("tracing_on", "0");
	return traced_calls();
}

/* Count an event as the difference of two batches, so that the code around them cancels out. */
static void count_event(struct vmm_vcpu *vcpu, const struct event *event)
{
	struct calls few = count_batch(vcpu, event, COUNT_FEW),
		     many = count_batch(vcpu, event, COUNT_MANY);
	double exits = COUNT_MANY - COUNT_FEW;

	printf("count %s %.2f %.2f\n", event->name,
	       (many.allocations - (double)few.allocations) / exits,
	       (many.mappings - (double)few.mappings) / exits);
	fflush(stdout);
}

static void count(struct vmm_vm *vm)
{
	char pid[16];
	unsigned int i;

	snprintf(pid, sizeof(pid), "%d", getpid());
	tracefs("set_event_pid", pid);
	for (i = 0; i < ARRAY_SIZE(events); i++)
		count_event(&vm->vcpus[0], &events[i]);
}

/*
 * Measure from the AP's request to its return: the hold, INIT and SIPI from the boot vCPU, the
 * wake-up.
 */
static void bench_hold(struct vmm_vm *vm, unsigned int mark)
{
	struct vmm_vcpu *bsp = &vm->vcpus[0], *ap = &vm->vcpus[1];
	struct agent_mailbox *box = vmm_mailbox(ap);
	uint32_t trips[HOLD_TIMES];
	unsigned int i;

	for (i = 0; i < HOLD_TIMES; i++) {
		vmm_request(ap, SPEC_NAE_AP_RESET_HOLD, 0, 0);
		vmm_order_start(ap, AGENT_REPEAT, (uint64_t)mark << 32 | 1, 0);
		vmm_sleep_ms(PARK_MS);
		vmm_send_init_sipi(bsp, ap, 0x10);
		vmm_vcpu_wait(ap, "INIT and SIPI end the hold");
		trips[i] = *(uint32_t *)(vm->memory + AGENT_TRIPS_GPA);
	}
	box->order = AGENT_NOTHING;
	qsort(trips, HOLD_TIMES, sizeof(*trips), compare);
	report(mark, "ap-hold-wake", HOLD_TIMES, trips[HOLD_TIMES / 2]);
}

/*
 * Threads of one real-time priority do not preempt each other, so that the order in which they run
 * does not depend on where timer ticks fall.
 */
static void fix_order_of_threads(void)
{
	const struct sched_param lowest = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO, &lowest))
		vmm_fail("sched_setscheduler(SCHED_FIFO) failed: %m");
}

/* Run all events, or the one with that name. */
static void bench(struct vmm_vm *vm, unsigned int mark, unsigned int times, const char *only)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events); i++, mark++) {
		if (!only || !strcmp(only, events[i].name))
			bench_event(&vm->vcpus[0], mark, &events[i], times);
	}
	if (!only)
		bench_hold(vm, mark);
}

int main(int argc, char **argv)
{
	bool counting = argc == 2 && !strcmp(argv[1], "count");
	unsigned int mark = argc > 2 ? atoi(argv[1]) : 0, times = argc > 2 ? atoi(argv[2]) : 0;
	struct vmm_vm vm;

	if (!counting && (!mark || !times || times > MAX_TIMES)) {
		fprintf(stderr,
			"Usage: es_bench MARK TIMES [EVENT] (MARK > 0, TIMES 1 to %u), or es_bench count\n",
			MAX_TIMES);
		return 2;
	}
	if (vmm_env_lacks())
		vmm_fail("%s", vmm_env_lacks());
	vmm_env_print();
	fix_order_of_threads();
	vmm_vm_create(&vm, &(struct vmm_vm_options){ .nr_vcpus = 2 });
	vmm_vm_launch(&vm);
	vmm_boot_ap(&vm.vcpus[0], &vm.vcpus[1]);
	if (counting)
		count(&vm);
	else
		bench(&vm, mark, times, argv[3]);
	vmm_vm_destroy(&vm);
	return 0;
}
