// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: es_counters, as es-stat shows it, counts each request and each refusal once, on the vCPU that
 *	made it, and says how long the host took.
 * Source: Documentation of the file in svm/stats.c; of the command in tools/es-stat.8.
 * Why it matters: Who looks for a slow or hostile guest in the counters must be able to trust them.
 * Not covered: The command's other output, which unit/es_stat.py checks; counters of a VM that moves.
 * Fails with: stock kvm_amd, everything: it has no such counters.
 */
#include <kselftest_harness.h>
#include "ap.h"
#include "env.h"

#define REQUESTS	17
#define UNKNOWN		5
#define INCOMPLETE	3
#define NOBODYS_EVENT	0x8000aaaaull

FIXTURE(stat) {
	struct es_vm vm;
	struct es_vcpu *bsp, *ap;
};

FIXTURE_SETUP(stat)
{
	es_vm_create(&self->vm, &(struct es_vm_options){ .nr_vcpus = 2 });
	self->bsp = &self->vm.vcpus[0];
	self->ap = &self->vm.vcpus[1];
	es_vm_launch(&self->vm);
	es_boot_ap(self->bsp, self->ap);
}

FIXTURE_TEARDOWN(stat)
{
	es_vm_destroy(&self->vm);
}

/* The command lies beside this program. */
static void run_es_stat(struct es_vm *vm, const char *options, char *text, size_t size_bytes)
{
	char self[256] = "", command[512];
	size_t len;
	FILE *pipe;
	int status;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		es_fail("the program does not find itself: %m");
	*strrchr(self, '/') = 0;
	snprintf(command, sizeof(command), "%s/es-stat --once --vm %d-%d %s 2>&1", self, getpid(), vm->fd, options);
	pipe = popen(command, "r");
	if (!pipe)
		es_fail("es-stat cannot be started: %m");
	len = fread(text, 1, size_bytes - 1, pipe);
	text[len] = 0;
	status = pclose(pipe);
	if (status)
		es_fail("%s ends with status 0x%x: %s", command, status, text);
}

/* The number behind "key": in the object of that name; 0 when there is none. */
static unsigned long long number_of(const char *json, const char *name, const char *key)
{
	char text[64];
	const char *at;

	snprintf(text, sizeof(text), "\"%s\":{", name);
	at = strstr(json, text);
	if (!at)
		return 0;
	snprintf(text, sizeof(text), "\"%s\":", key);
	at = strstr(at, text);
	return at ? strtoull(at + strlen(text), NULL, 10) : 0;
}

struct counted {
	unsigned long long cpuid, ioio, unknown, incomplete, cpuid_ns;
};

static struct counted counted(struct es_vm *vm, const char *options)
{
	char json[8192], all[64];

	snprintf(all, sizeof(all), "--json %s", options);
	run_es_stat(vm, all, json, sizeof(json));
	return (struct counted){
		.cpuid = number_of(json, "CPUID", "count"), .ioio = number_of(json, "IOIO", "count"),
		.unknown = number_of(json, "INVALID_EVENT", "count"),
		.incomplete = number_of(json, "MISSING_INPUT", "count"),
		.cpuid_ns = number_of(json, "CPUID", "time_ns"),
	};
}

static void ask(struct es_vcpu *vcpu, unsigned int times)
{
	while (times--) {
		if (!es_guest_answers(vcpu))
			es_fail("vCPU %u gets no answer to CPUID", vcpu->nr);
	}
}

static void ask_what_nobody_knows(struct es_vcpu *vcpu, unsigned int times)
{
	while (times--) {
		es_request(vcpu, NOBODYS_EVENT, 0, 0);
		es_send(vcpu);
	}
}

static void ask_without_rcx(struct es_vcpu *vcpu, unsigned int times)
{
	while (times--) {
		spec_ghcb_put(es_request(vcpu, SPEC_EXIT_CPUID, 0, 0), SPEC_GHCB_RAX, 0);
		es_send(vcpu);
	}
}

/* Each order of the test ends with the doorbell, which is an IOIO. */
TEST_F_TIMEOUT(stat, every_request_and_every_refusal_counts_once, 120)
{
	struct counted before = counted(&self->vm, ""), after;

	ask(self->bsp, REQUESTS);
	ask_what_nobody_knows(self->bsp, UNKNOWN);
	ask_without_rcx(self->ap, INCOMPLETE);
	after = counted(&self->vm, "");
	EXPECT_EQ(REQUESTS + INCOMPLETE, after.cpuid - before.cpuid);
	EXPECT_EQ(UNKNOWN, after.unknown - before.unknown);
	EXPECT_EQ(INCOMPLETE, after.incomplete - before.incomplete);
	EXPECT_EQ(REQUESTS + UNKNOWN + INCOMPLETE, after.ioio - before.ioio);
}

TEST_F_TIMEOUT(stat, nothing_is_counted_while_the_guest_rests, 120)
{
	struct counted before = counted(&self->vm, ""), after = counted(&self->vm, "");

	EXPECT_EQ(before.ioio, after.ioio);
	EXPECT_LT(0, after.ioio);
	EXPECT_EQ(0, after.unknown + after.incomplete);
}

TEST_F_TIMEOUT(stat, each_vcpu_counts_for_itself, 120)
{
	struct counted bsp, ap;

	ask(self->bsp, REQUESTS);
	ask(self->ap, 1);
	ask_what_nobody_knows(self->ap, UNKNOWN);
	bsp = counted(&self->vm, "--vcpu 0");
	ap = counted(&self->vm, "--vcpu 1");
	EXPECT_EQ(REQUESTS, bsp.cpuid);
	EXPECT_EQ(0, bsp.unknown);
	EXPECT_EQ(1, ap.cpuid);
	EXPECT_EQ(UNKNOWN, ap.unknown);
	EXPECT_EQ(REQUESTS + 1, counted(&self->vm, "").cpuid);
}

/* No more than passed on the clock; and userspace's part of an OUT is in it. */
TEST_F_TIMEOUT(stat, time_is_more_than_nothing_and_less_than_what_passed, 120)
{
	struct timespec begin, end;
	struct counted after;
	long long passed_ns;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	ask(self->bsp, REQUESTS);
	clock_gettime(CLOCK_MONOTONIC, &end);
	passed_ns = (end.tv_sec - begin.tv_sec) * 1000000000ll + end.tv_nsec - begin.tv_nsec;
	after = counted(&self->vm, "");
	EXPECT_LT(REQUESTS * 100, after.cpuid_ns);
	EXPECT_GT(passed_ns, after.cpuid_ns);
}

TEST_F_TIMEOUT(stat, the_table_shows_the_same, 120)
{
	char text[8192], *row;

	ask(self->bsp, REQUESTS);
	run_es_stat(&self->vm, "", text, sizeof(text));
	row = strstr(text, "\n  CPUID ");
	ASSERT_NE(NULL, row) TH_LOG("the table is: %s", text);
	EXPECT_EQ(REQUESTS, strtoul(row + strlen("\n  CPUID "), NULL, 10));
}

TEST_HARNESS_MAIN
