// SPDX-License-Identifier: GPL-2.0
/*
 * The line between the two ends of a migration: frames, their answers, and who serves.
 */
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "env.h"

#define MAGIC		0x6b6e694c53452d6dull
#define FRAME_BYTES	4096u
#define ASK_MS		1000
#define IDLE_MS		(5 * 60 * 1000)
#define COME_S		120

enum frame_kind { FRAME_ROLE, FRAME_DATA, FRAME_ANSWER, FRAME_HANG_UP, FRAME_VERDICT };

struct frame {
	uint64_t magic;
	uint32_t kind, number;	/* a role, bytes that follow, a verdict */
};

const char *es_link_device(void)
{
	return getenv("ES_LINK");
}

/* False: nothing can be read or written within the limit, or the other end is gone. */
static bool ready(struct es_link *link, short events, int limit_ms)
{
	struct pollfd fd = { .fd = link->fd, .events = events };

	return poll(&fd, 1, limit_ms) > 0 && (fd.revents & events);
}

static bool write_all(struct es_link *link, const void *data, size_t len_bytes)
{
	ssize_t done;

	for (; len_bytes; data = (const uint8_t *)data + done, len_bytes -= done) {
		if (!ready(link, POLLOUT, es_time_limit_s() * 1000))
			return false;
		done = write(link->fd, data, len_bytes);
		if (done <= 0)
			return false;
	}
	return true;
}

static bool read_all(struct es_link *link, void *data, size_t len_bytes, int limit_ms)
{
	ssize_t done;

	for (; len_bytes; data = (uint8_t *)data + done, len_bytes -= done) {
		if (!ready(link, POLLIN, limit_ms))
			return false;
		done = read(link->fd, data, len_bytes);
		if (done <= 0)
			return false;
	}
	return true;
}

static bool write_frame(struct es_link *link, uint32_t kind, uint32_t number)
{
	struct frame frame = { .magic = MAGIC, .kind = kind, .number = number };

	return write_all(link, &frame, sizeof(frame));
}

/* What a role left on the line when it was killed comes first, and is passed over. */
static bool read_frame(struct es_link *link, struct frame *frame, int limit_ms)
{
	uint8_t *bytes = (uint8_t *)frame;

	if (!read_all(link, frame, sizeof(*frame), limit_ms))
		return false;
	while (frame->magic != MAGIC) {
		memmove(bytes, bytes + 1, sizeof(*frame) - 1);
		if (!read_all(link, bytes + sizeof(*frame) - 1, 1, limit_ms))
			return false;
	}
	return true;
}

/* Waits for a frame of that kind, or the end. */
static bool expect_frame(struct es_link *link, uint32_t kind, uint32_t *number)
{
	struct frame frame;

	while (!link->over && read_frame(link, &frame, es_time_limit_s() * 1000)) {
		*number = frame.number;
		if (frame.kind == kind)
			return true;
		if (frame.kind == FRAME_VERDICT)
			link->verdict = frame.number;
		link->over = frame.kind == FRAME_VERDICT || frame.kind == FRAME_HANG_UP;
	}
	link->over = true;
	return false;
}

bool es_put(struct es_link *link, const void *data, size_t len_bytes)
{
	uint32_t piece_bytes, ignored;

	for (; len_bytes; data = (const uint8_t *)data + piece_bytes, len_bytes -= piece_bytes) {
		piece_bytes = len_bytes < FRAME_BYTES ? len_bytes : FRAME_BYTES;
		if (link->over || !write_frame(link, FRAME_DATA, piece_bytes) ||
		    !write_all(link, data, piece_bytes) || !expect_frame(link, FRAME_ANSWER, &ignored))
			return false;
	}
	return true;
}

bool es_get(struct es_link *link, void *data, size_t len_bytes)
{
	uint32_t piece_bytes;

	for (; len_bytes; data = (uint8_t *)data + piece_bytes, len_bytes -= piece_bytes) {
		if (!expect_frame(link, FRAME_DATA, &piece_bytes) || piece_bytes > len_bytes ||
		    !read_all(link, data, piece_bytes, es_time_limit_s() * 1000) ||
		    !write_frame(link, FRAME_ANSWER, 0))
			return false;
	}
	return true;
}

static void open_device(struct es_link *link)
{
	link->fd = open(es_link_device(), O_RDWR | O_NONBLOCK);
	if (link->fd < 0)
		es_fail("the line to the other host, %s, cannot be opened: %m", es_link_device());
}

/* A role is played by a process of its own: what it leaves behind goes with it. */
static int play(struct es_link *link, es_role_fn role)
{
	int status = 1;
	pid_t player = fork();

	if (!player) {
		bool content = role(link);

		fflush(stdout);
		_exit(content ? 0 : 1);
	}
	waitpid(player, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Ends when nobody asks any more: the other end is gone, or has not come. */
static bool serve(struct es_link *link, const es_role_fn *roles, unsigned int nr_roles)
{
	struct frame frame;
	int bad = -1, tries;

	for (tries = 0; bad < 0 && tries < COME_S; tries++) {
		while (read_frame(link, &frame, IDLE_MS)) {
			if (frame.kind != FRAME_ROLE || frame.number >= nr_roles)
				continue;
			write_frame(link, FRAME_ANSWER, 0);
			bad = play(link, roles[frame.number]);
			printf("# role %u: %s\n", frame.number, bad ? "not content" : "content");
			fflush(stdout);
			write_frame(link, FRAME_VERDICT, bad);
		}
		sleep(bad < 0);
	}
	return !bad;
}

void es_link_open(struct es_link *link, const es_role_fn *roles, unsigned int nr_roles)
{
	int ends[2];

	*link = (struct es_link){ .remote = es_link_device() };
	if (link->remote) {
		open_device(link);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		es_fail("a pair of sockets cannot be made: %m");
	fflush(stdout);
	if (!fork()) {
		link->fd = ends[1];
		close(ends[0]);
		_exit(serve(link, roles, nr_roles) ? 0 : 1);
	}
	link->fd = ends[0];
	close(ends[1]);
}

bool es_link_serve(const es_role_fn *roles, unsigned int nr_roles)
{
	struct es_link link = { .remote = true };

	open_device(&link);
	return serve(&link, roles, nr_roles);
}

/* Until the other host has started, nobody listens. */
void es_link_ask(struct es_link *link, uint32_t role)
{
	struct frame frame;
	int tries;

	link->over = false;
	link->verdict = -1;
	for (tries = 0; tries < COME_S; tries++) {
		if (!write_frame(link, FRAME_ROLE, role))
			sleep(1);
		while (read_frame(link, &frame, ASK_MS)) {
			if (frame.kind == FRAME_ANSWER)
				return;
		}
	}
	es_fail("the other end of the line does not listen");
}

bool es_link_content(struct es_link *link)
{
	uint32_t verdict;

	if (link->verdict < 0) {
		link->over = !write_frame(link, FRAME_HANG_UP, 0);
		if (expect_frame(link, FRAME_VERDICT, &verdict))
			link->verdict = verdict;
		else if (link->verdict < 0)
			link->verdict = 1;
	}
	return !link->verdict;
}

void es_link_close(struct es_link *link)
{
	close(link->fd);
}
