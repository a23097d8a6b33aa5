/* SPDX-License-Identifier: GPL-2.0 */
/*
 * QEMU's fw_cfg device, which describes the machine to firmware: numbered items and named files,
 * read byte by byte or by DMA.
 *
 * Source: QEMU, docs/specs/fw_cfg.rst.
 */
#ifndef ES_PC_FW_CFG_H
#define ES_PC_FW_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FW_CFG_PORT		0x510
#define FW_CFG_PORTS		12
#define FW_CFG_MAX_ITEMS	24

enum fw_cfg_key {
	FW_CFG_SIGNATURE = 0x00, FW_CFG_ID = 0x01, FW_CFG_NR_CPUS = 0x05, FW_CFG_KERNEL_SIZE = 0x08,
	FW_CFG_INITRD_SIZE = 0x0b, FW_CFG_MAX_CPUS = 0x0f, FW_CFG_KERNEL_DATA = 0x11,
	FW_CFG_INITRD_DATA = 0x12, FW_CFG_CMDLINE_SIZE = 0x14, FW_CFG_CMDLINE_DATA = 0x15,
	FW_CFG_SETUP_SIZE = 0x17, FW_CFG_SETUP_DATA = 0x18, FW_CFG_FILE_DIR = 0x19,
	FW_CFG_FIRST_FILE = 0x20,
};

struct fw_cfg {
	struct { uint16_t key; const void *data; uint32_t bytes, number; } items[FW_CFG_MAX_ITEMS];
	unsigned int nr_items, nr_files;
	uint16_t selected;
	uint32_t at;		/* next byte of the selected item */
	uint64_t dma_gpa;
	uint8_t *ram;
	uint64_t ram_bytes;
	uint8_t directory[4 + FW_CFG_MAX_ITEMS * 64];
};

void fw_cfg_init(struct fw_cfg *cfg, uint8_t *ram, uint64_t ram_bytes);
/* Offer a number of at most 4 bytes. */
void fw_cfg_number(struct fw_cfg *cfg, uint16_t key, uint32_t value, uint32_t bytes);
/* Offer data as an item or a file, without a copy of the data. */
void fw_cfg_item(struct fw_cfg *cfg, uint16_t key, const void *data, uint32_t bytes);
void fw_cfg_file(struct fw_cfg *cfg, const char *name, const void *data, uint32_t bytes);

uint32_t fw_cfg_in(void *cfg, uint16_t offset, unsigned int bytes);
void fw_cfg_out(void *cfg, uint16_t offset, unsigned int bytes, uint32_t value);

#endif
