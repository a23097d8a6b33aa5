/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The last CPU: taken offline, which is an AP reset hold, brought back, and asked for work.
 */
#ifndef ES_GUEST_LINUX_CPUS_H
#define ES_GUEST_LINUX_CPUS_H

#include <stdbool.h>
#include <stdint.h>

bool cpus_offline(void);
bool cpus_online(void);
/* This thread runs there from now on. */
bool cpus_stay(unsigned int cpu);
/* This thread runs there for a moment, sleeps by its timer, and comes back. */
bool cpus_visit(unsigned long *ticks);
/* Of what CPUID says to this CPU; APIC IDs are left out. */
uint32_t cpus_cpuid_sum(void);

#endif
