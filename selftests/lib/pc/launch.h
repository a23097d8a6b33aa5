/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The launch of the machine as an SEV-ES guest: only the firmware is measured, and it defines where
 * APs start.
 */
#ifndef ES_PC_LAUNCH_H
#define ES_PC_LAUNCH_H

#include "pc.h"

void pc_launch(struct pc *pc);

#endif
