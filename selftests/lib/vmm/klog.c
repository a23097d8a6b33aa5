// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include "env.h"
#include "klog.h"

#define READ_ALL	3
#define LOG_BYTES	10

unsigned int vmm_logged(const char *words)
{
	int size_bytes = klogctl(LOG_BYTES, NULL, 0), len;
	char *text = size_bytes > 0 ? malloc(size_bytes + 1) : NULL, *at;
	unsigned int nr = 0;

	len = text ? klogctl(READ_ALL, text, size_bytes) : -1;
	if (len < 0)
		vmm_fail("the kernel's log cannot be read: %m");
	text[len] = 0;
	for (at = text; (at = strstr(at, words)); at += strlen(words))
		nr++;
	free(text);
	return nr;
}
