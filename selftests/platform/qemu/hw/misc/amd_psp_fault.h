/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fault of the security processor that a test ordered: which command it
 * hits, and what happens to it.
 */

#ifndef HW_MISC_AMD_PSP_FAULT_H
#define HW_MISC_AMD_PSP_FAULT_H

#include "qom/object.h"

typedef struct PspFault {
    /* the order */
    uint32_t command;       /* only commands with this id; 0: all */
    uint32_t nth;           /* the how manieth of them; 0: none */
    uint32_t status;        /* reject it with this status; 0: let it run */
    uint32_t delay_ms;      /* complete it so much later */
    bool drop_interrupt;    /* complete it without an interrupt */

    uint32_t seen;          /* such commands since the order */
    bool hit;               /* the last command was the one */
} PspFault;

/* The properties fault-*, which may be set at any time. */
void psp_fault_class_init(ObjectClass *klass);

/* A command begins.  True: it is rejected with @status and must not run. */
bool psp_fault_begin(PspFault *fault, uint32_t id, uint32_t *status);

/* For the command that began last. */
uint32_t psp_fault_delay_ms(const PspFault *fault);
bool psp_fault_drops_interrupt(const PspFault *fault);

#endif
