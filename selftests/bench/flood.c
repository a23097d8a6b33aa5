// SPDX-License-Identifier: GPL-2.0
/*
 * es_flood same|other MS ROUNDS: how fast a guest's valid requests are handled while its neighbour,
 * an SEV-ES guest of another process, is idle, computes, makes valid requests, or floods the host
 * with malformed ones of each kind.  "same": both on host CPU 0; "other": the neighbour on host CPU
 * 1, and next to the guest a yardstick, a thread that counts as fast as it can.  Both get the same
 * part of the time that the underlying machine gives to host CPU 0, so their ratio does not depend
 * on that time.
 *
 * One line for each round of MS milliseconds and each neighbour:
 *
 *   flood PLACE NEIGHBOUR responses cpu-us wall-us yardstick yardstick-cpu-us neighbour-exits
 *         neighbour-cpu-us failed-runs log-lines
 *
 * cpu-us is what the host's scheduler charged to the thread that runs the vCPU.  failed-runs:
 * KVM_RUN of the neighbour failed because of its guest; its VMM calls KVM_RUN again.  log-lines:
 * new records in the kernel's log.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "ap.h"
#include "env.h"
#include "order.h"

#define SETTLE_MS	30
#define NOBODYS_EVENT	0x8000aaaaull
#define NOBODYS_MSR	0x12345678
#define NOBODYS_GPA	0xdead0000000ull
#define MSR_HWCR	0xc0010015

static void cpuid(struct vmm_vcpu *vcpu)
{
	uint8_t *ghcb = vmm_request(vcpu, SPEC_EXIT_CPUID, 0, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, 0);
}

static void unknown_event(struct vmm_vcpu *vcpu)
{
	vmm_request(vcpu, NOBODYS_EVENT, 0, 0);
}

static void missing_field(struct vmm_vcpu *vcpu)
{
	spec_ghcb_put(vmm_request(vcpu, SPEC_EXIT_CPUID, 0, 0), SPEC_GHCB_RAX, 0);
}

static void bad_usage(struct vmm_vcpu *vcpu)
{
	cpuid(vcpu);
	*(uint32_t *)((uint8_t *)vmm_mailbox(vcpu) + AGENT_REQUEST_PAGE + SPEC_GHCB_USAGE) = 0xbad;
}

static void bad_scratch(struct vmm_vcpu *vcpu)
{
	spec_ghcb_put(vmm_request(vcpu, SPEC_NAE_MMIO_WRITE, AGENT_MMIO_GPA, 8), SPEC_GHCB_SCRATCH,
		      NOBODYS_GPA);
}

static void unknown_msr(struct vmm_vcpu *vcpu)
{
	spec_ghcb_put(vmm_request(vcpu, SPEC_EXIT_MSR, 0, 0), SPEC_GHCB_RCX, NOBODYS_MSR);
}

static void bad_msr_value(struct vmm_vcpu *vcpu)
{
	uint8_t *ghcb = vmm_request(vcpu, SPEC_EXIT_MSR, 1, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, MSR_HWCR);
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, ~0u);
	spec_ghcb_put(ghcb, SPEC_GHCB_RDX, ~0u);
}

static void bad_jump_table(struct vmm_vcpu *vcpu)
{
	vmm_request(vcpu, SPEC_NAE_AP_JUMP_TABLE, SPEC_JUMP_TABLE_SET, NOBODYS_GPA + 1);
}

static const struct neighbour {
	const char *name;
	enum agent_flood how;
	void (*prepare)(struct vmm_vcpu *vcpu);
	uint64_t msr;
} neighbours[] = {
	{ .name = "idle" },		/* the first one: nothing runs */
	{ .name = "computing", .how = AGENT_FLOOD_NOTHING },
	{ .name = "valid-requests", .prepare = cpuid },
	{ .name = "unknown-event", .prepare = unknown_event },
	{ .name = "missing-field", .prepare = missing_field },
	{ .name = "bad-usage", .prepare = bad_usage },
	{ .name = "bad-scratch", .prepare = bad_scratch },
	{ .name = "bad-jump-table", .prepare = bad_jump_table },
	{ .name = "unknown-msr-request", .how = AGENT_FLOOD_MSR_PROTO, .msr = 0xabc },
	{ .name = "unknown-msr", .prepare = unknown_msr },
	{ .name = "bad-msr-value", .prepare = bad_msr_value },
};

