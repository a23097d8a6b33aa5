// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guests' translations that a CPU keeps, by ASID
 *
 * AMD 24593 APM Volume 2, 15.16 "TLB Control", 5.5 "Translation-Lookaside
 * Buffer".  QEMU forgets all translations at VMRUN and #VMEXIT, so there a
 * host that forgets a flush goes unpunished.  Here, as on hardware, the way
 * from a guest's address to a frame outlives #VMEXIT and is used again when
 * the CPU next runs that ASID:
 *
 *      guest's access --- in TCG's TLB? --- kept here? --- walk, and keep
 *
 * TLB_CONTROL, INVLPGA, what the guest itself does to its TLB, and writes of
 * MTRRs and of SYSCFG remove translations; a change of the nested or of the
 * guest's page tables does not, nor does anything that another CPU does.  An
 * access that a kept translation does not allow walks anew, so rights may
 * grow without a flush.  Values of TLB_CONTROL that the manual reserves are
 * rejected.
 *
 * The guest controls the addresses; it can only evict.
 */
#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qemu/units.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "tcg/helper-tcg.h"
#include "sev_cpu.h"

#define NR_ENTRIES  4096  /* a power of two, about twice a chip's */
#define NR_MARKS    4096

#define TLB_CONTROL_FLUSH_ASID        3
#define TLB_CONTROL_FLUSH_ASID_LOCAL  7 /* all but global pages */

typedef struct Entry {
    uint64_t turn;      /* 0: empty; else see turn_of() */
    vaddr page;
    uint32_t asid;
    uint32_t mode;      /* of paging */
    uint32_t pkru, pkrs;
    uint8_t mmu_idx;
    bool fetch;
    SevTranslation to;
} Entry;

struct SevTlb {
    Entry entries[NR_ENTRIES];
    DECLARE_BITMAP(marks, NR_MARKS); /* where large pages of guests are */
    /* per ASID, counted up by a flush: of everything, of what is not global */
    uint64_t turn[SEV_HOST_NR_ASIDS];
    uint64_t turn_local[SEV_HOST_NR_ASIDS];
};

static const int large_sizes[] = { 2 * MiB, 4 * MiB, 1 * GiB };

static uint32_t hash(uint32_t asid, uint64_t a, uint32_t b)
{
    uint64_t mix = (a + ((uint64_t)asid << 44) + b) * 0x9e3779b97f4a7c15ULL;

    return mix >> 52;
}

static Entry *slot(SevTlb *tlb, uint32_t asid, vaddr page, bool fetch)
{
    return &tlb->entries[hash(asid, page >> TARGET_PAGE_BITS, fetch) %
                         NR_ENTRIES];
}

static uint32_t mark_of(uint32_t asid, vaddr addr, int size)
{
    return hash(asid, addr / size, size) % NR_MARKS;
}

/* An entry is good as long as its turn is that of its ASID; never 0. */
static uint64_t turn_of(const SevTlb *tlb, uint32_t asid, bool global)
{
    return 1 + (global ? tlb->turn[asid] : tlb->turn_local[asid]);
}

void sev_tlb_flush(SevTlb *tlb)
{
    memset(tlb->entries, 0, sizeof(tlb->entries));
    bitmap_zero(tlb->marks, NR_MARKS);
}

static void flush_asid(SevTlb *tlb, uint32_t asid)
{
    tlb->turn[asid]++;
    tlb->turn_local[asid]++;
}

static void flush_local(SevTlb *tlb, uint32_t asid)
{
    tlb->turn_local[asid]++;
}

static void flush_slot(Entry *entry, uint32_t asid, vaddr page)
{
    if (entry->asid == asid && entry->page == page) {
        entry->turn = 0;
    }
}

static void flush_large(SevTlb *tlb, uint32_t asid, vaddr addr, int size)
{
    if (!test_bit(mark_of(asid, addr, size), tlb->marks)) {
        return;
    }
    for (Entry *entry = tlb->entries; entry < tlb->entries + NR_ENTRIES;
         entry++) {
        if (entry->asid == asid && entry->to.guest_size == size &&
            entry->page / size == addr / size) {
            entry->turn = 0;
        }
    }
}

static void flush_page(SevTlb *tlb, uint32_t asid, vaddr addr)
{
    vaddr page = addr & TARGET_PAGE_MASK;

    flush_slot(slot(tlb, asid, page, false), asid, page);
    flush_slot(slot(tlb, asid, page, true), asid, page);
    for (int i = 0; i < ARRAY_SIZE(large_sizes); i++) {
        flush_large(tlb, asid, addr, large_sizes[i]);
    }
}

SevTlb *sev_tlb_new(void)
{
    return g_new0(SevTlb, 1);
}

/* The running guest's ASID, 0 for the host. */
static uint32_t asid_now(CPUX86State *env)
{
    return env->sev && env->hflags & HF_GUEST_MASK ? env->sev->asid : 0;
}

