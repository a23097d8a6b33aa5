// SPDX-License-Identifier: GPL-2.0
#include "cpus.h"

#include <cpuid.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include "files.h"
#include "interrupts.h"
#include "talk.h"
#include "../spec/compiler.h"

#define LAST		1
#define SWITCH		"/sys/devices/system/cpu/cpu1/online"
#define ONLINE		"/sys/devices/system/cpu/online"
#define SLEEP_NS	3000000

static bool online_is(const char *wanted)
{
	char text[64];

	files_read(ONLINE, text, sizeof(text));
	return !strcmp(text, wanted);
}

bool cpus_offline(void)
{
	return files_write(SWITCH, "0") && online_is("0\n");
}

bool cpus_online(void)
{
	return files_write(SWITCH, "1") && online_is("0-1\n");
}

bool cpus_stay(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set) && sched_getcpu() == (int)cpu;
}

bool cpus_visit(unsigned long *ticks)
{
	unsigned long before = interrupt_count(INTERRUPTS_TIMER, LAST);
	unsigned int i;
	bool there = cpus_stay(LAST);

	for (i = 0; i < 5; i++)
		nanosleep(&(struct timespec){ .tv_nsec = SLEEP_NS }, NULL);
	there = there && sched_getcpu() == LAST;
	*ticks = interrupt_count(INTERRUPTS_TIMER, LAST) - before;
	return cpus_stay(0) && there;
}

uint32_t cpus_cpuid_sum(void)
{
	static const uint32_t leaves[] = {
		0, 1, 7, 0xd, 0x40000000, 0x40000001, 0x80000001, 0x80000008, 0x8000001f
	};
	uint32_t found[ARRAY_SIZE(leaves)][4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(leaves); i++)
		__cpuid_count(leaves[i], 0, found[i][0], found[i][1], found[i][2], found[i][3]);
	found[1][1] &= 0xffffff;
	return talk_sum(found, sizeof(found));
}
