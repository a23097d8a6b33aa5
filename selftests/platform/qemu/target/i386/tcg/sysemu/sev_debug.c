// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Debug registers of a SEV-ES guest over VMRUN and #VMEXIT
 *
 * AMD 24593 APM Volume 2, 15.35.2 "Enabling SEV-ES" and Appendix B.  DR6 and
 * DR7 are the guest's own and in the VMSA, with the breakpoints that DR7
 * enables.  DR0 to DR3 are the host's, unless the VMSA's SEV_FEATURES say
 * DebugSwap: then VMRUN loads the guest's and #VMEXIT saves them and loads
 * the host's from where software saved them (type B).  Without breakpoint
 * address masks, which this CPU does not have (CPUID DBEXT).
 *
 * The guest controls what its breakpoints match; only in the guest do they.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "tcg/helper-tcg.h"
#include "sev_debug.h"

/* No breakpoint may be set while the address that it matches changes. */
static void disarm(CPUX86State *env)
{
    cpu_x86_update_dr7(env, 0);
}

void sev_debug_load(CPUX86State *env, const uint8_t *page, bool swap)
{
    disarm(env);
    for (int i = 0; swap && i < DR7_MAX_BP; i++) {
        env->dr[i] = ldq_le_p(page + VMSA_DR0 + 8 * i);
    }
    env->dr[6] = ldq_le_p(page + VMSA_DR6);
    cpu_x86_update_dr7(env, ldq_le_p(page + VMSA_DR7));
}

void sev_debug_save(CPUX86State *env, uint8_t *page, bool swap)
{
    hwaddr host = env->vm_hsave + offsetof(struct vmcb, save);

    stq_le_p(page + VMSA_DR7, env->dr[7]);
    stq_le_p(page + VMSA_DR6, env->dr[6]);
    disarm(env);
    for (int i = 0; swap && i < DR7_MAX_BP; i++) {
        stq_le_p(page + VMSA_DR0 + 8 * i, env->dr[i]);
        env->dr[i] = x86_ldq_phys(env_cpu(env), host + VMSA_DR0 + 8 * i);
    }
}

void sev_debug_load_host(CPUX86State *env, const uint8_t *page)
{
    cpu_x86_update_dr7(env, ldq_le_p(page + VMSA_DR7));
}
