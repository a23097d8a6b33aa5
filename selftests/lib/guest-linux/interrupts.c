// SPDX-License-Identifier: GPL-2.0
#include "interrupts.h"

#include <stdlib.h>
#include <string.h>
#include "files.h"

unsigned long interrupt_count(const char *kind, unsigned int nr)
{
	static char text[16384];
	unsigned long count = 0;
	char *line, *at, *end;

	files_read("/proc/interrupts", text, sizeof(text));
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		at = line + strspn(line, " ");
		if (strncmp(at, kind, strlen(kind)))
			continue;
		for (at += strlen(kind); nr + 1; nr--, at = end)
			count = strtoul(at, &end, 10);
		return count;
	}
	return 0;
}
