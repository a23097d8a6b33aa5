// SPDX-License-Identifier: GPL-2.0
#include "linux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../vmm/env.h"
#include "initrd.h"

/* in the kernel's header: 512-byte sectors of the setup part, less one */
#define SETUP_SECTS	0x1f1

#define E820_BYTES	20	/* of an entry, without the compiler's padding */

struct e820_entry {
	uint64_t base, bytes;
	uint32_t type;
};

static uint8_t *read_whole(const char *path, uint32_t *bytes)
{
	FILE *file = fopen(path, "r");
	uint8_t *data;
	long size;

	if (!file || fseek(file, 0, SEEK_END))
		vmm_fail("the kernel %s cannot be read: %m", path);
	size = ftell(file);
	rewind(file);
	data = malloc(size);
	if (size < 4096 || !data || fread(data, 1, size, file) != (size_t)size)
		vmm_fail("the kernel %s cannot be read", path);
	fclose(file);
	*bytes = size;
	return data;
}

/* Offer data, and its size as a separate item. */
static void sized_item(struct fw_cfg *cfg, uint16_t key, const void *data, uint16_t size_key,
		       uint32_t bytes)
{
	fw_cfg_number(cfg, size_key, bytes, 4);
	fw_cfg_item(cfg, key, data, bytes);
}

void linux_load(struct pc *pc, const struct pc_options *options)
{
	static const struct e820_entry ram = { .bytes = PC_RAM_BYTES, .type = 1 };
	uint32_t kernel_bytes, initrd_bytes, setup_bytes;
	struct fw_cfg *cfg = &pc->fw_cfg;

	pc->kernel = read_whole(options->kernel, &kernel_bytes);
	setup_bytes = (pc->kernel[SETUP_SECTS] + 1) * 512;
	sized_item(cfg, FW_CFG_SETUP_DATA, pc->kernel, FW_CFG_SETUP_SIZE, setup_bytes);
	sized_item(cfg, FW_CFG_KERNEL_DATA, pc->kernel + setup_bytes, FW_CFG_KERNEL_SIZE,
		   kernel_bytes - setup_bytes);
	pc->initrd = initrd_make(options->init, options->init_bytes, &initrd_bytes);
	sized_item(cfg, FW_CFG_INITRD_DATA, pc->initrd, FW_CFG_INITRD_SIZE, initrd_bytes);
	sized_item(cfg, FW_CFG_CMDLINE_DATA, options->cmdline, FW_CFG_CMDLINE_SIZE,
		   strlen(options->cmdline) + 1);
	fw_cfg_number(cfg, FW_CFG_NR_CPUS, options->nr_vcpus, 2);
	fw_cfg_number(cfg, FW_CFG_MAX_CPUS, options->nr_vcpus, 2);
	fw_cfg_file(cfg, "etc/e820", &ram, E820_BYTES);
}
