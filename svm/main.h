/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module as a whole.
 */
#ifndef SVM_MAIN_H
#define SVM_MAIN_H

#include <linux/types.h>

/* Called once, when the module is loaded. */
void es_hardware_setup(void);

/* Return the number of the C-bit in an address. */
u8 es_host_cbit(void);

#endif
