/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The VMM's end of the talk with the guest's init (guest-linux/talk.h): the VMM requests a round,
 * gets a record and checks it.
 */
#ifndef ES_PC_TALK_H
#define ES_PC_TALK_H

#include "../guest-linux/talk.h"
#include "pc.h"

struct talk {
	struct pc *pc;
	uint32_t round;
	uint64_t asked_ns;
	/* By how much the guest's clock is ahead of the host's, as far as the records show. */
	int64_t ahead_least_ns, ahead_most_ns;
	uint64_t first_ns;
	struct talk_answer answer;
	char text[100];		/* of the console: a line that has not ended */
	unsigned int text_bytes;
};

/*
 * Wait for the guest's first words; false: they did not come within SECONDS, or the guest ended.
 * Show the console.
 */
bool talk_begin(struct talk *talk, struct pc *pc, unsigned int seconds);
void talk_ask(struct talk *talk);
/* Wait for the guest's record; false as for talk_begin(). */
bool talk_wait(struct talk *talk, unsigned int seconds);
/* Return what is wrong with the record, in words; NULL: nothing. */
const char *talk_result(struct talk *talk);

#endif
