/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The battery-backed clock and its memory, from which OVMF reads time and the size of memory.
 *
 * Source: Motorola MC146818A data sheet for the clock; QEMU, hw/i386/pc.c for the size of memory.
 */
#ifndef ES_PC_CMOS_H
#define ES_PC_CMOS_H

#include <stdint.h>

#define CMOS_PORT	0x70
#define CMOS_PORTS	2

struct cmos {
	uint8_t index, memory[128];
};

void cmos_init(struct cmos *cmos, uint64_t ram_bytes);
uint32_t cmos_in(void *cmos, uint16_t offset, unsigned int bytes);
void cmos_out(void *cmos, uint16_t offset, unsigned int bytes, uint32_t value);

#endif
