/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Continue the machine in another VM: the encryption context is moved, everything else is read from
 * the old VM and set in the new one.  The machine's own devices stay as they are, and so does its
 * memory.
 */
#ifndef ES_PC_MOVE_H
#define ES_PC_MOVE_H

#include "pc.h"

/* Return for how long no vCPU ran, in microseconds. */
unsigned int pc_move(struct pc *pc);

#endif
