/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Properties of the host.
 */
#ifndef SVM_MAIN_H
#define SVM_MAIN_H

#include <linux/types.h>

/* Return the number of the C-bit in an address. */
u8 es_host_cbit(void);

#endif
