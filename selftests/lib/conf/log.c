// SPDX-License-Identifier: GPL-2.0
/*
 * The host's kernel log: no guest may make it grow.
 *
 * Source: Documentation/ABI/testing/dev-kmsg (one record a read, the text after the first ';').
 */
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "../vmm/env.h"

void conf_log_open(struct conf *c)
{
	c->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (c->kmsg < 0)
		vmm_fail("opening /dev/kmsg failed: %m");
	lseek(c->kmsg, 0, SEEK_END);
}

void conf_log_skip(struct conf *c)
{
	lseek(c->kmsg, 0, SEEK_END);
}

/* Return the text of a record, without the process and the vCPU that KVM names in front of it. */
static const char *text_of(const char *record)
{
	const char *text = strchr(record, ';'), *place = strstr(record, "guest rIP: 0x");

	if (place)
		return strchr(place + strlen("guest rIP: "), ' ') + 1;
	return text ? text + 1 : "?";
}

/*
 * Return true for the message of a host kernel that did not get the processor for a while, because
 * the machine that emulates the host was busy.  No guest can cause it by a request.
 */
static bool is_about_delay(const char *text)
{
	static const char * const starts[] = {
		"clocksource: ", "hrtimer: interrupt took ", "perf: interrupt took too long ",
		NULL
	};
	const char * const *start;

	for (start = starts; *start; start++)
		if (!strncmp(text, *start, strlen(*start)))
			return true;
	return false;
}

/*
 * Check for new records.  EPIPE: records were overwritten before they were read, so there were
 * many.
 */
void conf_log_check(struct conf *c)
{
	char record[1024], first[64] = "";
	unsigned int nr = 0;
	ssize_t len;

	while ((len = read(c->kmsg, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		record[len > 0 ? len : 0] = 0;
		errno = 0;
		if (is_about_delay(text_of(record)) || nr++)
			continue;
		snprintf(first, sizeof(first), "%s", text_of(record));
		first[strcspn(first, "\n")] = 0;
	}
	if (!nr)
		return;
	c->log_grew = true;
	conf_note(c, "the host's log grew by %u: %s", nr, first);
}
