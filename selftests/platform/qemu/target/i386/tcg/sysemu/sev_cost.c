// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What each exit of a SEV-ES guest costs, counted in instructions
 *
 * QEMU's instruction counter never runs back and pays no attention to the
 * host's speed.  The host's share is what is left after the instructions of
 * all SEV-ES guests, so that an exit during which other vCPUs ran is charged
 * for the host's work only.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "sysemu/cpu-timers.h"
#include "sev_cost.h"
#include "sev_vmsa.h"
#include "trace/trace-target_i386.h"

static int64_t guests; /* instructions of all guests so far */

static bool counting(void)
{
    return trace_event_get_state_backends(TRACE_SEV_EXIT_COST) &&
           icount_enabled();
}

/* VMRUN and #VMEXIT know exactly where the CPU is, as an I/O access does. */
static int64_t instructions(CPUState *cs)
{
    uint32_t can_do_io = cs->can_do_io;
    int64_t count;

    cs->can_do_io = 1;
    count = icount_get_raw();
    cs->can_do_io = can_do_io;
    return count;
}

void sev_cost_vmrun(CPUX86State *env, SevVmsa *vmsa)
{
    SevCost *cost = &vmsa->cost;

    if (likely(!counting())) {
        return;
    }
    cost->entered = instructions(env_cpu(env));
    if (cost->pending) {
        trace_sev_exit_cost(env_cpu(env)->cpu_index, vmsa, cost->code,
                            cost->ghcb_msr, cost->guest,
                            cost->entered - guests - cost->host);
        cost->pending = false;
    }
}

void sev_cost_vmexit(CPUX86State *env, SevVmsa *vmsa)
{
    SevCost *cost = &vmsa->cost;
    int64_t now;

    if (likely(!counting())) {
        return;
    }
    now = instructions(env_cpu(env));
    cost->guest = now - cost->entered;
    guests += cost->guest;
    cost->host = now - guests;
    cost->code = x86_ldq_phys(env_cpu(env), env->vm_vmcb +
                              offsetof(struct vmcb, control.exit_code));
    cost->ghcb_msr = env->sev->ghcb_msr;
    cost->pending = true;
}
