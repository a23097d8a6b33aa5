// SPDX-License-Identifier: GPL-2.0
/*
 * Reading es_counters of every VM that is wanted; the module's side, with the format, is
 * svm/stats.c.
 */
#include "sample.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT		3	/* of es_counters */

static const struct wanted *opt;

double now_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

struct block *find_block(const struct sample *sample, const char *vm, int vcpu)
{
	size_t i;

	for (i = 0; i < sample->nr; i++) {
		if (sample->blocks[i].vcpu == vcpu && !strcmp(sample->blocks[i].vm, vm))
			return &sample->blocks[i];
	}
	return NULL;
}

static struct block *add_block(struct sample *sample, const struct block *head, int vcpu)
{
	struct block *block = find_block(sample, head->vm, vcpu);

	if (block)
		return block;
	sample->blocks = reallocarray(sample->blocks, sample->nr + 1, sizeof(*block));
	if (!sample->blocks)
		die(UNREADABLE, "There is no memory left.");
	block = &sample->blocks[sample->nr++];
	*block = *head;
	block->vcpu = vcpu;
	return block;
}

struct row *find_row(struct block *block, const struct row *like)
{
	size_t i;

	for (i = 0; i < block->nr; i++) {
		if (block->rows[i].kind == like->kind && !strcmp(block->rows[i].name, like->name))
			return &block->rows[i];
	}
	return NULL;
}

static void add_row(struct block *block, const struct row *row)
{
	struct row *sum = find_row(block, row);

	if (sum) {
		sum->count += row->count;
		sum->time_ns += row->time_ns;
	} else if (block->nr < MAX_ROWS) {
		block->rows[block->nr++] = *row;
	}
}

/* The names need no escape in JSON: they are of these characters only. */
#define NAME	"%39[A-Za-z0-9_]"

static bool parse_line(const char *line, int *vcpu, struct row *row)
{
	int end = 0;

	*row = (struct row){ .kind = EVENT };
	if (sscanf(line, "vcpu %d event " NAME " count %" SCNu64 " time_ns %" SCNu64 "%n", vcpu,
		   row->name, &row->count, &row->time_ns, &end) == 4)
		return line[end] == '\n';
	row->kind = REFUSED;
	if (sscanf(line, "vcpu %d rejected " NAME " count %" SCNu64 "%n", vcpu, row->name,
		   &row->count, &end) == 3)
		return line[end] == '\n';
	row->kind = TOLERATED;
	return sscanf(line, "vcpu %d tolerated " NAME " count %" SCNu64 "%n", vcpu, row->name,
		      &row->count, &end) == 3 &&
	       line[end] == '\n';
}

static void read_lines(struct sample *sample, const struct block *head, FILE *file,
		       const char *path)
{
	unsigned int format, line_nr = 1;
	struct row row;
	char line[256];
	int vcpu;

	if (!fgets(line, sizeof(line), file))
		return;
	if (sscanf(line, "es_counters %u\n", &format) != 1 || format != FORMAT)
		die(UNREADABLE,
		    "%s is not of format %d but begins with '%s': use the es-stat that belongs to the module.",
		    path, FORMAT, strtok(line, "\n"));
	if (!opt->per_vcpu)
		add_block(sample, head, ALL_VCPUS);
	while (fgets(line, sizeof(line), file)) {
		line_nr++;
		if (!parse_line(line, &vcpu, &row))
			die(UNREADABLE,
			    "Line %u of %s has not the form of format %d: use the es-stat that belongs to the module.",
			    line_nr, path, FORMAT);
		if (opt->vcpu == ALL_VCPUS || opt->vcpu == vcpu)
			add_row(add_block(sample, head, opt->per_vcpu ? vcpu : ALL_VCPUS), &row);
	}
}

/* Drop the counters that were already read of it. */
static void add_unread(struct sample *sample, const struct block *head, int error)
{
	struct unread *unread;

	sample->unread = reallocarray(sample->unread, sample->nr_unread + 1, sizeof(*unread));
	if (!sample->unread)
		die(UNREADABLE, "There is no memory left.");
	unread = &sample->unread[sample->nr_unread++];
	memcpy(unread->vm, head->vm, sizeof(unread->vm));
	unread->error = error;
}

/* Read a VM; one that is not SEV-ES, or has just ended, adds nothing. */
static void read_vm(struct sample *sample, const char *dir, const char *vm)
{
	struct block head = { .vcpu = ALL_VCPUS };
	size_t nr = sample->nr;
	struct stat made;
	char path[512];
	FILE *file;

	snprintf(head.vm, sizeof(head.vm), "%s", vm);
	snprintf(path, sizeof(path), "%s/%s/es_counters", dir, vm);
	file = fopen(path, "r");
	if (!file && errno == EACCES)
		die(UNREADABLE, "%s cannot be read (%m): run es-stat as root.", path);
	if (!file && errno != ENOENT)
		add_unread(sample, &head, errno);
	if (!file)
		return;
	head.read_at_s = now_s(CLOCK_MONOTONIC);
	fstat(fileno(file), &made);
	head.age_s = now_s(CLOCK_REALTIME) - made.st_mtim.tv_sec - made.st_mtim.tv_nsec / 1e9;
	errno = 0;
	read_lines(sample, &head, file, path);
	if (ferror(file)) {
		sample->nr = nr;
		if (!access(path, F_OK))
			add_unread(sample, &head, errno);
	} else if (sample->nr == nr) {
		add_block(sample, &head, ALL_VCPUS);
	}
	fclose(file);
}

/* Return whether --vm selects the directory PID-FD. */
static int is_wanted(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t len = strlen(opt->vm);

	if (strspn(name, "0123456789-") != strlen(name) || !strchr(name, '-'))
		return 0;
	return !len || (!strncmp(name, opt->vm, len) && (!name[len] || name[len] == '-'));
}

static bool present(const char *path)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "%s/%s", opt->sys, path);
	return !access(whole, F_OK);
}

struct sample take_sample(const struct wanted *wanted)
{
	struct sample sample = { 0 };
	struct dirent **entries;
	char dir[256];
	int i, nr;

	opt = wanted;
	snprintf(dir, sizeof(dir), "%s/kernel/debug/kvm", opt->sys);
	nr = scandir(dir, &entries, is_wanted, versionsort);
	if (nr < 0 && errno == EACCES)
		die(UNREADABLE, "%s cannot be read (%m): run es-stat as root.", dir);
	if (nr < 0 && !present("module/kvm"))
		die(UNREADABLE, "KVM is not loaded: run `modprobe kvm_amd` as root.");
	if (nr < 0)
		die(UNREADABLE,
		    "There is no %s: run `mount -t debugfs none %s/kernel/debug` as root.", dir,
		    opt->sys);
	for (i = 0; i < nr; i++) {
		read_vm(&sample, dir, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return sample;
}

void die_of_nothing(const struct wanted *wanted)
{
	opt = wanted;
	if (!present("module/kvm_amd"))
		die(UNREADABLE, "kvm_amd is not loaded: run `modprobe kvm_amd` as root.");
	if (!present("module/kvm_amd/version"))
		die(UNREADABLE,
		    "The stock kvm_amd is loaded, which keeps no such counters: load that of kvm-amd-es.");
	if (*opt->vm)
		die(NO_VM,
		    "There is no SEV-ES VM %s: es-stat without --vm shows those that there are.",
		    opt->vm);
	die(NO_VM, "No SEV-ES VM is running.");
}
