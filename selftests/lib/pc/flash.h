/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The firmware below 4 GiB: variables, then code.  The variables' part behaves as memory, so that
 * OVMF keeps its variables elsewhere.
 */
#ifndef ES_PC_FLASH_H
#define ES_PC_FLASH_H

#include <stdint.h>

#define FLASH_GPA	0xffe00000ull
#define FLASH_BYTES	0x200000u

/* Load the file to the end of FLASH; return its bytes, or 0: it cannot be read or does not fit. */
uint32_t flash_load(uint8_t *flash, const char *path);
/* Return where OVMF wants an AP of an SEV-ES guest to start; 0: the file does not define it. */
uint32_t flash_ap_start(const uint8_t *flash);

#endif
