// SPDX-License-Identifier: GPL-2.0
/*
 * es-stat: the requests of this host's SEV-ES VMs, from the counters that kvm_amd keeps of each of
 * them in debugfs (es_counters; svm/stats.c describes it).  Live like kvm_stat, once, or as JSON.
 * The manual page is es-stat.8.
 */
#include "sample.h"

#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static struct {
	double every_s;
	unsigned long samples;	/* 0: without end */
	bool json;
	struct wanted wanted;
} opt = { .every_s = 1, .wanted = { .vm = "", .sys = "/sys", .vcpu = ALL_VCPUS } };

/* --- growth since the sample before; negative: unknown */

struct growth {
	double per_second, mean_ns;
};

/*
 * Return the same block in the sample before; none if a counter went back: then it is another VM.
 */
static struct block *block_before(const struct sample *before, struct block *block)
{
	struct block *old = find_block(before, block->vm, block->vcpu);
	size_t i;

	for (i = 0; old && i < old->nr; i++) {
		const struct row *row = find_row(block, &old->rows[i]);

		if (!row || row->count < old->rows[i].count)
			return NULL;
	}
	return old;
}

static double span_s(const struct block *block, const struct block *old)
{
	return old ? block->read_at_s - old->read_at_s : block->age_s;
}

static struct growth growth_of(const struct block *block, const struct row *row, struct block *old)
{
	const struct row *before = old ? find_row(old, row) : NULL;
	double count = row->count - (before ? before->count : 0);
	double span = span_s(block, old);

	return (struct growth){
		.per_second = span > 0 ? count / span : -1,
		.mean_ns = count && row->kind == EVENT ?
				   (row->time_ns - (before ? before->time_ns : 0)) / count :
				   -1,
	};
}

/* --- the table */

static const char *time_text(char text[24], double ns)
{
	static const char * const units[] = { "ns", "us", "ms", "s" };
	unsigned int unit = 0;

	for (; ns >= 1000 && unit < 3; unit++)
		ns /= 1000;
	snprintf(text, 24, unit ? "%.1f %s" : "%.0f %s", ns, units[unit]);
	return ns < 0 ? "-" : text;
}

static void show_row(const struct block *block, const struct row *row, struct block *old)
{
	struct growth growth = growth_of(block, row, old);
	static const char * const words[NR_ROW_KINDS] = { "", "rejected ", "tolerated " };
	char name[64], rate[24], mean[24];

	snprintf(name, sizeof(name), "%s%s", words[row->kind], row->name);
	snprintf(rate, sizeof(rate), "%.1f", growth.per_second);
	printf("  %-26s %14" PRIu64 " %14s %14s\n", name, row->count,
	       growth.per_second < 0 ? "-" : rate, time_text(mean, growth.mean_ns));
}

static void show_block(const struct block *block, struct block *old)
{
	enum row_kind kind;
	size_t i;

	printf("VM %s", block->vm);
	if (block->vcpu != ALL_VCPUS)
		printf(", vCPU %d", block->vcpu);
	printf(old ? ", in the last %.1f s\n" : ", since it began %.1f s ago\n",
	       span_s(block, old));
	printf(block->nr ? "  %-26s %14s %14s %14s\n" : "  no request yet\n", "EVENT", "COUNT",
	       "PER SECOND", "MEAN TIME");
	for (kind = EVENT; kind < NR_ROW_KINDS; kind++) {
		for (i = 0; i < block->nr; i++) {
			if (block->rows[i].kind == kind)
				show_row(block, &block->rows[i], old);
		}
	}
}

/* --- JSON: one document in one line for each sample */

static void json_number(const char *name, double value)
{
	printf(value < 0 ? ",\"%s\":null" : ",\"%s\":%.3f", name, value);
}

static void json_rows(const struct block *block, enum row_kind kind, struct block *old)
{
	const char *comma = "";
	size_t i;

	for (i = 0; i < block->nr; i++) {
		const struct row *row = &block->rows[i];
		struct growth growth = growth_of(block, row, old);

		if (row->kind != kind)
			continue;
		printf("%s\"%s\":{\"count\":%" PRIu64, comma, row->name, row->count);
		json_number("per_second", growth.per_second);
		if (kind == EVENT) {
			printf(",\"time_ns\":%" PRIu64, row->time_ns);
			json_number("mean_ns", growth.mean_ns);
		}
		printf("}");
		comma = ",";
	}
}

static void json_block(const struct block *block, struct block *old)
{
	printf("{\"vm\":\"%s\"", block->vm);
	if (opt.wanted.per_vcpu)
		printf(block->vcpu < 0 ? ",\"vcpu\":null" : ",\"vcpu\":%d", block->vcpu);
	printf(",\"since_start\":%s", old ? "false" : "true");
	json_number("seconds", span_s(block, old));
	printf(",\"events\":{");
	json_rows(block, EVENT, old);
	printf("},\"rejected\":{");
	json_rows(block, REFUSED, old);
	printf("},\"tolerated\":{");
	json_rows(block, TOLERATED, old);
	printf("}}");
}

/* --- the command */

static bool is_unread(const struct sample *sample, const char *vm)
{
	size_t i;

	for (i = 0; i < sample->nr_unread; i++) {
		if (!strcmp(sample->unread[i].vm, vm))
			return true;
	}
	return false;
}

