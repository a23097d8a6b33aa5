/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's trace buffer (Documentation/trace/ftrace.rst of the kernel).  An error of reading or
 * writing ends the running case.
 */
#ifndef ES_VMM_TRACEFS_H
#define ES_VMM_TRACEFS_H

#include <stdbool.h>

/* Turn an event on or off; EVENT is "system/name".  Empty the buffer when an event is turned on. */
void vmm_trace(const char *event, bool on);

/* Return how many lines of the buffer hold WORDS. */
unsigned int vmm_traced(const char *words);

#endif
