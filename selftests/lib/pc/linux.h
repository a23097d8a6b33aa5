/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The software that the machine boots: a kernel's file, an initramfs made of one program, a command
 * line.  OVMF gets them through fw_cfg.
 */
#ifndef ES_PC_LINUX_H
#define ES_PC_LINUX_H

#include "pc.h"

void linux_load(struct pc *pc, const struct pc_options *options);

#endif
