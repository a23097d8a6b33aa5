// SPDX-License-Identifier: GPL-2.0
#include "fw_cfg.h"

#include <endian.h>
#include <string.h>
#include "../vmm/env.h"

#define DATA		1	/* offsets from FW_CFG_PORT */
#define DMA_HIGH	4
#define DMA_LOW		8

/* The request that a guest has in its memory, big-endian. */
struct dma_request {
	uint32_t control, bytes;
	uint64_t gpa;
};

enum dma_control { DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16 };

void fw_cfg_item(struct fw_cfg *cfg, uint16_t key, const void *data, uint32_t bytes)
{
	if (cfg->nr_items == FW_CFG_MAX_ITEMS)
		vmm_fail("fw_cfg is full: raise FW_CFG_MAX_ITEMS");
	cfg->items[cfg->nr_items].key = key;
	cfg->items[cfg->nr_items].data = data;
	cfg->items[cfg->nr_items++].bytes = bytes;
}

void fw_cfg_number(struct fw_cfg *cfg, uint16_t key, uint32_t value, uint32_t bytes)
{
	fw_cfg_item(cfg, key, NULL, bytes);
	cfg->items[cfg->nr_items - 1].number = value;
	cfg->items[cfg->nr_items - 1].data = &cfg->items[cfg->nr_items - 1].number;
}

void fw_cfg_file(struct fw_cfg *cfg, const char *name, const void *data, uint32_t bytes)
{
	uint16_t key = FW_CFG_FIRST_FILE + cfg->nr_files;
	uint8_t *entry = cfg->directory + 4 + cfg->nr_files++ * 64;
	uint32_t nr_be = htobe32(cfg->nr_files), bytes_be = htobe32(bytes);
	uint16_t key_be = htobe16(key);

	fw_cfg_item(cfg, key, data, bytes);
	memcpy(cfg->directory, &nr_be, sizeof(nr_be));
	memcpy(entry, &bytes_be, sizeof(bytes_be));
	memcpy(entry + 4, &key_be, sizeof(key_be));
	strncpy((char *)entry + 8, name, 55);
}

void fw_cfg_init(struct fw_cfg *cfg, uint8_t *ram, uint64_t ram_bytes)
{
	*cfg = (struct fw_cfg){ .ram = ram, .ram_bytes = ram_bytes };
	fw_cfg_item(cfg, FW_CFG_SIGNATURE, "QEMU", 4);
	fw_cfg_number(cfg, FW_CFG_ID, 3, 4);	/* the traditional interface and DMA */
	fw_cfg_item(cfg, FW_CFG_FILE_DIR, cfg->directory, sizeof(cfg->directory));
}

static void select_item(struct fw_cfg *cfg, uint16_t key)
{
	cfg->selected = key;
	cfg->at = 0;
}

/* Read the next bytes of the selected item; after its end there are zeroes. */
static void read_item(struct fw_cfg *cfg, uint8_t *to, uint32_t bytes)
{
	unsigned int i;
	uint32_t left = 0;

	memset(to, 0, bytes);
	for (i = 0; i < cfg->nr_items; i++) {
		if (cfg->items[i].key != cfg->selected)
			continue;
		left = cfg->at < cfg->items[i].bytes ? cfg->items[i].bytes - cfg->at : 0;
		memcpy(to, (const uint8_t *)cfg->items[i].data + cfg->at,
		       left < bytes ? left : bytes);
		break;
	}
	cfg->at += bytes;
}

static bool in_ram(struct fw_cfg *cfg, uint64_t gpa, uint64_t bytes)
{
	return gpa < cfg->ram_bytes && bytes <= cfg->ram_bytes - gpa;
}

static uint32_t serve(struct fw_cfg *cfg, uint32_t control, uint32_t bytes, uint64_t gpa)
{
	if (control & DMA_SELECT)
		select_item(cfg, control >> 16);
	if (control & DMA_WRITE || (control & DMA_READ && !in_ram(cfg, gpa, bytes)))
		return DMA_ERROR;
	if (control & DMA_READ)
		read_item(cfg, cfg->ram + gpa, bytes);
	else if (control & DMA_SKIP)
		cfg->at += bytes;
	return 0;
}

static void do_dma(struct fw_cfg *cfg)
{
	struct dma_request request;
	uint64_t gpa = cfg->dma_gpa;

	cfg->dma_gpa = 0;
	if (!in_ram(cfg, gpa, sizeof(request)))
		return;
	memcpy(&request, cfg->ram + gpa, sizeof(request));
	request.control = htobe32(serve(cfg, be32toh(request.control),
					be32toh(request.bytes), be64toh(request.gpa)));
	memcpy(cfg->ram + gpa, &request.control, sizeof(request.control));
}

uint32_t fw_cfg_in(void *opaque, uint16_t offset, unsigned int bytes)
{
	uint32_t value = 0;

	if (offset == DATA)
		read_item(opaque, (uint8_t *)&value, bytes);
	else if (offset == DMA_HIGH)
		value = htobe32(0x51454d55);	/* "QEMU CFG", from its first byte on */
	else if (offset == DMA_LOW)
		value = htobe32(0x20434647);
	return value;
}

void fw_cfg_out(void *opaque, uint16_t offset, unsigned int bytes, uint32_t value)
{
	struct fw_cfg *cfg = opaque;

	if (!offset && bytes == 2) {
		select_item(cfg, value);
	} else if (offset == DMA_HIGH && bytes == 4) {
		cfg->dma_gpa = (uint64_t)be32toh(value) << 32;
	} else if (offset == DMA_LOW && bytes == 4) {
		cfg->dma_gpa |= be32toh(value);
		do_dma(cfg);
	}
}
