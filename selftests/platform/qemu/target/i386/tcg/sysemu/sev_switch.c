// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What TCG's TLB keeps over VMRUN and #VMEXIT
 *
 * AMD 24593 APM Volume 2, 15.16 "TLB Control": translations are tagged with
 * their ASID, so a world switch need not end any.  Here the guest has
 * separate MMU indexes, and neither world's are flushed by a switch, which
 * makes one several times as fast.  TCG has room for the translations of one
 * ASID; those of others wait in sev_tlb.c, from where they come back one by
 * one.  Anything else that TCG's TLB depends on and that is not as it was when
 * the world was left ends the world's translations here: a host that changed
 * it finds stale ones in sev_tlb.c alone.  The way from a guest's physical
 * address to a frame is kept as well; only the host ends it.
 *
 * The guest controls its own registers only.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "tcg/helper-tcg.h"
#include "sev_cpu.h"
#include "sev_key.h"

#define OWN_BITS     MAKE_64BIT_MASK(0, MMU_PHYS_IDX)
#define HOST_BITS    (OWN_BITS | 1 << MMU_PHYS_IDX)
#define GUEST_BITS   (OWN_BITS << MMU_GUEST)
#define NESTED_BITS  (1 << MMU_NESTED_IDX)

static SevWorld world_now(CPUX86State *env)
{
    return (SevWorld) {
        .cr0 = env->cr[0], .cr3 = env->cr[3], .cr4 = env->cr[4],
        .efer = env->efer, .pkru = env->pkru, .pkrs = env->pkrs,
    };
}

static bool world_is(CPUX86State *env, const SevWorld *world)
{
    return env->cr[0] == world->cr0 && env->cr[3] == world->cr3 &&
           env->cr[4] == world->cr4 && env->efer == world->efer &&
           env->pkru == world->pkru && env->pkrs == world->pkrs;
}

/* Which code is where goes with the translations: each world has its own. */
static void take_code(CPUX86State *env, bool guest)
{
    CPUState *cs = env_cpu(env);
    CPUJumpCache *present = cs->tb_jmp_cache;

    if (env->sev->worlds.guest_code != guest) {
        cs->tb_jmp_cache = cs->tb_jmp_cache_other;
        cs->tb_jmp_cache_other = present;
        env->sev->worlds.guest_code = guest;
    }
}

void sev_switch_forget(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);

    if (!env->sev) {
        tlb_flush(cs);
    } else if (!env->sev->worlds.switching) {
        tlb_flush_by_mmuidx(cs, env->hflags & HF_GUEST_MASK ?
                                GUEST_BITS : HOST_BITS);
    }
}

void sev_switch_leave_host(CPUX86State *env)
{
    SevSwitch *worlds = &env->sev->worlds;

    if (worlds->guest_code) { /* a reset ended the last guest */
        take_code(env, false);
        tlb_flush(env_cpu(env));
    }
    worlds->host = world_now(env);
    worlds->switching = true;
}

/* Is the guest's share of the TLB still that of the guest which begins? */
static bool guest_stays(CPUX86State *env, uint32_t asid)
{
    const SevSwitch *worlds = &env->sev->worlds;

    return worlds->asid == asid && worlds->key == env->sev->key &&
           worlds->nested_cr3 == env->nested_cr3 &&
           worlds->nested_pg_mode == env->nested_pg_mode &&
           world_is(env, &worlds->guest);
}

void sev_switch_enter_guest(CPUX86State *env, uint32_t asid, uint32_t control)
{
    SevSwitch *worlds = &env->sev->worlds;

    take_code(env, true);
    if (control != TLB_CONTROL_DO_NOTHING || !guest_stays(env, asid)) {
        tlb_flush_by_mmuidx(env_cpu(env), GUEST_BITS | NESTED_BITS);
    }
    if (worlds->key != env->sev->key) {
        sev_key_unref(worlds->key);
        worlds->key = env->sev->key ? sev_key_ref(env->sev->key) : NULL;
    }
    worlds->asid = asid;
    worlds->nested_cr3 = env->nested_cr3;
    worlds->nested_pg_mode = env->nested_pg_mode;
    worlds->guest_runs = true;
    worlds->switching = false;
}

/* A guest that VMRUN rejected has left nothing. */
void sev_switch_leave_guest(CPUX86State *env)
{
    SevSwitch *worlds = &env->sev->worlds;

    if (worlds->guest_runs) {
        worlds->guest = world_now(env);
    }
    worlds->guest_runs = false;
    worlds->switching = true;
}

void sev_switch_enter_host(CPUX86State *env)
{
    SevSwitch *worlds = &env->sev->worlds;

    worlds->switching = false;
    take_code(env, false);
    if (!world_is(env, &worlds->host)) {
        tlb_flush_by_mmuidx(env_cpu(env), HOST_BITS);
    }
}
