/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one CPU of a SEV-ES host remembers, and the hooks in QEMU's own files
 *
 * AMD 24593 APM Volume 2, 15.34 "Secure Encrypted Virtualization" and 15.35
 * "Encrypted State (SEV-ES)".  env->sev is NULL on every other CPU, so a
 * machine without sev-es-host=on pays one test of a pointer.
 */
#ifndef TARGET_I386_SEV_CPU_H
#define TARGET_I386_SEV_CPU_H

#include "cpu.h"
#include "sev_firmware.h"
#include "sev_tlb.h"
#include "sev_switch.h"

#define EXCP1D_VC              29

#define SYSCFG_MEM_ENCRYPT     (1ULL << 23)
#define HWCR_SMM_LOCK          (1ULL << 0)
#define HWCR_TSC_FREQ_SEL      (1ULL << 24) /* counts with P0's frequency */

#define SVM_EXIT_EFER_WRITE_TRAP 0x08f
#define SVM_EXIT_CR0_WRITE_TRAP  0x090
#define SVM_EXIT_CR15_WRITE_TRAP 0x09f
#define SVM_EXIT_VMGEXIT         0x403
#define SVM_EXIT_BUSY            ((uint32_t)-2)

typedef struct SevVmsa SevVmsa;

typedef enum SevGuest { SEV_NONE, SEV_PLAIN, SEV_ES } SevGuest;

typedef struct SevCpu {
    SevGuest guest;     /* what VMRUN started; valid under HF_GUEST_MASK */
    bool refused;       /* VMRUN did not get as far as loading the guest */
    SevKey *key;        /* the running guest's key */
    SevVmsa *vmsa;      /* SEV-ES: the VMSA this CPU has in use */
    bool entering;      /* VMRUN has begun and the guest does not run yet */
    uint32_t asid;      /* the running guest's, of any kind; 0: the host's */
    SevTlb *tlb;
    SevSwitch worlds;
    uint64_t cbit;      /* mask of the C-bit */
    uint64_t ghcb_msr;  /* the running guest's GHCB MSR */
    uint64_t host_pat;  /* the host's PAT while a SEV-ES guest runs */
    uint16_t pauses;    /* until the one that exits; see sev_pause_passes() */
    bool wbinvd_due;    /* the security processor waits for one */
    uint64_t tsc_ratio; /* fixed point, 32 binary places */
    uint64_t syscfg;
    uint64_t hwcr;
} SevCpu;

static inline bool sev_guest_is(CPUX86State *env, SevGuest kind)
{
    return unlikely(env->sev) && (env->hflags & HF_GUEST_MASK) &&
           env->sev->guest == kind;
}

/* Mask of the C-bit while a SEV or SEV-ES guest runs, else 0. */
static inline uint64_t sev_cbit(CPUX86State *env)
{
    return unlikely(env->sev) && (env->hflags & HF_GUEST_MASK) &&
           env->sev->guest ? env->sev->cbit : 0;
}

/* EFER bits that a guest's writes do not reach: SVME in a SEV-ES guest. */
static inline uint64_t sev_efer_fixed(CPUX86State *env)
{
    return sev_guest_is(env, SEV_ES) ? MSR_EFER_SVME : 0;
}

/* PAUSE filter, APM Volume 2, 15.14.4: of each count the last PAUSE exits. */
static inline bool sev_pause_passes(CPUX86State *env)
{
    return unlikely(env->sev) && (env->hflags & HF_GUEST_MASK) &&
           env->sev->pauses && --env->sev->pauses;
}

uint64_t sev_scale_tsc(CPUX86State *env, uint64_t tsc);

/* The TSC as the running guest sees it, before its offset. */
static inline uint64_t sev_guest_tsc(CPUX86State *env, uint64_t tsc)
{
    return unlikely(env->sev) ? sev_scale_tsc(env, tsc) : tsc;
}

/* One walk through a guest's page tables: private until an entry says no. */
typedef struct SevWalk {
    uint64_t cbit;
    bool private;
    bool global;
} SevWalk;

static inline uint64_t sev_walk_pte(SevWalk *walk, uint64_t pte)
{
    walk->private = pte & walk->cbit;
    walk->global = pte & PG_GLOBAL_MASK;
    return pte & ~walk->cbit;
}

/* sev_host.c */
bool sev_host_realize(X86CPU *cpu, Error **errp);
bool sev_rdmsr(CPUX86State *env, uint32_t msr, uint64_t *val, uintptr_t ra);
bool sev_wrmsr(CPUX86State *env, uint32_t msr, uint64_t val, uintptr_t ra);

/* sev_view.c: called before a translation to RAM is used */
void sev_tlb_fill(CPUX86State *env, hwaddr paddr, int mmu_idx, bool private);
void sev_walk_access(CPUX86State *env, const SevWalk *walk, hwaddr paddr);

/* sev_vmrun.c; both bool functions: true if QEMU's own load or save is void */
void sev_vmrun_check(CPUX86State *env, uint64_t sev_ctl, uint32_t asid,
                     uintptr_t ra);
bool sev_vmrun_load(CPUX86State *env, uintptr_t ra);
bool sev_vmexit_save(CPUX86State *env);
void sev_vmexit_host(CPUX86State *env);

/* sev_vc.c */
void sev_vc_filter(CPUX86State *env, uint32_t code, uint64_t info1);
void sev_vmgexit(CPUX86State *env, uintptr_t ra);

/*
 * sev_trap.c: before and after each write of a control register; the length of
 * the trapping instruction, 0 if none
 */
int sev_trap_begin(CPUX86State *env, uint32_t code, uint64_t old, uint64_t val,
                   uintptr_t ra);
void sev_trap_end(CPUX86State *env, uint32_t code, uint64_t val, int len);

#endif
