/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The environment of a test: prints kernel and module as TAP comments before the first case, and
 * ends the program with a skip and its reason when the host has no SEV-ES.  Include it once in each
 * test.
 */
#ifndef ES_VMM_ENV_H
#define ES_VMM_ENV_H

#include <stdbool.h>
#include "../spec/compiler.h"

/* Return why the tests cannot run here, or NULL. */
const char *vmm_env_lacks(void);
void vmm_env_print(void);
bool vmm_env_stock_module(void);

/* Return the seconds that a test waits for anything: ES_TIME_LIMIT_S, else 30. */
unsigned int vmm_time_limit_s(void);

/*
 * End the running case as failed; print what was wanted or seen, and how to run only this case
 * again.
 */
printf_like(1, 2) _Noreturn void vmm_fail(const char *format, ...);
void vmm_print_rerun(void);

#ifdef __KSELFTEST_HARNESS_H
static void __attribute__((constructor)) vmm_env_check(void)
{
	const char *reason = vmm_env_lacks();

	vmm_env_print();
	if (!reason)
		return;
	ksft_print_header();
	ksft_exit_skip("%s\n", reason);
}
#endif

#endif
