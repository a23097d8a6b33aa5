// SPDX-License-Identifier: GPL-2.0
#include "clocks.h"

#include <pthread.h>
#include <string.h>
#include <time.h>
#include "files.h"

#define WATCHERS	2
#define LOOKS		20
#define PAUSE_NS	5000000

static uint64_t latest_ns, longest_gap_ns;
static unsigned int backwards;

uint64_t clocks_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Check that this CPU's time is not earlier than the time that another CPU saw before. */
static void look(void)
{
	uint64_t before = __atomic_load_n(&latest_ns, __ATOMIC_SEQ_CST), now = clocks_now_ns(),
		 gap = now - before;

	if (now < before) {
		__atomic_add_fetch(&backwards, 1, __ATOMIC_SEQ_CST);
		return;
	}
	if (before && gap > __atomic_load_n(&longest_gap_ns, __ATOMIC_SEQ_CST))
		__atomic_store_n(&longest_gap_ns, gap, __ATOMIC_SEQ_CST);
	while (before < now && !__atomic_compare_exchange_n(&latest_ns, &before, now, false,
							    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static void *watch(void *unused)
{
	unsigned int i;

	for (;;) {
		for (i = 0; i < LOOKS; i++)
			look();
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
	}
	return unused;
}

void clocks_watch(void)
{
	pthread_t thread;
	unsigned int i;

	for (i = 0; i < WATCHERS; i++)
		pthread_create(&thread, NULL, watch, NULL);
}

bool clocks_went_back(void)
{
	return __atomic_exchange_n(&backwards, 0, __ATOMIC_SEQ_CST);
}

uint64_t clocks_longest_gap_ns(void)
{
	return __atomic_exchange_n(&longest_gap_ns, 0, __ATOMIC_SEQ_CST);
}

bool clocks_source_good(void)
{
	char text[4096];

	files_read("/sys/devices/system/clocksource/clocksource0/current_clocksource", text,
		   sizeof(text));
	return !strcmp(text, "kvm-clock\n");
}
