/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The line between the two ends of a migration: a pair of sockets within one host, or a port between two hosts
 * (ES_LINK names the device).  The same line serves many migrations, also after one end's process was killed in
 * the middle.  So what goes over it is cut into frames, each is answered before the next, and who hears nothing
 * for a while takes the other end for dead.
 *
 * One end asks; the other one serves: it plays the role that it is asked for, once for each vmm_link_ask().
 */
#ifndef ES_VMM_LINK_H
#define ES_VMM_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmm_link {
	int fd;
	bool remote;	/* the other end is another host */
	bool over;	/* the other end wants no more of it, or is dead */
	int verdict;	/* what a role has come to: 0, 1; -1: not known yet */
};

/* Plays one role at the serving end; false: something was not as it must be. */
typedef bool (*vmm_role_fn)(struct vmm_link *link);

/* The device that ES_LINK names, or NULL. */
const char *vmm_link_device(void);
/* Opens that device, or makes a process that serves here. */
void vmm_link_open(struct vmm_link *link, const vmm_role_fn *roles, unsigned int nr_roles);
/* Serves until nobody asks any more; true: the last role was content. */
bool vmm_link_serve(const vmm_role_fn *roles, unsigned int nr_roles);

void vmm_link_ask(struct vmm_link *link, uint32_t role);
/* The other end shall not wait for us; waits for its verdict. */
bool vmm_link_content(struct vmm_link *link);
void vmm_link_close(struct vmm_link *link);

/* False: the other end is gone. */
bool vmm_put(struct vmm_link *link, const void *data, size_t len_bytes);
bool vmm_get(struct vmm_link *link, void *data, size_t len_bytes);

#endif
