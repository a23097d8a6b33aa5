/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An initramfs with one program, the guest's init.
 *
 * Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
 */
#ifndef ES_PC_INITRD_H
#define ES_PC_INITRD_H

#include <stdint.h>

/* Create it in memory from malloc(); *bytes is its length. */
uint8_t *initrd_make(const uint8_t *init, uint32_t init_bytes, uint32_t *bytes);

#endif
