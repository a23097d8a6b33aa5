// SPDX-License-Identifier: GPL-2.0
/*
 * The line between the two ends of a migration: frames, their responses, and the end that serves.
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

enum frame_kind { FRAME_ROLE, FRAME_DATA, FRAME_ANSWER, FRAME_HANG_UP, FRAME_RESULT };

struct frame {
	uint64_t magic;
	uint32_t kind, number;	/* a role, bytes that follow, a result */
};

const char *vmm_link_device(void)
{
	return getenv("ES_LINK");
}

/*
 * Wait until ready; false: nothing can be read or written within the limit, or the other end is
 * dead.
 */
static bool ready(struct vmm_link *link, short events, int limit_ms)
{
	struct pollfd fd = { .fd = link->fd, .events = events };

	return poll(&fd, 1, limit_ms) > 0 && (fd.revents & events);
}

static bool write_all(struct vmm_link *link, const void *data, size_t len_bytes)
{
	ssize_t done;

	for (; len_bytes; data = (const uint8_t *)data + done, len_bytes -= done) {
		if (!ready(link, POLLOUT, vmm_time_limit_s() * 1000))
			return false;
		done = write(link->fd, data, len_bytes);
		if (done <= 0)
			return false;
	}
	return true;
}

static bool read_all(struct vmm_link *link, void *data, size_t len_bytes, int limit_ms)
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

static bool write_frame(struct vmm_link *link, uint32_t kind, uint32_t number)
{
	struct frame frame = { .magic = MAGIC, .kind = kind, .number = number };

	return write_all(link, &frame, sizeof(frame));
}

/* Read a frame.  Skip the data that a killed role left on the line. */
static bool read_frame(struct vmm_link *link, struct frame *frame, int limit_ms)
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

/* Wait for a frame of that kind, or the end. */
static bool expect_frame(struct vmm_link *link, uint32_t kind, uint32_t *number)
{
	struct frame frame;

	while (!link->over && read_frame(link, &frame, vmm_time_limit_s() * 1000)) {
		*number = frame.number;
		if (frame.kind == kind)
			return true;
		if (frame.kind == FRAME_RESULT)
			link->result = frame.number;
		link->over = frame.kind == FRAME_RESULT || frame.kind == FRAME_HANG_UP;
	}
	link->over = true;
	return false;
}

bool vmm_put(struct vmm_link *link, const void *data, size_t len_bytes)
{
	uint32_t piece_bytes, ignored;

	for (; len_bytes; data = (const uint8_t *)data + piece_bytes, len_bytes -= piece_bytes) {
		piece_bytes = len_bytes < FRAME_BYTES ? len_bytes : FRAME_BYTES;
		if (link->over || !write_frame(link, FRAME_DATA, piece_bytes) ||
		    !write_all(link, data, piece_bytes) ||
		    !expect_frame(link, FRAME_ANSWER, &ignored))
			return false;
	}
	return true;
}

bool vmm_get(struct vmm_link *link, void *data, size_t len_bytes)
{
	uint32_t piece_bytes;

	for (; len_bytes; data = (uint8_t *)data + piece_bytes, len_bytes -= piece_bytes) {
		if (!expect_frame(link, FRAME_DATA, &piece_bytes) || piece_bytes > len_bytes ||
		    !read_all(link, data, piece_bytes, vmm_time_limit_s() * 1000) ||
		    !write_frame(link, FRAME_ANSWER, 0))
			return false;
	}
	return true;
}

static void open_device(struct vmm_link *link)
{
	link->fd = open(vmm_link_device(), O_RDWR | O_NONBLOCK);
	if (link->fd < 0)
		vmm_fail("the line to the other host, %s, cannot be opened: %m", vmm_link_device());
}

/* Play a role in a separate process, so that everything that it leaves ends with it. */
static int play(struct vmm_link *link, vmm_role_fn role)
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

/* Serve until there are no requests any more: the other end has ended, or has not come. */
static bool serve(struct vmm_link *link, const vmm_role_fn *roles, unsigned int nr_roles)
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
			write_frame(link, FRAME_RESULT, bad);
		}
		sleep(bad < 0);
	}
	return !bad;
}

void vmm_link_open(struct vmm_link *link, const vmm_role_fn *roles, unsigned int nr_roles)
{
	int ends[2];

	*link = (struct vmm_link){ .remote = vmm_link_device() };
	if (link->remote) {
		open_device(link);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		vmm_fail("a pair of sockets cannot be made: %m");
	fflush(stdout);
	if (!fork()) {
		link->fd = ends[1];
		close(ends[0]);
		_exit(serve(link, roles, nr_roles) ? 0 : 1);
	}
	link->fd = ends[0];
	close(ends[1]);
}

bool vmm_link_serve(const vmm_role_fn *roles, unsigned int nr_roles)
{
	struct vmm_link link = { .remote = true };

	open_device(&link);
	return serve(&link, roles, nr_roles);
}

/* Repeat the request: until the other host has started, it does not listen. */
void vmm_link_ask(struct vmm_link *link, uint32_t role)
{
	struct frame frame;
	int tries;

	link->over = false;
	link->result = -1;
	for (tries = 0; tries < COME_S; tries++) {
		if (!write_frame(link, FRAME_ROLE, role))
			sleep(1);
		while (read_frame(link, &frame, ASK_MS)) {
			if (frame.kind == FRAME_ANSWER)
				return;
		}
	}
	vmm_fail("the other end of the line does not listen");
}

bool vmm_link_content(struct vmm_link *link)
{
	uint32_t result;

	if (link->result < 0) {
		link->over = !write_frame(link, FRAME_HANG_UP, 0);
		if (expect_frame(link, FRAME_RESULT, &result))
			link->result = result;
		else if (link->result < 0)
			link->result = 1;
	}
	return !link->result;
}

void vmm_link_close(struct vmm_link *link)
{
	close(link->fd);
}
