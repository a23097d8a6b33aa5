// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Caches: who has written them back since the security processor asked
 *
 * AMD 55766 SEV API, "DF_FLUSH", "DEACTIVATE"; AMD 24594 APM Volume 3,
 * "WBINVD".  Memory is always coherent here, so nothing is written back; but
 * as on a chip each core reports its WBINVDs to the security processor, which
 * wants one of every core before an ASID has its next guest.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "sev_cpu.h"

/* Any world's WBINVD counts: it is the core's cache. */
void helper_wbinvd(CPUX86State *env)
{
    if (unlikely(env->sev)) {
        qatomic_set(&env->sev->wbinvd_due, false);
    }
}

void sev_wbinvd_demand(void)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        CPUX86State *env = cs->env_ptr;

        if (env->sev) {
            qatomic_set(&env->sev->wbinvd_due, true);
        }
    }
}

bool sev_wbinvd_done(void)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        CPUX86State *env = cs->env_ptr;

        if (env->sev && qatomic_read(&env->sev->wbinvd_due)) {
            return false;
        }
    }
    return true;
}
