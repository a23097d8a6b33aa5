// SPDX-License-Identifier: GPL-2.0
#include "files.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void files_read(const char *path, char *text, size_t bytes)
{
	int fd = open(path, O_RDONLY);
	size_t have = 0;
	ssize_t got;

	while (fd >= 0 && have < bytes - 1 && (got = read(fd, text + have, bytes - 1 - have)) > 0)
		have += got;
	text[have] = 0;
	if (fd >= 0)
		close(fd);
}

bool files_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}