/* A guest that keeps one vCPU busy on one host CPU, and what it did. */
struct guest {
	struct vmm_vm vm;
	pthread_t thread;
	unsigned int failed_runs;
	uint64_t cpu_ns;
};

struct report {
	uint64_t exits, cpu_ns;
	unsigned int failed_runs;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t))
		vmm_fail("reading a clock failed: %m");
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		vmm_fail("host CPU %u cannot be used: %m", cpu);
}

static void boot_guest(struct guest *guest)
{
	vmm_vm_create(&guest->vm, &(struct vmm_vm_options){ .nr_vcpus = 1 });
	vmm_vm_launch(&guest->vm);
	vmm_boot(&guest->vm);
}

static bool at_doorbell(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_IO && run->io.port == AGENT_DOORBELL;
}

/*
 * Run until the doorbell.  The VMM continues whatever happens, which is the worst case for the
 * host.
 */
static void *run_guest(void *arg)
{
	struct guest *guest = arg;
	struct vmm_vcpu *vcpu = &guest->vm.vcpus[0];

	do {
		if (ioctl(vcpu->fd, KVM_RUN, 0) && errno != EINTR)
			guest->failed_runs++;
	} while (!at_doorbell(vcpu->run));
	guest->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

static void start_guest(struct guest *guest, const struct neighbour *what)
{
	struct vmm_vcpu *vcpu = &guest->vm.vcpus[0];
	struct agent_mailbox *box = vmm_mailbox(vcpu);

	if (what->prepare)
		what->prepare(vcpu);
	box->in[0] = what->how;
	box->in[1] = what->msr;
	box->out[0] = 0;
	box->order = AGENT_FLOOD;
	guest->failed_runs = 0;
	vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
	if (pthread_create(&guest->thread, NULL, run_guest, guest))
		vmm_fail("starting a thread failed");
}

static struct report stop_guest(struct guest *guest)
{
	struct agent_mailbox *box = vmm_mailbox(&guest->vm.vcpus[0]);

	shared_write(&box->order, AGENT_NOTHING);
	pthread_join(guest->thread, NULL);
	return (struct report){ .exits = box->out[0],
				.cpu_ns = guest->cpu_ns,
				.failed_runs = guest->failed_runs };
}

/*
 * Be the neighbour's process: a number on the line starts it, the next one ends it and gets its
 * report.
 */
static void be_neighbour(int line, unsigned int cpu)
{
	static struct guest guest;
	unsigned int nr;

	pin(cpu);
	boot_guest(&guest);
	while (read(line, &nr, sizeof(nr)) == sizeof(nr)) {
		struct report report = { 0 };

		if (nr)
			start_guest(&guest, &neighbours[nr]);
		if (write(line, &nr, sizeof(nr)) < 0 || read(line, &nr, sizeof(nr)) < 0)
			break;
		if (nr)
			report = stop_guest(&guest);
		if (write(line, &report, sizeof(report)) < 0)
			break;
	}
	vmm_vm_destroy(&guest.vm);
	exit(0);
}

static void tell_neighbour(int line, unsigned int nr, void *answer, size_t answer_bytes)
{
	if (write(line, &nr, sizeof(nr)) < 0 ||
	    read(line, answer, answer_bytes) != (ssize_t)answer_bytes)
		vmm_fail("the neighbour has ended");
}

/*
 * Count the new records of the kernel's log since the last call, read or overwritten before that.
 */
static unsigned long long log_lines(void)
{
	static unsigned long long last;
	static int fd = -1;
	unsigned long long nr, before = last;
	char record[8193];
	ssize_t len;

	if (fd < 0)
		fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		vmm_fail("/dev/kmsg cannot be read: %m");
	while ((len = read(fd, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		if (len <= 0)
			continue;
		record[len] = 0;
		if (sscanf(record, "%*u,%llu,", &nr) == 1)
			last = nr;
	}
	return last - before;
}

/* The guests that are measured, and the yardstick if there is one. */
struct scene {
	struct guest victim;
	bool has_yardstick;
	pthread_t yardstick;
	uint64_t count;
};

struct moment {
	uint64_t answers, cpu_ns, wall_ns, yardstick, yardstick_cpu_ns;
};

static void *run_yardstick(void *arg)
{
	struct scene *scene = arg;

	for (;;)
		__atomic_store_n(&scene->count, scene->count + 1, __ATOMIC_RELAXED);
	return NULL;
}

static uint64_t thread_ns(pthread_t thread)
{
	clockid_t clock;

	if (pthread_getcpuclockid(thread, &clock))
		vmm_fail("a thread has no clock");
	return clock_ns(clock);
}

static struct moment now(struct scene *scene)
{
	return (struct moment){
		.answers = shared_read(&vmm_mailbox(&scene->victim.vm.vcpus[0])->out[0]),
		.cpu_ns = thread_ns(scene->victim.thread), .wall_ns = clock_ns(CLOCK_MONOTONIC),
		.yardstick = shared_read(&scene->count),
		.yardstick_cpu_ns = scene->has_yardstick ? thread_ns(scene->yardstick) : 0,
	};
}

static void print(const char *place, const char *name, const struct moment *begin,
		  const struct moment *end, const struct report *report)
{
	const uint64_t numbers[] = {
		end->answers - begin->answers,
		(end->cpu_ns - begin->cpu_ns) / 1000,
		(end->wall_ns - begin->wall_ns) / 1000,
		end->yardstick - begin->yardstick,
		(end->yardstick_cpu_ns - begin->yardstick_cpu_ns) / 1000,
		report->exits,
		report->cpu_ns / 1000,
		report->failed_runs,
		log_lines(),
	};
	unsigned int i;

	printf("flood %s %s", place, name);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		printf(" %llu", (unsigned long long)numbers[i]);
	printf("\n");
	fflush(stdout);
}

static void measure(struct scene *scene, int line, const char *place, unsigned int nr,
		    unsigned int ms)
{
	struct moment begin, end;
	struct report report;
	unsigned int started;

	log_lines();
	tell_neighbour(line, nr, &started, sizeof(started));
	vmm_sleep_ms(SETTLE_MS);
	begin = now(scene);
	vmm_sleep_ms(ms);
	end = now(scene);
	tell_neighbour(line, nr, &report, sizeof(report));
	print(place, neighbours[nr].name, &begin, &end, &report);
}

/* Measure the victim on host CPU 0; the measuring thread sleeps on the neighbour's host CPU. */
static void measure_all(int line, const char *place, unsigned int neighbour_cpu, unsigned int ms,
			unsigned int rounds)
{
	static struct scene scene;
	unsigned int round, nr;

	pin(0);
	boot_guest(&scene.victim);
	start_guest(&scene.victim, &(struct neighbour){ .prepare = cpuid });
	scene.has_yardstick = neighbour_cpu;
	if (scene.has_yardstick && pthread_create(&scene.yardstick, NULL, run_yardstick, &scene))
		vmm_fail("starting a thread failed");
	pin(neighbour_cpu);
	for (round = 0; round < rounds; round++) {
		for (nr = 0; nr < ARRAY_SIZE(neighbours); nr++)
			measure(&scene, line, place, nr, ms);
	}
	stop_guest(&scene.victim);
	vmm_vm_destroy(&scene.victim.vm);
}

int main(int argc, char **argv)
{
	unsigned int ms = argc == 4 ? atoi(argv[2]) : 0, rounds = argc == 4 ? atoi(argv[3]) : 0,
		     cpu;
	int line[2], status = 0;

	if (!ms || !rounds || (strcmp(argv[1], "same") && strcmp(argv[1], "other"))) {
		fprintf(stderr, "Usage: es_flood same|other MS ROUNDS\n");
		return 2;
	}
	if (vmm_env_lacks())
		vmm_fail("%s", vmm_env_lacks());
	vmm_env_print();
	cpu = !strcmp(argv[1], "other");
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, line))
		vmm_fail("a socket cannot be made: %m");
	if (!fork()) {
		close(line[0]);
		be_neighbour(line[1], cpu);
	}
	close(line[1]);
	measure_all(line[0], argv[1], cpu, ms, rounds);
	close(line[0]);
	wait(&status);
	return status != 0;
}
