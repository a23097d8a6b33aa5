/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The records that the VMM and the init of its Linux guest exchange over the second serial port,
 * one each in every round.  Both ends check what they get.
 */
#ifndef ES_GUEST_LINUX_TALK_H
#define ES_GUEST_LINUX_TALK_H

#include <stddef.h>
#include <stdint.h>

#define TALK_READY	"es-init: ready\n"	/* the guest's first words there */
#define TALK_ASK	0x41534b21u
#define TALK_ANSWER	0x414e5321u
#define TALK_BYTES	512

/* The faults that the guest found in a round, one bit each. */
enum talk_fault {
	TALK_SUM, TALK_ORDER, TALK_CLOCK_BACK, TALK_CLOCK_SOURCE, TALK_TIMER, TALK_SLEEP,
	TALK_SERIAL, TALK_OFFLINE, TALK_ONLINE, TALK_PLACE, TALK_AP_TIMER, TALK_CPUID, TALK_MEMORY,
	TALK_FLOAT, TALK_KERNEL, TALK_FAULTS
};

struct talk_ask {
	uint32_t magic, round;
	uint8_t data[TALK_BYTES];
	uint32_t sum;		/* of all before it */
};

struct talk_answer {
	uint32_t magic, round;
	uint32_t faults, timer_ticks, serial_interrupts, ap_ticks;
	uint64_t clock_ns;	/* the guest's CLOCK_MONOTONIC */
	uint64_t longest_gap_ns;	/* between two reads of the clock in this round */
	uint8_t data[TALK_BYTES];
	uint32_t sum;
};

/* Return the FNV-1a checksum; a lost, doubled or changed byte changes it. */
static inline uint32_t talk_sum(const void *data, size_t bytes)
{
	const uint8_t *at = data;
	uint32_t sum = 0x811c9dc5;

	while (bytes--)
		sum = (sum ^ *at++) * 0x01000193;
	return sum;
}

/* Fill with data that differ in each round. */
static inline void talk_fill(uint8_t *data, uint32_t seed)
{
	uint32_t x = seed * 2654435761u | 1;
	unsigned int i;

	for (i = 0; i < TALK_BYTES; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		data[i] = x;
	}
}

#endif