/* Report each VM once, however many vCPUs are shown. */
static void show_gone(const struct sample *now, const struct sample *before)
{
	const char *comma = "", *told = "";
	size_t i, j;

	for (i = 0; i < before->nr; i++) {
		const char *vm = before->blocks[i].vm;

		for (j = 0; j < now->nr && strcmp(now->blocks[j].vm, vm); j++)
			;
		if (j < now->nr || !strcmp(vm, told) || is_unread(now, vm))
			continue;
		if (opt.json)
			printf("%s\"%s\"", comma, vm);
		else
			printf("VM %s is gone\n", vm);
		comma = ",";
		told = vm;
	}
}

/* Name a VM whose counters cannot be read; the others are shown. */
static void show_unread(const struct sample *now)
{
	size_t i;

	for (i = 0; i < now->nr_unread; i++) {
		if (opt.json)
			printf("%s\"%s\"", i ? "," : "", now->unread[i].vm);
		else
			printf("VM %s cannot be read: %s\n", now->unread[i].vm,
			       strerror(now->unread[i].error));
	}
}

static void show_json(const struct sample *now, const struct sample *before)
{
	size_t i;

	printf("{\"time\":%.3f,\"vms\":[", now_s(CLOCK_REALTIME));
	for (i = 0; i < now->nr; i++) {
		printf("%s", i ? "," : "");
		json_block(&now->blocks[i], block_before(before, &now->blocks[i]));
	}
	printf("],\"gone\":[");
	show_gone(now, before);
	printf("],\"unread\":[");
	show_unread(now);
	printf("]}\n");
}

static void show_table(const struct sample *now, const struct sample *before)
{
	bool live = opt.samples != 1, terminal = isatty(STDOUT_FILENO);
	size_t i;

	printf("%s", live && terminal ? "\033[H\033[2J" : "");
	show_gone(now, before);
	show_unread(now);
	for (i = 0; i < now->nr; i++)
		show_block(&now->blocks[i], block_before(before, &now->blocks[i]));
	printf("%s", live && !terminal ? "\n" : "");
}

static const char usage[] =
	"Usage: es-stat [OPTION]...\n"
	"Shows what the SEV-ES VMs of this host request: how often, how long it takes, what is rejected.\n\n"
	"  -i, --interval SECONDS  time between samples (1)\n"
	"  -n, --samples N         end after N samples; without it, with ^C or the last VM\n"
	"  -1, --once              one sample, as -n 1\n"
	"      --json              one JSON document, in one line, for each sample\n"
	"      --vm PID-FD|PID     that VM, or those of that process\n"
	"      --vcpu N            that vCPU only\n"
	"      --per-vcpu          each vCPU for itself, not their sum\n"
	"      --sys DIR           for tests: DIR in place of /sys\n"
	"      --help              this text\n\n"
	"Exit status: 0 all is well, 1 the counters cannot be read, 2 wrong usage, 3 no such VM.\n";

static double parse_number(const char *option, double low, double high)
{
	char *end;
	double value = strtod(optarg, &end);

	if (end == optarg || *end || !(value >= low && value <= high))
		die(USAGE, "%s %s: give a number from %g to %g.", option, optarg, low, high);
	return value;
}

static void set_option(int option)
{
	switch (option) {
	case 'i':
		opt.every_s = parse_number("--interval", 0.01, 86400);
		break;
	case 'n':
		opt.samples = parse_number("--samples", 1, 1e9);
		break;
	case '1':
		opt.samples = 1;
		break;
	case 'j':
		opt.json = true;
		break;
	case 'v':
		opt.wanted.vm = optarg;
		break;
	case 'c':
		opt.wanted.vcpu = parse_number("--vcpu", 0, 65535);
		opt.wanted.per_vcpu = true;
		break;
	case 'p':
		opt.wanted.per_vcpu = true;
		break;
	case 's':
		opt.wanted.sys = optarg;
		break;
	case 'h':
		exit(printf("%s", usage) < 0);
	default:
		die(USAGE, "Try es-stat --help.");
	}
}

static void parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "interval", required_argument, NULL, 'i' },
		{ "samples", required_argument, NULL, 'n' }, { "once", no_argument, NULL, '1' },
		{ "json", no_argument, NULL, 'j' }, { "vm", required_argument, NULL, 'v' },
		{ "vcpu", required_argument, NULL, 'c' }, { "per-vcpu", no_argument, NULL, 'p' },
		{ "sys", required_argument, NULL, 's' }, { "help", no_argument, NULL, 'h' }, { 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "i:n:1h", options, NULL)) != -1)
		set_option(option);
	if (optind < argc)
		die(USAGE, "'%s' is not an option: try es-stat --help.", argv[optind]);
}

int main(int argc, char **argv)
{
	struct sample before = { 0 }, now;
	unsigned long nr = 0;

	parse_options(argc, argv);
	for (;;) {
		now = take_sample(&opt.wanted);
		if (!now.nr && !now.nr_unread && !before.nr)
			die_of_nothing(&opt.wanted);
		(opt.json ? show_json : show_table)(&now, &before);
		if (fflush(stdout))
			die(UNREADABLE, "The output cannot be written (%m).");
		free(before.blocks);
		free(before.unread);
		before = now;
		if (++nr == opt.samples || (!now.nr && !now.nr_unread))
			break;
		usleep(opt.every_s * 1e6);
	}
	free(now.blocks);
	free(now.unread);
	return !now.nr && now.nr_unread ? UNREADABLE : GOOD;
}
