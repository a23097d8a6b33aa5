/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The last CPU: taken offline, which is an AP reset hold, taken online again, and given work.
 */
#ifndef ES_GUEST_LINUX_CPUS_H
#define ES_GUEST_LINUX_CPUS_H

#include <stdbool.h>
#include <stdint.h>

bool cpus_offline(void);
bool cpus_online(void);
/* Let this thread run on that CPU from now on. */
bool cpus_stay(unsigned int cpu);
/* Let this thread run on the last CPU for a moment, sleep by its timer, and return. */
bool cpus_visit(unsigned long *ticks);
/* Return a checksum of this CPU's CPUID without the APIC IDs. */
uint32_t cpus_cpuid_sum(void);

#endif
