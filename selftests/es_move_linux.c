// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A running guest with OVMF and Debian's kernel is moved between VM file descriptors again
 *	and again, and does not notice: its clock advances and never goes back, timer and serial
 *	interrupts arrive, CPU 1 goes offline and online, bytes over the serial line, memory,
 *	floating point numbers and CPUID stay what they are, its kernel has nothing to complain
 *	about.
 * Source: KVM API, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM; Documentation/vmm-guide.md.
 * Why it matters: This is how a VMM is upgraded under a running guest.
 * Not covered: Moves while the firmware runs.
 * Fails with: stock kvm_amd, at the first move: 6.1: an exit in flight is lost, so that CPUID
 *	returns something else (KVM_SEV_INIT2 is not there). 6.12: the moved VM cannot be run
 *	(KVM_SEV_ES_INIT: VMRUN without LBR virtualization; KVM_SEV_INIT2: EINVAL).
 *
 * ES_ROUNDS is the number of moves (default 10; `make move-check`: 100).  ES_MOVE_FIRMWARE,
 * ES_MOVE_KERNEL and ES_MOVE_CMDLINE are for other files and another command line.
 */
#include <kselftest_harness.h>
#include <unistd.h>
#include "lib/pc/init_image.h"
#include "lib/pc/move.h"
#include "lib/pc/talk.h"
#include "ap.h"
#include "env.h"

#define FIRMWARE	"/usr/share/OVMF/OVMF_CODE.fd"
#define KERNEL		"/guest/vmlinuz"	/* on the emulated host */
/* words for init, and for the kernel when something is wrong */
#define CMDLINE		"console=ttyS0 panic=-1 quiet watchdog_thresh=60"
#define MOVES		10

static unsigned int nr_moves(void)
{
	const char *rounds = getenv("ES_ROUNDS");

	return rounds ? atoi(rounds) : MOVES;
}

static const char *chosen(const char *variable, const char *usual)
{
	const char *other = getenv(variable);

	return other ? other : usual;
}

static struct pc pc;
static unsigned int seed = 1;

FIXTURE(debian) {
	struct talk talk;
};

FIXTURE_VARIANT(debian) {
	unsigned int ghcb_version;
};

/* Stock QEMU 7.2 creates its guests the first way. */
FIXTURE_VARIANT_ADD(debian, es_init) { .ghcb_version = 0 };
FIXTURE_VARIANT_ADD(debian, init2) { .ghcb_version = ES_GHCB_DEFAULT };

FIXTURE_SETUP(debian)
{
	struct pc_options options = {
		.firmware = chosen("ES_MOVE_FIRMWARE", FIRMWARE),
		.kernel = chosen("ES_MOVE_KERNEL", KERNEL),
		.init = pc_init_image,
		.init_bytes = pc_init_image_end - pc_init_image,
		.cmdline = chosen("ES_MOVE_CMDLINE", CMDLINE),
		.nr_vcpus = 2,
		.ghcb_version = variant->ghcb_version,
	};
	unsigned int boot_s = 8 * vmm_time_limit_s();

	pc_create(&pc, &options);
	pc_go(&pc);
	if (!talk_begin(&self->talk, &pc, boot_s)) {
		vmm_report(pc.vm);
		vmm_fail("the guest did not start its init within %u s", boot_s);
	}
}

FIXTURE_TEARDOWN(debian)
{
	pc_destroy(&pc);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

/* Check that the guest's record is there and good. */
static void check(struct talk *talk, unsigned int round)
{
	const char *wrong = talk_wait(talk, 2 * vmm_time_limit_s()) ? talk_result(talk) :
								      "the guest does not answer";

	if (!wrong)
		return;
	vmm_report(pc.vm);
	vmm_fail("round %u: %s", round, wrong);
}

/* Do one round with a move at any moment of it, or none; return its length. */
static unsigned int do_round(struct talk *talk, unsigned int round, unsigned int usual_ms,
			     unsigned int *pause_us)
{
	uint64_t start_ms = now_ms();

	talk_ask(talk);
	if (pause_us) {
		vmm_sleep_ms(rand_r(&seed) % (usual_ms + 1));
		*pause_us = pc_move(&pc);
	}
	check(talk, round);
	printf(
		"# round %u: %u ms, paused %u us, ticks %u and %u, serial interrupts %u, longest gap %llu us\n",
		round, (unsigned int)(now_ms() - start_ms), pause_us ? *pause_us : 0,
		talk->answer.timer_ticks, talk->answer.ap_ticks, talk->answer.serial_interrupts,
		(unsigned long long)talk->answer.longest_gap_ns / 1000);
	fflush(stdout);
	return now_ms() - start_ms;
}

static int compare(const void *a, const void *b)
{
	return *(const unsigned int *)a < *(const unsigned int *)b ? -1 : 1;
}

TEST_F_TIMEOUT(debian, does_not_notice_moves, 3600)
{
	unsigned int moves = nr_moves(), round, usual_ms = 0,
		     *pauses_us = calloc(moves + 1, sizeof(*pauses_us));

	ASSERT_GT(moves, 0);
	for (round = 0; round < 2; round++)
		usual_ms = do_round(&self->talk, round, 0, NULL);
	for (; round < moves + 2; round++)
		do_round(&self->talk, round, usual_ms, &pauses_us[round - 2]);
	do_round(&self->talk, round, 0, NULL);
	qsort(pauses_us, moves, sizeof(*pauses_us), compare);
	printf("# %u moves; pauses: shortest %u us, median %u us, longest %u us\n", moves,
	       pauses_us[0], pauses_us[moves / 2], pauses_us[moves - 1]);
	fflush(stdout);
	free(pauses_us);
}

TEST_HARNESS_MAIN
