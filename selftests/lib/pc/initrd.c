// SPDX-License-Identifier: GPL-2.0
#include "initrd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "../vmm/env.h"

#define HEADER_BYTES	110
#define CONSOLE_MAJOR	5
#define CONSOLE_MINOR	1

struct archive {
	uint8_t *at;
	unsigned int inode;
};

static uint32_t padded(uint32_t bytes)
{
	return (bytes + 3) & ~3u;
}

static void add(struct archive *archive, const char *name, unsigned int mode, const void *data,
		uint32_t bytes, unsigned int major, unsigned int minor)
{
	uint32_t name_bytes = strlen(name) + 1;

	sprintf((char *)archive->at, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		++archive->inode, mode, 0, 0, 1, 0, bytes, 0, 0, major, minor, name_bytes, 0);
	memcpy(archive->at + HEADER_BYTES, name, name_bytes);
	archive->at += padded(HEADER_BYTES + name_bytes);
	if (bytes)
		memcpy(archive->at, data, bytes);
	archive->at += padded(bytes);
}

uint8_t *initrd_make(const uint8_t *init, uint32_t init_bytes, uint32_t *bytes)
{
	uint8_t *start = calloc(1, padded(init_bytes) + 4096);
	struct archive archive = { .at = start };

	if (!start)
		vmm_fail("there is no memory for an initramfs of %u bytes", init_bytes);
	add(&archive, "dev", S_IFDIR | 0755, NULL, 0, 0, 0);
	add(&archive, "dev/console", S_IFCHR | 0600, NULL, 0, CONSOLE_MAJOR, CONSOLE_MINOR);
	add(&archive, "proc", S_IFDIR | 0755, NULL, 0, 0, 0);
	add(&archive, "sys", S_IFDIR | 0755, NULL, 0, 0, 0);
	add(&archive, "init", S_IFREG | 0755, init, init_bytes, 0, 0);
	add(&archive, "TRAILER!!!", 0, NULL, 0, 0, 0);
	*bytes = archive.at - start;
	return start;
}
