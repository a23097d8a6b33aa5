/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two threads that look at the clock all the time: it may leap while the VMM pauses the guest, and never goes back,
 * whichever CPU is asked.
 */
#ifndef ES_GUEST_LINUX_CLOCKS_H
#define ES_GUEST_LINUX_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>

uint64_t clocks_now_ns(void);
void clocks_watch(void);
/* Since the last call. */
bool clocks_went_back(void);
uint64_t clocks_longest_gap_ns(void);
/* Is it KVM's clock? */
bool clocks_source_good(void);

#endif
