/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The second serial port: records of talk.h, byte for byte.
 */
#ifndef ES_GUEST_LINUX_LINK_H
#define ES_GUEST_LINUX_LINK_H

#include <stdbool.h>
#include <stddef.h>

bool link_open(void);
bool link_read(void *data, size_t bytes);
bool link_write(const void *data, size_t bytes);

#endif
