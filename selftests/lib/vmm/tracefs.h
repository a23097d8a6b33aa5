/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's trace buffer (Documentation/trace/ftrace.rst of the kernel).  What cannot be read or written
 * ends the running case.
 */
#ifndef ES_VMM_TRACEFS_H
#define ES_VMM_TRACEFS_H

#include <stdbool.h>

/* EVENT is "system/name".  Empties the buffer when it turns an event on. */
void vmm_trace(const char *event, bool on);

/* How many lines of the buffer hold WORDS. */
unsigned int vmm_traced(const char *words);

#endif
