/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Helps that hardware does not give: who looked at private memory, and a list
 * of all that is private
 */
#ifndef TARGET_I386_SEV_ALARM_H
#define TARGET_I386_SEV_ALARM_H

#include "exec/cpu-common.h"
#include "monitor/monitor.h"
#include "sev_view.h"

struct SevVmsa;

/* Who accesses a frame.  A guest may: by a mapping without C-bit. */
typedef enum SevBy {
    SEV_BY_CPU,
    SEV_BY_DEVICE,
    SEV_BY_GUEST,
    SEV_BY_FIRMWARE,
} SevBy;

/* The host's view of a frame under @key (or none) is wanted. */
void sev_alarm(ram_addr_t addr, const SevKey *key, const struct SevVmsa *vmsa,
               SevBy by);

/* The monitor's "info sev-host". */
void sev_info(Monitor *mon, const QDict *qdict);

#endif
