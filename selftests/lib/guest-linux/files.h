/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small files of /proc and /sys.
 */
#ifndef ES_GUEST_LINUX_FILES_H
#define ES_GUEST_LINUX_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Read the whole file as text; empty when it cannot be read. */
void files_read(const char *path, char *text, size_t bytes);
bool files_write(const char *path, const char *text);

#endif
