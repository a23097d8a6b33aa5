/* SPDX-License-Identifier: GPL-2.0 */
/*
 * es-stat's samples of the counters: the contents of es_counters of each VM at one moment.
 */
#ifndef ES_STAT_SAMPLE_H
#define ES_STAT_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ALL_VCPUS	-1
#define MAX_ROWS	128	/* events and reasons: three times as many as there are */

/* Exit status. */
enum status { GOOD, UNREADABLE, USAGE, NO_VM };

#define die(status, ...)	\
	exit((fflush(stdout), fprintf(stderr, "es-stat: " __VA_ARGS__), fputc('\n', stderr),	\
	      status))

/* One event of the protocol, one reason for rejected requests, or one kind of lapse. */
enum row_kind { EVENT, REFUSED, TOLERATED, NR_ROW_KINDS };

struct row {
	enum row_kind kind;
	char name[40];
	uint64_t count, time_ns;
};

/* The unit of output: a VM, or one of its vCPUs. */
struct block {
	char vm[32];		/* PID-FD */
	int vcpu;
	double age_s, read_at_s;
	size_t nr;
	struct row rows[MAX_ROWS];
};

/* A VM that has counters, which could not be read. */
struct unread {
	char vm[32];
	int error;		/* errno */
};

struct sample {
	struct block *blocks;
	size_t nr;
	struct unread *unread;
	size_t nr_unread;
};

/* The selection of VMs and vCPUs to read. */
struct wanted {
	const char *sys;	/* /sys, but for tests */
	const char *vm;		/* PID-FD or PID; "": all */
	bool per_vcpu;		/* a block for each vCPU */
	int vcpu;		/* only this one, or ALL_VCPUS */
};

double now_s(clockid_t clock);

/* Take a sample.  End the program with one sentence when nothing can be read. */
struct sample take_sample(const struct wanted *wanted);
_Noreturn void die_of_nothing(const struct wanted *wanted);

struct block *find_block(const struct sample *sample, const char *vm, int vcpu);
struct row *find_row(struct block *block, const struct row *like);

#endif
