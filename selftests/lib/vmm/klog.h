/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host kernel's log.
 */
#ifndef ES_VMM_KLOG_H
#define ES_VMM_KLOG_H

/* Return how many lines of the log hold WORDS.  End the running case if the log cannot be read. */
unsigned int vmm_logged(const char *words);

#endif
