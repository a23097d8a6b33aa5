/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The line between the two ends of a migration: a pair of sockets within one host, or a port
 * between two hosts (ES_LINK names the device).  The same line serves many migrations, also after
 * one end's process was killed in the middle.  So the data is divided into frames, each is
 * acknowledged before the next, and an end that receives nothing for a while assumes that the other
 * one is dead.
 *
 * One end asks; the other one serves: it plays the requested role, once for each vmm_link_ask().
 */
#ifndef ES_VMM_LINK_H
#define ES_VMM_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmm_link {
	int fd;
	bool remote;	/* the other end is another host */
	bool over;	/* the other end does not continue, or is dead */
	int result;	/* the result of a role: 0, 1; -1: not known yet */
};

/* Play one role at the serving end; false: something was not as it must be. */
typedef bool (*vmm_role_fn)(struct vmm_link *link);

/* Return the device that ES_LINK names, or NULL. */
const char *vmm_link_device(void);
/* Open that device, or create a process that serves here. */
void vmm_link_open(struct vmm_link *link, const vmm_role_fn *roles, unsigned int nr_roles);
/* Serve until there are no requests any more; true: the last role was content. */
bool vmm_link_serve(const vmm_role_fn *roles, unsigned int nr_roles);

void vmm_link_ask(struct vmm_link *link, uint32_t role);
/* End the wait of the other end, and wait for its result. */
bool vmm_link_content(struct vmm_link *link);
void vmm_link_close(struct vmm_link *link);

/* Send data; false: the other end has ended. */
bool vmm_put(struct vmm_link *link, const void *data, size_t len_bytes);
bool vmm_get(struct vmm_link *link, void *data, size_t len_bytes);

#endif
