// SPDX-License-Identifier: GPL-2.0
#include "flash.h"

#include <stdio.h>
#include <string.h>

#define ENTRIES_END	(FLASH_BYTES - 0x20)	/* OVMF's table of entries grows down from here */
#define ENTRY_BYTES	18			/* length and GUID, after each entry's data */

uint32_t flash_load(uint8_t *flash, const char *path)
{
	FILE *file = fopen(path, "r");
	long bytes = 0;

	memset(flash, 0xff, FLASH_BYTES);
	if (file && !fseek(file, 0, SEEK_END))
		bytes = ftell(file);
	if (bytes < 0 || bytes > FLASH_BYTES)
		bytes = 0;
	if (bytes) {
		rewind(file);
		if (fread(flash + FLASH_BYTES - bytes, 1, bytes, file) != (size_t)bytes)
			bytes = 0;
	}
	if (file)
		fclose(file);
	return bytes;
}

/*
 * Search the table: entries of data, length (of all three), GUID; the last one has the length of
 * all.
 */
uint32_t flash_ap_start(const uint8_t *flash)
{
	static const uint8_t table[16] = {
		0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45, 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a,
		0x08, 0x2d,
	}, reset_block[16] = {
		0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f, 0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f,
		0xb4, 0x4e,
	};
	const uint8_t *at = flash + ENTRIES_END - ENTRY_BYTES, *start;
	uint32_t address = 0;
	uint16_t bytes;

	memcpy(&bytes, at, sizeof(bytes));
	if (memcmp(at + 2, table, sizeof(table)) || bytes < ENTRY_BYTES || bytes > 4096)
		return 0;
	for (start = at + ENTRY_BYTES - bytes; at - ENTRY_BYTES >= start; at -= bytes) {
		memcpy(&bytes, at - ENTRY_BYTES, sizeof(bytes));
		if (bytes < ENTRY_BYTES)
			return 0;
		if (!memcmp(at - 16, reset_block, sizeof(reset_block)))
			memcpy(&address, at - bytes, sizeof(address));
	}
	return address;
}
