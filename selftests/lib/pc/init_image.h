/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The init of lib/guest-linux as it is linked into a test (init_image.S).
 */
#ifndef ES_PC_INIT_IMAGE_H
#define ES_PC_INIT_IMAGE_H

#include <stdint.h>

extern const uint8_t pc_init_image[], pc_init_image_end[];

#endif
