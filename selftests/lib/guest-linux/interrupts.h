/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The number of interrupts of a kind that each CPU has had, from /proc/interrupts.
 */
#ifndef ES_GUEST_LINUX_INTERRUPTS_H
#define ES_GUEST_LINUX_INTERRUPTS_H

#define INTERRUPTS_TIMER	"LOC:"	/* of the local APIC */
#define INTERRUPTS_SERIAL	"3:"	/* of the second serial port */

/* Return the count of CPU number nr of those online. */
unsigned long interrupt_count(const char *kind, unsigned int nr);

#endif
