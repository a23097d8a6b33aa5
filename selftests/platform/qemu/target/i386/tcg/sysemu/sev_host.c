// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A CPU that can host SEV-ES guests: properties, CPUID, MSRs
 *
 * AMD 24593 APM Volume 2, 15.34.1 "Determining Support for SEV", 15.34.2
 * "Key Management", 15.35.2 "Enabling SEV-ES".  Firmware that boots such a
 * machine enables memory encryption (SYSCFG) and locks SMM (HWCR) before any
 * system software runs; SeaBIOS knows neither, so the CPU starts that way.
 * Software may switch memory encryption off and on again; the lock is until
 * reset.  Other bits are remembered and have no effect.
 *
 * A guest controls its GHCB MSR and nothing else here.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/host-utils.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "sysemu/reset.h"
#include "sysemu/sysemu.h"
#include "sysemu/tcg.h"
#include "tcg/helper-tcg.h"
#include "hw/core/cpu.h"
#include "monitor/monitor.h"
#include "sev_watch.h"
#include "sev_cpu.h"
#include "sev_key.h"

#define MSR_TSC_RATIO       0xc0000104
#define TSC_RATIO_ONE       (1ULL << 32)
#define TSC_RATIO_MBZ       (~0ULL << 40)
#define MSR_SYSCFG          0xc0010010
#define SYSCFG_SETTABLE     MAKE_64BIT_MASK(18, 6) /* up to the bit for SNP */
#define MSR_HWCR            0xc0010015
#define MSR_VM_PAGE_FLUSH   0xc001011e
#define MSR_GHCB            0xc0010130
#define MSR_SEV_STATUS      0xc0010131
#define SEV_STATUS_SEV      (1ULL << 0)
#define SEV_STATUS_SEV_ES   (1ULL << 1)

#define CPUID_8000_001F_EAX_SEV           (1u << 1)
#define CPUID_8000_001F_EAX_VM_PAGE_FLUSH (1u << 2)
#define CPUID_8000_001F_EAX_SEV_ES        (1u << 3)
#define CPUID_8000_001F_EAX_COHERENT      (1u << 10)
#define CPUID_8000_001F_EAX_DEBUG_SWAP    (1u << 14)

static const SevHostProps *host_props(void)
{
    return first_cpu ? &X86_CPU(first_cpu)->sev_host : NULL;
}

bool sev_host_enabled(void)
{
    return host_props() && host_props()->enabled;
}

uint32_t sev_host_asids(void)
{
    return host_props()->nr_asids;
}

uint32_t sev_host_min_asid(void)
{
    return host_props()->min_asid;
}

uint32_t sev_host_cbitpos(void)
{
    return host_props()->cbitpos;
}

static bool check_props(const SevHostProps *props, Error **errp)
{
    if (props->cbitpos < 32 || props->cbitpos > 51) {
        error_setg(errp, "sev-cbitpos must be in 32 to 51");
        return false;
    }
    if (props->phys_bits_reduction > 31) {
        error_setg(errp, "sev-phys-bits-reduction must be at most 31");
        return false;
    }
    if (!props->nr_asids || props->nr_asids >= SEV_HOST_NR_ASIDS) {
        error_setg(errp, "sev-asids must be in 1 to %d",
                   SEV_HOST_NR_ASIDS - 1);
        return false;
    }
    if (!props->min_asid || props->min_asid > props->nr_asids + 1) {
        error_setg(errp, "sev-min-asid must be in 1 to sev-asids + 1");
        return false;
    }
    return true;
}

static void machine_done(Notifier *n, void *unused)
{
    if (!object_resolve_path_type("", "amd-psp", NULL)) {
        error_report("sev-es-host=on needs a security processor: "
                     "add -device amd-psp");
        exit(1);
    }
}

static Notifier machine_done_notifier = { .notify = machine_done };

/* As firmware leaves it. */
static void reset_cpu(void *opaque)
{
    SevCpu *sev = opaque;

    sev->syscfg = SYSCFG_MEM_ENCRYPT;
    sev->hwcr = HWCR_SMM_LOCK | HWCR_TSC_FREQ_SEL;
    sev->tsc_ratio = TSC_RATIO_ONE;
    sev->worlds.switching = false;
    sev->wbinvd_due = false;
    sev_tlb_flush(sev->tlb);
}

bool sev_host_realize(X86CPU *cpu, Error **errp)
{
    const SevHostProps *props = &cpu->sev_host;
    CPUX86State *env = &cpu->env;

    if (!props->enabled) {
        env->features[FEAT_SVM] &= ~CPUID_SVM_TSCSCALE;
        return true;
    }
    if (!check_props(props, errp)) {
        return false;
    }
    if (!machine_done_notifier.node.le_prev) {
        qemu_add_machine_init_done_notifier(&machine_done_notifier);
        monitor_register_hmp("sev-host", true, sev_info);
    }
    env->sev = g_new0(SevCpu, 1);
    env->sev->cbit = 1ULL << props->cbitpos;
    env->sev->tlb = sev_tlb_new();
    tcg_add_jmp_cache(env_cpu(env));
    qemu_register_reset(reset_cpu, env->sev);
    reset_cpu(env->sev);
    env->cpuid_xlevel = MAX(env->cpuid_xlevel, 0x8000001f);
    sev_asid_init(props->nr_asids);
    return true;
}

