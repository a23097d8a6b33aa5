// SPDX-License-Identifier: GPL-2.0
/*
 * The host as the tests find it, and how a case ends in failure.
 */
#include "env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define MODULE "/sys/module/kvm_amd/"

/* Read the first line of a file without its line end; return false when it cannot be read. */
static bool read_line(const char *path, char *line, int size_bytes)
{
	FILE *file = fopen(path, "r");
	bool ok = file && fgets(line, size_bytes, file);

	if (file)
		fclose(file);
	if (ok)
		line[strcspn(line, "\n")] = 0;
	return ok;
}

static bool opens(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

const char *vmm_env_lacks(void)
{
	char on[8];

	if (!opens("/dev/kvm"))
		return "/dev/kvm cannot be opened: load kvm_amd and run the test as root";
	if (!read_line(MODULE "parameters/sev_es", on, sizeof(on)) ||
	    (on[0] != 'Y' && on[0] != '1'))
		return "kvm_amd reports no SEV-ES on this host (parameter sev_es is not Y)";
	if (!opens("/dev/sev"))
		return "/dev/sev cannot be opened: load ccp and run the test as root";
	return NULL;
}

bool vmm_env_stock_module(void)
{
	char version[128];

	return !read_line(MODULE "version", version, sizeof(version));
}

void vmm_env_print(void)
{
	char version[128] = "stock";
	struct utsname name;

	uname(&name);
	read_line(MODULE "version", version, sizeof(version));
	printf("# kernel %s\n# kvm_amd %s\n", name.release, version);
	fflush(stdout);
}

unsigned int vmm_time_limit_s(void)
{
	const char *text = getenv("ES_TIME_LIMIT_S");
	int limit = text ? atoi(text) : 0;

	return limit > 0 ? limit : 30;
}

void vmm_print_rerun(void)
{
	struct utsname name;

	uname(&name);
	printf("# rerun: make -C selftests run_tests TESTS=%s KVERS=%s\n",
	       program_invocation_short_name, name.release);
}

void vmm_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	vmm_print_rerun();
	fflush(stdout);
	_exit(1);
}
