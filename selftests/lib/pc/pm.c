// SPDX-License-Identifier: GPL-2.0
#include "pm.h"

#include <time.h>

#define TIMER_HZ	3579545u
#define TIMER_MASK	0xffffffu
#define ENABLE		2
#define SCI_ENABLED	1u	/* there is no other mode */

static uint32_t timer(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (t.tv_sec * TIMER_HZ + t.tv_nsec * (uint64_t)TIMER_HZ / 1000000000) & TIMER_MASK;
}

uint32_t pm_in(void *opaque, uint16_t offset, unsigned int bytes)
{
	struct pm *pm = opaque;

	(void)bytes;
	switch (offset) {
	case PM_EVENT + ENABLE: return pm->enable;
	case PM_CONTROL: return pm->control | SCI_ENABLED;
	case PM_TIMER: return timer();
	default: return 0;
	}
}

void pm_out(void *opaque, uint16_t offset, unsigned int bytes, uint32_t value)
{
	struct pm *pm = opaque;

	(void)bytes;
	if (offset == PM_EVENT + ENABLE)
		pm->enable = value;
	else if (offset == PM_CONTROL)
		pm->control = value;
}
