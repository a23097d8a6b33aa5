/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a test runs: prints kernel and module as TAP comments before the first case, and ends the
 * program with a skip and its reason when the host has no SEV-ES.  Include it once in each test.
 */
#ifndef ES_VMM_ENV_H
#define ES_VMM_ENV_H

#include <stdbool.h>
#include "../spec/compiler.h"

/* Returns why the tests cannot run here, or NULL. */
const char *es_env_lacks(void);
void es_env_print(void);
bool es_env_stock_module(void);

/* Seconds that a test waits for anything: ES_TIME_LIMIT_S, else 30. */
unsigned int es_time_limit_s(void);

/* Ends the running case as failed: what was wanted or seen, and how to run just this again. */
printf_like(1, 2) _Noreturn void es_fail(const char *format, ...);
void es_print_rerun(void);

#ifdef __KSELFTEST_HARNESS_H
static void __attribute__((constructor)) es_env_check(void)
{
	const char *reason = es_env_lacks();

	es_env_print();
	if (!reason)
		return;
	ksft_print_header();
	ksft_exit_skip("%s\n", reason);
}
#endif

#endif
