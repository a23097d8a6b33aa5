// SPDX-License-Identifier: GPL-2.0
#include "cmos.h"

#include <string.h>
#include <time.h>

#define MIB		0x100000ull
#define STATUS_A	0x0a
#define STATUS_B	0x0b
#define STATUS_D	0x0d
#define ABOVE_1M	0x30	/* KiB, two bytes */
#define ABOVE_16M	0x34	/* units of 64 KiB, two bytes */

static void put16(uint8_t *at, uint64_t value)
{
	if (value > 0xffff)
		value = 0xffff;
	at[0] = value;
	at[1] = value >> 8;
}

void cmos_init(struct cmos *cmos, uint64_t ram_bytes)
{
	memset(cmos, 0, sizeof(*cmos));
	cmos->memory[STATUS_A] = 0x26;
	cmos->memory[STATUS_B] = 0x02;	/* 24 hours, BCD */
	cmos->memory[STATUS_D] = 0x80;	/* the battery is good */
	put16(cmos->memory + ABOVE_1M, (ram_bytes - MIB) >> 10);
	put16(cmos->memory + ABOVE_16M, (ram_bytes - 16 * MIB) >> 16);
}

static uint8_t bcd(unsigned int value)
{
	return (value / 10 % 10) << 4 | value % 10;
}

uint32_t cmos_in(void *opaque, uint16_t offset, unsigned int bytes)
{
	struct cmos *cmos = opaque;
	time_t now = time(NULL);
	struct tm t;

	(void)bytes;
	if (!offset)
		return 0xff;
	gmtime_r(&now, &t);
	switch (cmos->index) {
	case 0: return bcd(t.tm_sec);
	case 2: return bcd(t.tm_min);
	case 4: return bcd(t.tm_hour);
	case 6: return t.tm_wday + 1;
	case 7: return bcd(t.tm_mday);
	case 8: return bcd(t.tm_mon + 1);
	case 9: return bcd(t.tm_year);
	case 0x32: return bcd(19 + t.tm_year / 100);
	default: return cmos->memory[cmos->index];
	}
}

void cmos_out(void *opaque, uint16_t offset, unsigned int bytes, uint32_t value)
{
	struct cmos *cmos = opaque;

	(void)bytes;
	if (!offset)
		cmos->index = value & 0x7f;
	else if (cmos->index != STATUS_A && cmos->index != STATUS_D)
		cmos->memory[cmos->index] = value;
}
