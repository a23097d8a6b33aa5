/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watch accesses of the host to private memory, and list all private memory;
 * no hardware does either
 */
#ifndef TARGET_I386_SEV_WATCH_H
#define TARGET_I386_SEV_WATCH_H

#include "exec/cpu-common.h"
#include "monitor/monitor.h"
#include "sev_firmware.h"

struct SevVmsa;

/* Who accesses a frame.  A guest may: by a mapping without C-bit. */
typedef enum SevBy {
    SEV_BY_CPU,
    SEV_BY_DEVICE,
    SEV_BY_GUEST,
    SEV_BY_FIRMWARE,
} SevBy;

/* Report that @by wants the host's view of a frame under @key (or none). */
void sev_watch(ram_addr_t addr, const SevKey *key, const struct SevVmsa *vmsa,
               SevBy by);

/* The monitor's "info sev-host". */
void sev_info(Monitor *mon, const QDict *qdict);

#endif
