// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "env.h"
#include "tracefs.h"

#define TRACING		"/sys/kernel/tracing"

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		vmm_fail("%s cannot be written: %s", path, strerror(errno));
	close(fd);
}

void vmm_trace(const char *event, bool on)
{
	char path[128];

	if (on)
		write_file(TRACING "/trace", "\n");
	snprintf(path, sizeof(path), TRACING "/events/%s/enable", event);
	write_file(path, on ? "1" : "0");
}

unsigned int vmm_traced(const char *words)
{
	FILE *file = fopen(TRACING "/trace", "r");
	unsigned int nr = 0;
	char line[512];

	if (!file)
		vmm_fail(TRACING "/trace cannot be read: %s", strerror(errno));
	while (fgets(line, sizeof(line), file))
		nr += strstr(line, words) != NULL;
	fclose(file);
	return nr;
}
