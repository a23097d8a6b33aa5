// SPDX-License-Identifier: GPL-2.0
/*
 * The first process of the VMM's Linux guest.  In each round it gets a record over the second
 * serial port, checks everything that a move to another VM might spoil, and responds with what it
 * found.  It checks itself; the VMM compares what only the VMM can know.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>
#include "clocks.h"
#include "cpus.h"
#include "files.h"
#include "interrupts.h"
#include "link.h"
#include "talk.h"
#include "../spec/compiler.h"

#define MEMORY_BYTES	0x40000
#define SLEEP_NS	3000000
#define KLOG_READ_ALL	3
#define KLOG_CLEAR	5
#define SHOWN_BYTES	2000

static uint8_t memory[MEMORY_BYTES];
static uint32_t memory_sum, cpuid_sum;

static void say(const char *text)
{
	printf("es-init: %s\n", text);
	fflush(stdout);
}

static void mark(struct talk_answer *answer, enum talk_fault fault, bool good)
{
	if (!good)
		answer->faults |= 1u << fault;
}

/*
 * Return false if the kernel printed one of these, after which it continues; messages from before
 * the first round do not count.
 */
static bool kernel_is_content(void)
{
	static const char *const complaints[] = {
		"WARNING:", "BUG:", "Oops", "soft lockup", "detected stall", "nobody cared",
		"is stuck",
	};
	static char text[262144];
	int bytes = klogctl(KLOG_READ_ALL, text, sizeof(text) - 1);
	unsigned int i;
	char *found;

	text[bytes > 0 ? bytes : 0] = 0;
	for (i = 0; i < ARRAY_SIZE(complaints); i++) {
		found = strstr(text, complaints[i]);
		if (!found)
			continue;
		found[strnlen(found, SHOWN_BYTES)] = 0;
		say(found);
		return false;
	}
	return true;
}

static bool floats_are_right(void)
{
	double x = 1.0;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		x = x * 1.5 / 1.5 + 1.0;
		__asm__ volatile ("" : "+x" (x));	/* each step by itself */
	}
	return x == 1001.0;
}

static void check_timer(struct talk_answer *answer)
{
	unsigned long before = interrupt_count(INTERRUPTS_TIMER, 0);
	uint64_t start = clocks_now_ns(), slept;
	unsigned int i;

	for (i = 0; i < 5; i++)
		nanosleep(&(struct timespec){ .tv_nsec = SLEEP_NS }, NULL);
	slept = clocks_now_ns() - start;
	answer->timer_ticks = interrupt_count(INTERRUPTS_TIMER, 0) - before;
	mark(answer, TALK_TIMER, answer->timer_ticks);
	mark(answer, TALK_SLEEP, slept >= 5 * SLEEP_NS);
}

/* Count since the last round: this round's record arrived by one of them. */
static void check_serial(struct talk_answer *answer)
{
	static unsigned long before;
	unsigned long now = interrupt_count(INTERRUPTS_SERIAL, 0) +
			    interrupt_count(INTERRUPTS_SERIAL, 1);

	answer->serial_interrupts = now - before;
	mark(answer, TALK_SERIAL, answer->serial_interrupts);
	before = now;
}

static void check_cpus(struct talk_answer *answer)
{
	unsigned long ticks = 0;

	mark(answer, TALK_OFFLINE, cpus_offline());
	mark(answer, TALK_ONLINE, cpus_online());
	mark(answer, TALK_PLACE, cpus_visit(&ticks));
	answer->ap_ticks = ticks;
	mark(answer, TALK_AP_TIMER, ticks);
	mark(answer, TALK_CPUID, cpus_cpuid_sum() == cpuid_sum);
}

static void check_rest(struct talk_answer *answer)
{
	mark(answer, TALK_CLOCK_BACK, !clocks_went_back());
	mark(answer, TALK_CLOCK_SOURCE, clocks_source_good());
	mark(answer, TALK_MEMORY, talk_sum(memory, sizeof(memory)) == memory_sum);
	mark(answer, TALK_FLOAT, floats_are_right());
	mark(answer, TALK_KERNEL, kernel_is_content());
}

static void one_round(uint32_t round)
{
	struct talk_answer answer = { .magic = TALK_ANSWER, .round = round };
	struct talk_ask ask;

	if (!link_read(&ask, sizeof(ask)))
		say("the serial line cannot be read");
	mark(&answer, TALK_SUM,
	     ask.magic == TALK_ASK && ask.sum == talk_sum(&ask, offsetof(struct talk_ask, sum)));
	mark(&answer, TALK_ORDER, ask.round == round);
	check_timer(&answer);
	check_cpus(&answer);
	check_serial(&answer);
	check_rest(&answer);
	answer.longest_gap_ns = clocks_longest_gap_ns();
	answer.clock_ns = clocks_now_ns();
	talk_fill(answer.data, ~round);
	answer.sum = talk_sum(&answer, offsetof(struct talk_answer, sum));
	if (!link_write(&answer, sizeof(answer)))
		say("the serial line cannot be written");
}

static void begin(void)
{
	unsigned int i;

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sys", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	for (i = 0; i < MEMORY_BYTES; i += TALK_BYTES)
		talk_fill(memory + i, i);
	memory_sum = talk_sum(memory, sizeof(memory));
	cpuid_sum = cpus_cpuid_sum();
	klogctl(KLOG_CLEAR, NULL, 0);
	clocks_watch();
	cpus_stay(0);	/* the CPU whose timer is checked; the watchers of the clock run anywhere */
}

int main(void)
{
	uint32_t round;

	begin();
	if (link_open() && link_write(TALK_READY, strlen(TALK_READY)))
		say("ready");
	else
		say("there is no second serial port");
	for (round = 0;; round++)
		one_round(round);
}