/* The same, and 0 for an access that is not the guest's own. */
static uint32_t asid_of(CPUX86State *env, int mmu_idx)
{
    return mmu_idx == MMU_NESTED_IDX || mmu_idx == MMU_PHYS_IDX ?
           0 : asid_now(env);
}

static bool entry_fits(CPUX86State *env, const Entry *entry, uint32_t asid,
                       vaddr page, MMUAccessType type, int mmu_idx)
{
    return entry->turn == turn_of(env->sev->tlb, asid, entry->to.global) &&
           entry->asid == asid && entry->page == page &&
           entry->mmu_idx == mmu_idx && entry->to.prot & (1 << type) &&
           entry->fetch == (type == MMU_INST_FETCH) &&
           entry->mode == get_pg_mode(env) &&
           entry->pkru == env->pkru && entry->pkrs == env->pkrs;
}

bool sev_tlb_lookup(CPUX86State *env, vaddr addr, MMUAccessType type,
                    int mmu_idx, SevTranslation *to)
{
    uint32_t asid = asid_of(env, mmu_idx);
    vaddr page = addr & TARGET_PAGE_MASK;
    Entry *entry;

    if (!asid) {
        return false;
    }
    entry = slot(env->sev->tlb, asid, page, type == MMU_INST_FETCH);
    if (!entry_fits(env, entry, asid, page, type, mmu_idx)) {
        return false;
    }
    *to = entry->to;
    to->paddr |= addr & ~TARGET_PAGE_MASK;
    return true;
}

void sev_tlb_insert(CPUX86State *env, vaddr addr, MMUAccessType type,
                    int mmu_idx, const SevTranslation *to)
{
    uint32_t asid = asid_of(env, mmu_idx);
    SevTlb *tlb;
    Entry entry;

    if (!asid) {
        return;
    }
    tlb = env->sev->tlb;
    entry = (Entry) {
        .page = addr & TARGET_PAGE_MASK, .asid = asid, .mmu_idx = mmu_idx,
        .mode = get_pg_mode(env), .pkru = env->pkru, .pkrs = env->pkrs,
        .fetch = type == MMU_INST_FETCH, .to = *to,
    };
    entry.to.global = to->global && env->cr[4] & CR4_PGE_MASK;
    entry.to.paddr &= TARGET_PAGE_MASK;
    entry.turn = turn_of(tlb, asid, entry.to.global);
    *slot(tlb, asid, entry.page, entry.fetch) = entry;
    if (to->guest_size > TARGET_PAGE_SIZE) {
        set_bit(mark_of(asid, addr, to->guest_size), tlb->marks);
    }
}

static bool flushes_by_asid(CPUX86State *env)
{
    return env->features[FEAT_SVM] & CPUID_SVM_FLUSHASID;
}

void sev_tlb_vmrun(CPUX86State *env, uint32_t asid, uint32_t control,
                   uintptr_t ra)
{
    SevCpu *sev = env->sev;

    if (!sev) {
        return;
    }
    if (control == TLB_CONTROL_FLUSH_ALL_ASID) {
        sev_tlb_flush(sev->tlb);
    } else if (control == TLB_CONTROL_FLUSH_ASID && flushes_by_asid(env)) {
        flush_asid(sev->tlb, asid);
    } else if (control == TLB_CONTROL_FLUSH_ASID_LOCAL &&
               flushes_by_asid(env)) {
        flush_local(sev->tlb, asid);
    } else if (control != TLB_CONTROL_DO_NOTHING) {
        cpu_vmexit(env, SVM_EXIT_ERR, 0, ra);
    }
    sev->asid = asid;
    sev_switch_enter_guest(env, asid, control);
}

/* Does the write of a control register end translations, global ones too? */
static bool ends_all(uint32_t code, uint64_t changed)
{
    switch (code) {
    case SVM_EXIT_CR0_WRITE_TRAP:
        return changed & (CR0_PG_MASK | CR0_WP_MASK | CR0_PE_MASK);
    case SVM_EXIT_CR0_WRITE_TRAP + 4:
    case SVM_EXIT_EFER_WRITE_TRAP:
        return changed;
    default:
        return false;
    }
}

void sev_tlb_control_write(CPUX86State *env, uint32_t code, uint64_t old,
                           uint64_t val)
{
    uint32_t asid = asid_now(env);

    if (!asid) {
        return; /* the host's own translations are in TCG's TLB alone */
    }
    if (ends_all(code, old ^ val)) {
        flush_asid(env->sev->tlb, asid);
    } else if (code == SVM_EXIT_CR0_WRITE_TRAP + 3) {
        flush_local(env->sev->tlb, asid);
    }
}

void sev_tlb_invlpg(CPUX86State *env, vaddr addr)
{
    uint32_t asid = asid_now(env);

    if (asid) {
        flush_page(env->sev->tlb, asid, addr);
    }
}

void sev_tlb_invlpga(CPUX86State *env, vaddr addr, uint32_t asid)
{
    if (env->sev && asid && asid < SEV_HOST_NR_ASIDS) {
        flush_page(env->sev->tlb, asid, addr);
    }
}
