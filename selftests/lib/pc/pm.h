/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ACPI power management registers: status, enable, control, and the timer of 3.58 MHz by which OVMF
 * waits.
 *
 * Source: ACPI 6.4, section 4.8.
 */
#ifndef ES_PC_PM_H
#define ES_PC_PM_H

#include <stdint.h>

#define PM_BASE		0xb000	/* where OVMF puts them on an i440FX */
#define PM_PORTS	64
#define PM_EVENT	0	/* offsets */
#define PM_CONTROL	4
#define PM_TIMER	8

struct pm {
	uint16_t enable, control;
};

uint32_t pm_in(void *pm, uint16_t offset, unsigned int bytes);
void pm_out(void *pm, uint16_t offset, unsigned int bytes, uint32_t value);

#endif