void sev_host_cpuid(CPUX86State *env, uint32_t *eax, uint32_t *ebx,
                    uint32_t *ecx, uint32_t *edx)
{
    const SevHostProps *props = &env_archcpu(env)->sev_host;

    if (env->sev) {
        *eax = CPUID_8000_001F_EAX_SEV | CPUID_8000_001F_EAX_VM_PAGE_FLUSH |
               CPUID_8000_001F_EAX_SEV_ES | CPUID_8000_001F_EAX_COHERENT;
        *eax |= props->debug_swap ? CPUID_8000_001F_EAX_DEBUG_SWAP : 0;
        *ebx = props->cbitpos | props->phys_bits_reduction << 6;
        *ecx = props->nr_asids;
        *edx = props->min_asid;
    }
}

static bool scales_tsc(CPUX86State *env)
{
    return env->features[FEAT_SVM] & CPUID_SVM_TSCSCALE;
}

/* SEV_STATUS and GHCB are the guest's: no intercept reaches them. */
static bool guest_rdmsr(CPUX86State *env, uint32_t msr, uint64_t *val)
{
    bool es = sev_guest_is(env, SEV_ES);

    if (msr == MSR_SEV_STATUS && sev_cbit(env)) {
        *val = SEV_STATUS_SEV | (es ? SEV_STATUS_SEV_ES : 0);
        return true;
    }
    if (msr == MSR_GHCB && es) {
        *val = env->sev->ghcb_msr;
        return true;
    }
    return false;
}

/* True: done, *val is the MSR's value.  False: not an MSR of this file's. */
bool sev_rdmsr(CPUX86State *env, uint32_t msr, uint64_t *val, uintptr_t ra)
{
    if (!env->sev) {
        return false;
    }
    if (env->hflags & HF_GUEST_MASK) {
        return guest_rdmsr(env, msr, val);
    }
    switch (msr) {
    case MSR_TSC_RATIO:
        *val = env->sev->tsc_ratio;
        return scales_tsc(env);
    case MSR_SYSCFG:
        *val = env->sev->syscfg;
        return true;
    case MSR_HWCR:
        *val = env->sev->hwcr;
        return true;
    case MSR_SEV_STATUS:
        *val = 0;
        return true;
    case MSR_GHCB:
    case MSR_VM_PAGE_FLUSH: /* write only */
        raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
    }
    return false;
}

/* Views never go stale, so there is nothing to flush for a valid ASID. */
static bool page_flush_valid(CPUX86State *env, uint64_t val)
{
    uint32_t asid = val & ~TARGET_PAGE_MASK;

    return asid && asid <= env_archcpu(env)->sev_host.nr_asids;
}

uint64_t sev_scale_tsc(CPUX86State *env, uint64_t tsc)
{
    uint64_t low, high;

    if (!(env->hflags & HF_GUEST_MASK)) {
        return tsc;
    }
    mulu64(&low, &high, tsc, env->sev->tsc_ratio);
    return high << 32 | low >> 32;
}

/* Writes of these end all translations of all ASIDs: APM 15.16.1. */
static bool moves_memory(uint32_t msr)
{
    return msr == MSR_SYSCFG || msr == MSR_MTRRdefType ||
           (msr >= MSR_MTRRphysBase(0) && msr <= MSR_MTRRphysMask(7)) ||
           (msr >= MSR_MTRRfix64K_00000 && msr <= MSR_MTRRfix4K_F8000);
}

bool sev_wrmsr(CPUX86State *env, uint32_t msr, uint64_t val, uintptr_t ra)
{
    if (!env->sev) {
        return false;
    }
    if (env->hflags & HF_GUEST_MASK) {
        if (msr != MSR_GHCB || !sev_guest_is(env, SEV_ES)) {
            return false;
        }
        env->sev->ghcb_msr = val;
        return true;
    }
    if (moves_memory(msr)) {
        sev_tlb_flush(env->sev->tlb);
        tlb_flush(env_cpu(env));
    }
    switch (msr) {
    case MSR_TSC_RATIO:
        if (!scales_tsc(env) || val & TSC_RATIO_MBZ) {
            raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
        }
        env->sev->tsc_ratio = val;
        return true;
    case MSR_SYSCFG:
        env->sev->syscfg = val & SYSCFG_SETTABLE;
        return true;
    case MSR_HWCR:
        env->sev->hwcr = val | (env->sev->hwcr & HWCR_SMM_LOCK);
        return true;
    case MSR_VM_PAGE_FLUSH:
        if (page_flush_valid(env, val)) {
            return true;
        }
        /* fall through */
    case MSR_GHCB:
    case MSR_SEV_STATUS:
        raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
    }
    return false;
}
