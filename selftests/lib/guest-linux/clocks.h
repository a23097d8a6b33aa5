/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two threads that read the clock all the time: it may leap while the VMM pauses the guest, and
 * never goes back, whichever CPU reads it.
 */
#ifndef ES_GUEST_LINUX_CLOCKS_H
#define ES_GUEST_LINUX_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>

uint64_t clocks_now_ns(void);
void clocks_watch(void);
/* Return true if the clock went back since the last call. */
bool clocks_went_back(void);
uint64_t clocks_longest_gap_ns(void);
/* Return true if the clock source is KVM's clock. */
bool clocks_source_good(void);

#endif
