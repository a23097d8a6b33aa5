// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: es_counters, as es-stat shows it, counts each request, each rejected request and each lapse
 *	once, on the vCPU that made it, and reports how long the host took.  A reader neither waits
 *	for a VMM, nor accesses the state of a vCPU that does not exist any more.
 * Source: Documentation of the file in svm/stats.c; of the command in tools/es-stat.8.
 * Why it matters: The host's administrator must be able to find a slow or hostile guest by the
 *	counters, and a VMM must not be able to stop the host's monitoring.
 * Not covered: The command's other output, which unit/es_stat.py checks.
 * Fails with: stock kvm_amd, everything: it has no such counters.
 */
#include <kselftest_harness.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include "ap.h"
#include "env.h"
#include "state.h"

#define REQUESTS	17
#define UNKNOWN		5
#define INCOMPLETE	3
#define NOBODYS_EVENT	0x8000aaaaull

FIXTURE(stat) {
	struct vmm_vm vm, other;
	struct vmm_vcpu *bsp, *ap;
};

FIXTURE_SETUP(stat)
{
	vmm_vm_create(&self->vm, &(struct vmm_vm_options){ .nr_vcpus = 2 });
	self->bsp = &self->vm.vcpus[0];
	self->ap = &self->vm.vcpus[1];
	vmm_vm_launch(&self->vm);
	vmm_boot_ap(self->bsp, self->ap);
}

FIXTURE_TEARDOWN(stat)
{
	vmm_vm_destroy(&self->vm);
}

/* Run the command, which is in the directory of this program. */
static void run_es_stat(struct vmm_vm *vm, const char *options, char *text, size_t size_bytes)
{
	char self[256] = "", command[512];
	size_t len;
	FILE *pipe;
	int status;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		vmm_fail("the program does not find itself: %m");
	*strrchr(self, '/') = 0;
	snprintf(command, sizeof(command), "%s/es-stat --once --vm %d-%d %s 2>&1", self, getpid(),
		 vm->fd, options);
	pipe = popen(command, "r");
	if (!pipe)
		vmm_fail("es-stat cannot be started: %m");
	len = fread(text, 1, size_bytes - 1, pipe);
	text[len] = 0;
	status = pclose(pipe);
	if (status)
		vmm_fail("%s ends with status 0x%x: %s", command, status, text);
}

/* Return the number after "key": in the object of that name; 0 when there is none. */
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

static struct counted counted(struct vmm_vm *vm, const char *options)
{
	char json[8192], all[64];

	snprintf(all, sizeof(all), "--json %s", options);
	run_es_stat(vm, all, json, sizeof(json));
	return (struct counted){
		.cpuid = number_of(json, "CPUID", "count"),
		.ioio = number_of(json, "IOIO", "count"),
		.unknown = number_of(json, "INVALID_EVENT", "count"),
		.incomplete = number_of(json, "MISSING_INPUT", "count"),
		.cpuid_ns = number_of(json, "CPUID", "time_ns"),
	};
}

static void ask(struct vmm_vcpu *vcpu, unsigned int times)
{
	while (times--) {
		if (!vmm_guest_answers(vcpu))
			vmm_fail("vCPU %u gets no answer to CPUID", vcpu->nr);
	}
}

static void ask_what_nobody_knows(struct vmm_vcpu *vcpu, unsigned int times)
{
	while (times--) {
		vmm_request(vcpu, NOBODYS_EVENT, 0, 0);
		vmm_send(vcpu);
	}
}

static void ask_without_rcx(struct vmm_vcpu *vcpu, unsigned int times)
{
	while (times--) {
		spec_ghcb_put(vmm_request(vcpu, SPEC_EXIT_CPUID, 0, 0), SPEC_GHCB_RAX, 0);
		vmm_send(vcpu);
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

/* Write the version of this request's protocol as the guest states it in its GHCB page. */
static void state_version(uint8_t *ghcb, uint16_t version)
{
	memcpy(ghcb + SPEC_GHCB_VERSION, &version, sizeof(version));
}

static void ask_boldly(struct vmm_vcpu *vcpu, uint64_t leaf, uint16_t version)
{
	uint8_t *ghcb = vmm_request(vcpu, SPEC_EXIT_CPUID, 0, 0);

	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, leaf);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_XCR0, 0);
	state_version(ghcb, version);
	vmm_send(vcpu);
	if (vmm_info1(vcpu) != SPEC_HANDLED)
		vmm_fail("leaf 0x%llx with version %u is refused", (unsigned long long)leaf,
			 version);
}

