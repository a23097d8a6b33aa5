/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guests' translations that a CPU keeps, by ASID
 *
 * AMD 24593 APM Volume 2, 15.16 "TLB Control".  Part of sev_cpu.h, which
 * QEMU's own files include.  Everything here does nothing on a CPU without
 * sev-es-host=on.
 */
#ifndef TARGET_I386_SEV_TLB_H
#define TARGET_I386_SEV_TLB_H

/* From a guest's address to a frame: what a walk finds. */
typedef struct SevTranslation {
    hwaddr paddr;
    int prot;
    int page_size;      /* the larger one of the guest's and the host's */
    int guest_size;     /* the guest's alone */
    bool private;       /* C-bit */
    bool global;
} SevTranslation;

typedef struct SevTlb SevTlb;

SevTlb *sev_tlb_new(void);
void sev_tlb_flush(SevTlb *tlb);

bool sev_tlb_lookup(CPUX86State *env, vaddr addr, MMUAccessType type,
                    int mmu_idx, SevTranslation *to);
void sev_tlb_insert(CPUX86State *env, vaddr addr, MMUAccessType type,
                    int mmu_idx, const SevTranslation *to);

/* The guest's access may use a kept translation. */
static inline bool sev_tlb_find(CPUX86State *env, vaddr addr,
                                MMUAccessType type, int mmu_idx,
                                SevTranslation *to)
{
    return unlikely(env->sev) && sev_tlb_lookup(env, addr, type, mmu_idx, to);
}

/* Keep what a walk found. */
static inline void sev_tlb_keep(CPUX86State *env, vaddr addr,
                                MMUAccessType type, int mmu_idx,
                                const SevTranslation *to)
{
    if (unlikely(env->sev)) {
        sev_tlb_insert(env, addr, type, mmu_idx, to);
    }
}

/* VMRUN: do what TLB_CONTROL says, then translate under @asid. */
void sev_tlb_vmrun(CPUX86State *env, uint32_t asid, uint32_t control,
                   uintptr_t ra);

/* A control register or EFER is written: @code is that of its write trap. */
void sev_tlb_control_write(CPUX86State *env, uint32_t code, uint64_t old,
                           uint64_t val);
void sev_tlb_invlpg(CPUX86State *env, vaddr addr);
void sev_tlb_invlpga(CPUX86State *env, vaddr addr, uint32_t asid);

#endif
