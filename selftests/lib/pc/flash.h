/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The firmware below 4 GiB: variables, then code.  The variables' part behaves as memory, so that OVMF keeps its
 * variables elsewhere.
 */
#ifndef ES_PC_FLASH_H
#define ES_PC_FLASH_H

#include <stdint.h>

#define FLASH_GPA	0xffe00000ull
#define FLASH_BYTES	0x200000u

/* Loads the file to the end of FLASH; returns its bytes, or 0: it cannot be read or does not fit. */
uint32_t flash_load(uint8_t *flash, const char *path);
/* Where OVMF wants an AP of an SEV-ES guest to start; 0: it does not say. */
uint32_t flash_ap_start(const uint8_t *flash);

#endif
