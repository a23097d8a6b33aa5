/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine's wires to KVM's interrupt controllers, and KVM's timer.
 */
#ifndef ES_PC_IRQ_H
#define ES_PC_IRQ_H

#include "pc.h"

void pc_create_timer(struct vmm_vm *vm);
/* Set the level of an interrupt line; CONTEXT is the struct pc. */
void pc_set_irq(void *context, unsigned int irq, bool level);

#endif
