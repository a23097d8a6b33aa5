/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules of the pure files as invariants, for two engines: the model checker (proof/) proves
 * that no input breaks one, the fuzzer (fuzz/) searches for one that does.  A rule is one MUST()
 * with a sentence, which a report shows.  The other files of this folder hold the rules, one file
 * for each pure file, written from the specification and not from svm/: a rule that both have wrong
 * is not found.
 */
#ifndef ES_ORACLE_H
#define ES_ORACLE_H

#include "../../../include/es/pure.h"

/* Arithmetic on addresses that cannot wrap. */
#define u128 unsigned __int128

#ifdef __CPROVER__
#define MUST(condition, sentence) __CPROVER_assert(condition, sentence)
#else
#include <stdio.h>
#include <stdlib.h>

#define MUST(condition, sentence) \
	((condition) ? (void)0 : oracle_broken(__FILE__, __LINE__, sentence))

static inline void oracle_broken(const char *file, int line, const char *sentence)
{
	fprintf(stderr, "rule broken: %s (%s:%d)\n", sentence, file, line);
	abort();
}
#endif

#endif
