// SPDX-License-Identifier: GPL-2.0
#include "talk.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include "../vmm/ap.h"

#define POLL_MS		10
#define SLACK_NS	100000000ll
#define DRIFT		50	/* one part in 50: two clocks may differ by that much */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Show the console's output since the last call, as TAP comments. */
static void show_console(struct talk *talk)
{
	char byte;

	while (serial_take(&talk->pc->console, &byte, 1)) {
		if (byte >= ' ' && byte <= '~')
			talk->text[talk->text_bytes++] = byte;
		if (byte != '\n' && talk->text_bytes < sizeof(talk->text))
			continue;
		printf("# guest: %.*s\n", (int)talk->text_bytes, talk->text);
		fflush(stdout);
		talk->text_bytes = 0;
	}
}

/* Take the next bytes from the guest, as soon as they are there. */
static bool take(struct talk *talk, void *data, unsigned int bytes, unsigned int seconds)
{
	uint64_t end_ns = now_ns() + seconds * 1000000000ull;
	struct pc *pc = talk->pc;
	bool taken = false;

	while (!taken && now_ns() < end_ns && pc_runs(pc)) {
		pthread_mutex_lock(&pc->vm->lock);
		taken = serial_take(&pc->line, data, bytes);
		show_console(talk);
		pthread_mutex_unlock(&pc->vm->lock);
		if (!taken)
			vmm_sleep_ms(POLL_MS);
	}
	return taken;
}

bool talk_begin(struct talk *talk, struct pc *pc, unsigned int seconds)
{
	char words[sizeof(TALK_READY) - 1];

	*talk = (struct talk){ .pc = pc, .ahead_least_ns = INT64_MIN / 2,
			       .ahead_most_ns = INT64_MAX / 2 };
	return take(talk, words, sizeof(words), seconds) &&
	       !memcmp(words, TALK_READY, sizeof(words));
}

void talk_ask(struct talk *talk)
{
	struct talk_ask ask = { .magic = TALK_ASK, .round = talk->round };
	struct pc *pc = talk->pc;

	talk_fill(ask.data, talk->round);
	ask.sum = talk_sum(&ask, offsetof(struct talk_ask, sum));
	talk->asked_ns = now_ns();
	pthread_mutex_lock(&pc->vm->lock);
	serial_send(&pc->line, &ask, sizeof(ask));
	pthread_mutex_unlock(&pc->vm->lock);
}

bool talk_wait(struct talk *talk, unsigned int seconds)
{
	talk->round++;
	return take(talk, &talk->answer, sizeof(talk->answer), seconds);
}

/*
 * Check the clock.  The record was written between the request and now: that bounds how far the
 * guest's clock is ahead.
 */
static bool clock_is_good(struct talk *talk)
{
	uint64_t now = now_ns();
	int64_t least = talk->answer.clock_ns - now, most = talk->answer.clock_ns - talk->asked_ns,
		slack;

	if (!talk->first_ns)
		talk->first_ns = now;
	slack = SLACK_NS + (int64_t)(now - talk->first_ns) / DRIFT;
	if (least > talk->ahead_most_ns + slack || most < talk->ahead_least_ns - slack)
		return false;
	if (least > talk->ahead_least_ns)
		talk->ahead_least_ns = least;
	if (most < talk->ahead_most_ns)
		talk->ahead_most_ns = most;
	return true;
}

const char *talk_result(struct talk *talk)
{
	static const char *const faults[TALK_FAULTS] = {
		[TALK_SUM] = "the guest got other bytes than were sent",
		[TALK_ORDER] = "the guest missed a round",
		[TALK_CLOCK_BACK] = "the guest's clock went back",
		[TALK_CLOCK_SOURCE] = "the guest gave up its clock",
		[TALK_TIMER] = "timer interrupts stayed away",
		[TALK_SLEEP] = "a sleep was too short",
		[TALK_SERIAL] = "serial interrupts stayed away",
		[TALK_OFFLINE] = "CPU 1 did not go offline",
		[TALK_ONLINE] = "CPU 1 did not come online",
		[TALK_PLACE] = "a thread did not run on CPU 1",
		[TALK_AP_TIMER] = "timer interrupts of CPU 1 stayed away",
		[TALK_CPUID] = "CPUID said something else",
		[TALK_MEMORY] = "memory changed",
		[TALK_FLOAT] = "floating point numbers changed",
		[TALK_KERNEL] = "the guest's kernel complained",
	};
	struct talk_answer *answer = &talk->answer;
	uint8_t data[TALK_BYTES];
	unsigned int i;

	talk_fill(data, ~answer->round);
	if (answer->magic != TALK_ANSWER ||
	    answer->sum != talk_sum(answer, offsetof(struct talk_answer, sum)) ||
	    memcmp(data, answer->data, sizeof(data)))
		return "the guest's bytes arrived changed";
	for (i = 0; i < TALK_FAULTS; i++) {
		if (answer->faults >> i & 1)
			return faults[i];
	}
	if (answer->round != talk->round - 1)
		return "the guest is at another round";
	return clock_is_good(talk) ? NULL : "the guest's clock jumped";
}