/* Make the requests of stage0: version 2, which was not offered, and an XCR0 of 0. */
TEST_F_TIMEOUT(stat, what_is_tolerated_is_served_and_counted, 120)
{
	char json[8192];
	unsigned int i;

	for (i = 0; i < INCOMPLETE; i++)
		ask_boldly(self->ap, 0, 2);
	for (i = 0; i < UNKNOWN; i++)
		ask_boldly(self->ap, 0xd, 1);
	ask_boldly(self->ap, 0xd, 2);
	run_es_stat(&self->vm, "--json --vcpu 1", json, sizeof(json));
	EXPECT_EQ(INCOMPLETE + 1, number_of(json, "VERSION", "count"))
		TH_LOG("es-stat says: %s", json);
	EXPECT_EQ(UNKNOWN + 1, number_of(json, "XCR0", "count"));
	EXPECT_EQ(INCOMPLETE + UNKNOWN + 1, number_of(json, "CPUID", "count"));
	EXPECT_EQ(0, number_of(json, "XSS", "count"));
	EXPECT_EQ(0, number_of(json, "NO_XCR0", "count"));
	EXPECT_EQ(NULL, strstr(json, "INVALID"));
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

/*
 * Compare with the clock: no more than the time that passed; userspace's part of an OUT is
 * included.
 */
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

/* --- while a VMM holds locks */

#define READ_LIMIT_S	10
#define MOVES		6	/* there and back */

static const char * const files[] = { "es_events", "es_counters", "es_vcpus" };

struct reader {
	pthread_t thread;
	char path[128];
	bool forever, stop;
	unsigned long bytes;
};

static void *read_file(void *arg)
{
	struct reader *reader = arg;
	char text[4096];
	ssize_t len;
	int fd;

	do {
		fd = open(reader->path, O_RDONLY | O_CLOEXEC);
		while (fd >= 0 && (len = read(fd, text, sizeof(text))) > 0)
			reader->bytes += len;
		close(fd);
	} while (reader->forever && !__atomic_load_n(&reader->stop, __ATOMIC_RELAXED));
	return NULL;
}

static void start_reader(struct reader *reader, const struct vmm_vm *vm, const char *file)
{
	snprintf(reader->path, sizeof(reader->path), "/sys/kernel/debug/kvm/%d-%d/%s", getpid(),
		 vm->fd, file);
	if (pthread_create(&reader->thread, NULL, read_file, reader))
		vmm_fail("a thread cannot be started");
}

static bool ends_in_time(pthread_t thread)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += READ_LIMIT_S;
	return !pthread_timedjoin_np(thread, NULL, &until);
}

struct locker {
	pthread_t thread;
	struct vmm_vm *vm;
	pid_t tid;
	bool stop;
};

/* Hold the VM's lock until a vCPU is in KVM_RUN; then KVM finds that it is too late. */
static void *hold_the_lock(void *arg)
{
	struct locker *locker = arg;

	__atomic_store_n(&locker->tid, gettid(), __ATOMIC_RELEASE);
	while (!__atomic_load_n(&locker->stop, __ATOMIC_RELAXED))
		vmm_sev_cmd(locker->vm, KVM_SEV_LAUNCH_UPDATE_VMSA, NULL, NULL);
	return NULL;
}

static char thread_state(pid_t tid)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	if (file)
		fclose(file);
	return state;
}

static bool is_blocked(struct locker *locker)
{
	pid_t tid = __atomic_load_n(&locker->tid, __ATOMIC_ACQUIRE);

	return tid && thread_state(tid) == 'D';
}

static void start_locker(struct locker *locker, struct vmm_vm *vm)
{
	unsigned int ms;

	*locker = (struct locker){ .vm = vm };
	if (pthread_create(&locker->thread, NULL, hold_the_lock, locker))
		vmm_fail("a thread cannot be started");
	for (ms = 0; !is_blocked(locker); ms++) {
		if (ms > vmm_time_limit_s() * 1000)
			vmm_fail("KVM_SEV_LAUNCH_UPDATE_VMSA does not wait for a vCPU in KVM_RUN");
		usleep(1000);
	}
}

TEST_F_TIMEOUT(stat, who_reads_does_not_wait_for_the_vmm, 180)
{
	struct reader readers[ARRAY_SIZE(files)] = { };
	bool in_time[ARRAY_SIZE(files)];
	unsigned long long ioio;
	struct locker locker;
	unsigned int i;

	vmm_order_start(self->bsp, AGENT_HALT, 0, 0);
	ASSERT_EQ(KVM_MP_STATE_HALTED, vmm_halted_mp_state(self->bsp));
	start_locker(&locker, &self->vm);
	for (i = 0; i < ARRAY_SIZE(files); i++)
		start_reader(&readers[i], &self->vm, files[i]);
	for (i = 0; i < ARRAY_SIZE(files); i++)
		in_time[i] = ends_in_time(readers[i].thread);
	ioio = in_time[1] ? counted(&self->vm, "").ioio : 0;
	EXPECT_TRUE(is_blocked(&locker));
	__atomic_store_n(&locker.stop, true, __ATOMIC_RELAXED);
	vmm_vcpu_pause(self->bsp);
	pthread_join(locker.thread, NULL);
	EXPECT_LT(0, ioio);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_TRUE(in_time[i]) TH_LOG("%s", files[i]);
		EXPECT_LT(0, readers[i].bytes) TH_LOG("%s", files[i]);
	}
}

/* The VM that the state came from, and the one that it moves to, end while they are read. */
TEST_F_TIMEOUT(stat, who_reads_while_the_guest_moves_sees_it_go_on, 300)
{
	struct vmm_vm_options options = { .nr_vcpus = 2 };
	struct reader reader = { .forever = true };
	unsigned long long before;
	struct vmm_vm *from, *to;
	unsigned int i;

	for (i = 0; i < MOVES; i++) {
		from = i % 2 ? &self->other : &self->vm;
		to = i % 2 ? &self->vm : &self->other;
		ask(&from->vcpus[0], 3);
		before = counted(from, "").cpuid;
		reader.stop = false;
		start_reader(&reader, from, files[i % ARRAY_SIZE(files)]);
		vmm_vm_move(to, from, &options);
		__atomic_store_n(&reader.stop, true, __ATOMIC_RELAXED);
		pthread_join(reader.thread, NULL);
		EXPECT_EQ(before, counted(to, "").cpuid);
	}
	EXPECT_TRUE(vmm_guest_answers(self->ap));
	EXPECT_LT(0, reader.bytes);
}

TEST_HARNESS_MAIN
