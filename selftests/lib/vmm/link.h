/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The line between the two ends of a migration: a pair of sockets within one host, or a port between two hosts
 * (ES_LINK names the device).  The same line serves many migrations, also after one end's process was killed in
 * the middle.  So what goes over it is cut into frames, each is answered before the next, and who hears nothing
 * for a while takes the other end for dead.
 *
 * One end asks; the other one serves: it plays the role that it is asked for, once for each es_link_ask().
 */
#ifndef ES_VMM_LINK_H
#define ES_VMM_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct es_link {
	int fd;
	bool remote;	/* the other end is another host */
	bool over;	/* the other end wants no more of it, or is dead */
	int verdict;	/* what a role has come to: 0, 1; -1: not known yet */
};

/* Plays one role at the serving end; false: something was not as it must be. */
typedef bool (*es_role_fn)(struct es_link *link);

/* The device that ES_LINK names, or NULL. */
const char *es_link_device(void);
/* Opens that device, or makes a process that serves here. */
void es_link_open(struct es_link *link, const es_role_fn *roles, unsigned int nr_roles);
/* Serves until nobody asks any more; true: the last role was content. */
bool es_link_serve(const es_role_fn *roles, unsigned int nr_roles);

void es_link_ask(struct es_link *link, uint32_t role);
/* The other end shall not wait for us; waits for its verdict. */
bool es_link_content(struct es_link *link);
void es_link_close(struct es_link *link);

/* False: the other end is gone. */
bool es_put(struct es_link *link, const void *data, size_t len_bytes);
bool es_get(struct es_link *link, void *data, size_t len_bytes);

#endif
