// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading and saving a SEV-ES guest's registers
 *
 * AMD 24593 APM Volume 2, 15.35.1 "SEV-ES Overview" (the three types of state)
 * and Appendix B "VMCB Layout", state save area for SEV-ES.  VMRUN loads and
 * #VMEXIT saves everything: segments, control and debug registers, GPRs, the
 * system call MSRs, x87, SSE and AVX.  The host's state is of three types:
 *
 *   A  VMRUN saves it, #VMEXIT restores it    (QEMU's own do_vmexit)
 *   B  software saved it, #VMEXIT restores it (host save area + 0x400)
 *   C  #VMEXIT resets it                      (x87, SSE, AVX)
 *
 * Hardware keeps a checksum of each VMSA where no software can write; here
 * the whole page as the CPU left it is kept, so that every change is noticed.
 * The CPU works on that copy; #VMEXIT writes it to the frame, whose view stays
 * as it is.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/bitops.h"
#include "qemu/lockable.h"
#include "qemu/thread.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "tcg/helper-tcg.h"
#include "sev_debug.h"
#include "sev_key.h"
#include "sev_vmsa.h"

/* Offsets in the page. */
enum {
    VMSA_ES = 0x000, VMSA_CS = 0x010, VMSA_SS = 0x020, VMSA_DS = 0x030,
    VMSA_FS = 0x040, VMSA_GS = 0x050, VMSA_GDTR = 0x060, VMSA_LDTR = 0x070,
    VMSA_IDTR = 0x080, VMSA_TR = 0x090, VMSA_CPL = 0x0cb, VMSA_EFER = 0x0d0,
    VMSA_CR4 = 0x148, VMSA_CR3 = 0x150, VMSA_CR0 = 0x158, VMSA_RFLAGS = 0x170,
    VMSA_SEV_FEATURES = 0x3b0,
    VMSA_MXCSR = 0x408, VMSA_FTW = 0x40c, VMSA_FSW = 0x40e, VMSA_FCW = 0x410,
    VMSA_ST_LOW = 0x420, VMSA_ST_HIGH = 0x460,
    VMSA_XMM = 0x470, VMSA_YMM = 0x570,
};

/* A register that is a plain number in both places. */
typedef struct Field {
    uint16_t vmsa;
    uint16_t size;
    size_t env;
} Field;

#define FIELD(_offset, _member) \
    { _offset, sizeof_field(CPUX86State, _member), \
      offsetof(CPUX86State, _member) }

/* Guest and host alike: what software saves for the host (type B). */
static const Field fields_b[] = {
    FIELD(0x140, xss),
    FIELD(0x200, star),
    FIELD(0x208, lstar),
    FIELD(0x210, cstar),
    FIELD(0x218, fmask),
    FIELD(0x220, kernelgsbase),
    FIELD(0x228, sysenter_cs),
    FIELD(0x230, sysenter_esp),
    FIELD(0x238, sysenter_eip),
    FIELD(0x2e8, pkru),
    FIELD(0x308, regs[R_ECX]),
    FIELD(0x310, regs[R_EDX]),
    FIELD(0x318, regs[R_EBX]),
    FIELD(0x328, regs[R_EBP]),
    FIELD(0x330, regs[R_ESI]),
    FIELD(0x338, regs[R_EDI]),
    FIELD(0x340, regs[R_R8]),
    FIELD(0x348, regs[R_R9]),
    FIELD(0x350, regs[R_R10]),
    FIELD(0x358, regs[R_R11]),
    FIELD(0x360, regs[R_R12]),
    FIELD(0x368, regs[R_R13]),
    FIELD(0x370, regs[R_R14]),
    FIELD(0x378, regs[R_R15]),
    FIELD(0x3e8, xcr0),
};

/* Guest only: the host's are restored by do_vmexit, or not at all. */
static const Field fields_guest[] = {
    FIELD(0x178, eip),
    FIELD(0x1d8, regs[R_ESP]),
    FIELD(0x1f8, regs[R_EAX]),
    FIELD(0x240, cr[2]),
    FIELD(0x268, pat),
    FIELD(0x400, fpdp),
    FIELD(0x412, fpop),
    FIELD(0x414, fpds),
    FIELD(0x416, fpcs),
    FIELD(0x418, fpip),
};

static void load_fields(CPUX86State *env, const uint8_t *page,
                        const Field *field, int nr_fields)
{
    for (; nr_fields--; field++) {
        memcpy((uint8_t *)env + field->env, page + field->vmsa, field->size);
    }
}

static void save_fields(CPUX86State *env, uint8_t *page,
                        const Field *field, int nr_fields)
{
    for (; nr_fields--; field++) {
        memcpy(page + field->vmsa, (uint8_t *)env + field->env, field->size);
    }
}

/* Segments */

static SegmentCache get_seg(CPUX86State *env, const uint8_t *p)
{
    unsigned attr = lduw_le_p(p + 2);

    return (SegmentCache) {
        .selector = lduw_le_p(p),
        .flags = (attr & 0xff) << 8 | (attr & 0xf00) << 12,
        .limit = ldl_le_p(p + 4),
        .base = sextract64(ldq_le_p(p + 8), 0, cpu_x86_virtual_addr_width(env)),
    };
}

static void put_seg(uint8_t *p, const SegmentCache *seg)
{
    stw_le_p(p, seg->selector);
    stw_le_p(p + 2, (seg->flags >> 8 & 0xff) | (seg->flags >> 12 & 0xf00));
    stl_le_p(p + 4, seg->limit);
    stq_le_p(p + 8, seg->base);
}

/* The segments of R_ES to R_GS lie in the page in QEMU's own order. */
static void load_seg(CPUX86State *env, const uint8_t *page, int seg_reg)
{
    SegmentCache seg = get_seg(env, page + VMSA_ES + 0x10 * seg_reg);

    cpu_x86_load_seg_cache(env, seg_reg, seg.selector, seg.base, seg.limit,
                           seg.flags);
}

static void load_segs(CPUX86State *env, const uint8_t *page)
{
    for (int seg_reg = R_ES; seg_reg <= R_GS; seg_reg++) {
        load_seg(env, page, seg_reg);
    }
    env->gdt = get_seg(env, page + VMSA_GDTR);
    env->idt = get_seg(env, page + VMSA_IDTR);
    env->ldt = get_seg(env, page + VMSA_LDTR);
    env->tr = get_seg(env, page + VMSA_TR);
}

static void save_segs(CPUX86State *env, uint8_t *page)
{
    for (int seg_reg = R_ES; seg_reg <= R_GS; seg_reg++) {
        put_seg(page + VMSA_ES + 0x10 * seg_reg, &env->segs[seg_reg]);
    }
    put_seg(page + VMSA_GDTR, &env->gdt);
    put_seg(page + VMSA_IDTR, &env->idt);
    put_seg(page + VMSA_LDTR, &env->ldt);
    put_seg(page + VMSA_TR, &env->tr);
    page[VMSA_CPL] = env->hflags & HF_CPL_MASK;
}

/* x87, SSE, AVX.  The x87 registers: eight mantissas, then eight exponents */

static void load_fpu(CPUX86State *env, const uint8_t *page)
{
    unsigned ftw = lduw_le_p(page + VMSA_FTW);
    unsigned fsw = lduw_le_p(page + VMSA_FSW);

    cpu_set_mxcsr(env, ldl_le_p(page + VMSA_MXCSR));
    cpu_set_fpuc(env, lduw_le_p(page + VMSA_FCW));
    env->fpstt = fsw >> 11 & 7;
    env->fpus = fsw & ~0x3800;
    for (int i = 0; i < 8; i++) {
        FPReg *st = &env->fpregs[(env->fpstt + i) & 7];

        env->fptags[i] = !(ftw >> i & 1);
        st->d.low = ldq_le_p(page + VMSA_ST_LOW + 8 * i);
        st->d.high = lduw_le_p(page + VMSA_ST_HIGH + 2 * i);
    }
    for (int i = 0; i < 16; i++) {
        memcpy(&env->xmm_regs[i].ZMM_Q(0), page + VMSA_XMM + 16 * i, 16);
        memcpy(&env->xmm_regs[i].ZMM_Q(2), page + VMSA_YMM + 16 * i, 16);
    }
}

static void save_fpu(CPUX86State *env, uint8_t *page)
{
    unsigned ftw = 0;

    update_mxcsr_from_sse_status(env);
    stl_le_p(page + VMSA_MXCSR, env->mxcsr);
    stw_le_p(page + VMSA_FCW, env->fpuc);
    stw_le_p(page + VMSA_FSW, (env->fpus & ~0x3800) | env->fpstt << 11);
    for (int i = 0; i < 8; i++) {
        const FPReg *st = &env->fpregs[(env->fpstt + i) & 7];

        ftw |= !env->fptags[i] << i;
        stq_le_p(page + VMSA_ST_LOW + 8 * i, st->d.low);
        stw_le_p(page + VMSA_ST_HIGH + 2 * i, st->d.high);
    }
    stw_le_p(page + VMSA_FTW, ftw);
    for (int i = 0; i < 16; i++) {
        memcpy(page + VMSA_XMM + 16 * i, &env->xmm_regs[i].ZMM_Q(0), 16);
        memcpy(page + VMSA_YMM + 16 * i, &env->xmm_regs[i].ZMM_Q(2), 16);
    }
}

static void reset_fpu(CPUX86State *env)
{
    cpu_set_mxcsr(env, 0x1f80);
    cpu_set_fpuc(env, 0x37f);
    env->fpus = 0;
    env->fpstt = 0;
    memset(env->fptags, 1, sizeof(env->fptags));
    memset(env->fpregs, 0, sizeof(env->fpregs));
    for (int i = 0; i < 16; i++) {
        memset(&env->xmm_regs[i].ZMM_Q(0), 0, 32);
    }
}

/* Update the hidden flags for the loaded fields; XCR0 bit 0 is always one. */
static void sync_extended_state(CPUX86State *env)
{
    env->xcr0 |= XSTATE_FP_MASK;
    cpu_sync_bndcs_hflags(env);
    cpu_sync_avx_hflag(env);
}

/* The whole */

void sev_vmsa_get_control(const SevVmsa *vmsa, SevVmsaControl *control)
{
    const uint8_t *page = vmsa->sealed;

    control->cr0 = ldq_le_p(page + VMSA_CR0);
    control->cr3 = ldq_le_p(page + VMSA_CR3);
    control->cr4 = ldq_le_p(page + VMSA_CR4);
    control->dr6 = ldq_le_p(page + VMSA_DR6);
    control->dr7 = ldq_le_p(page + VMSA_DR7);
    control->efer = ldq_le_p(page + VMSA_EFER);
    control->sev_features = ldq_le_p(page + VMSA_SEV_FEATURES);
}

static bool swaps_debug(const uint8_t *page)
{
    return ldq_le_p(page + VMSA_SEV_FEATURES) & SEV_FEATURE_DEBUG_SWAP;
}

void sev_vmsa_load(CPUX86State *env, const SevVmsa *vmsa)
{
    const uint8_t *page = vmsa->sealed;

    cpu_x86_update_cr0(env, ldq_le_p(page + VMSA_CR0));
    cpu_x86_update_cr4(env, ldq_le_p(page + VMSA_CR4));
    cpu_x86_update_cr3(env, ldq_le_p(page + VMSA_CR3));
    cpu_load_efer(env, ldq_le_p(page + VMSA_EFER));
    env->eflags = 0;
    cpu_load_eflags(env, ldq_le_p(page + VMSA_RFLAGS),
                    ~(CC_O | CC_S | CC_Z | CC_A | CC_P | CC_C | DF_MASK));
    load_segs(env, page);
    load_fields(env, page, fields_b, ARRAY_SIZE(fields_b));
    load_fields(env, page, fields_guest, ARRAY_SIZE(fields_guest));
    sev_debug_load(env, page, swaps_debug(page));
    load_fpu(env, page);
    sync_extended_state(env);
}

void sev_vmsa_save(CPUX86State *env, SevVmsa *vmsa)
{
    uint8_t *page = vmsa->sealed;

    stq_le_p(page + VMSA_CR0, env->cr[0]);
    stq_le_p(page + VMSA_CR4, env->cr[4]);
    stq_le_p(page + VMSA_CR3, env->cr[3]);
    stq_le_p(page + VMSA_EFER, env->efer);
    stq_le_p(page + VMSA_RFLAGS, cpu_compute_eflags(env));
    save_segs(env, page);
    save_fields(env, page, fields_b, ARRAY_SIZE(fields_b));
    save_fields(env, page, fields_guest, ARRAY_SIZE(fields_guest));
    sev_debug_save(env, page, swaps_debug(page));
    save_fpu(env, page);
    sev_frame_put(&vmsa->frame, vmsa->key, page);
}

void sev_vmsa_load_host(CPUX86State *env)
{
    uint8_t page[TARGET_PAGE_SIZE];

    cpu_physical_memory_read(env->vm_hsave + offsetof(struct vmcb, save), page,
                             TARGET_PAGE_SIZE - offsetof(struct vmcb, save));
    sev_debug_load_host(env, page);
    load_seg(env, page, R_FS);
    load_seg(env, page, R_GS);
    env->ldt = get_seg(env, page + VMSA_LDTR);
    env->tr = get_seg(env, page + VMSA_TR);
    load_fields(env, page, fields_b, ARRAY_SIZE(fields_b));
    reset_fpu(env);
    sync_extended_state(env);
}

/* Which pages are VMSAs */

SevVmsa *sev_vmsa_find(hwaddr spa)
{
    SevFrameRef ref;

    if (spa & ~TARGET_PAGE_MASK || !sev_frame_find(spa, &ref)) {
        return NULL;
    }
    return sev_frame_vmsa(&ref);
}

/*
 * The user of each VMSA: no two CPUs, nor a CPU and firmware, take it
 * concurrently.
 */
static QemuMutex users_lock;

static void __attribute__((constructor)) init_users_lock(void)
{
    qemu_mutex_init(&users_lock);
}

/* A CPU that was reset inside the guest is no user any more. */
static bool busy(const SevVmsa *vmsa)
{
    CPUX86State *user = vmsa->user ? vmsa->user->env_ptr : NULL;

    return user && user->sev->vmsa == vmsa &&
           (user->hflags & HF_GUEST_MASK || user->sev->entering);
}

bool sev_vmsa_busy(const SevVmsa *vmsa)
{
    QEMU_LOCK_GUARD(&users_lock);
    return busy(vmsa);
}

bool sev_vmsa_take(SevVmsa *vmsa, CPUX86State *env)
{
    QEMU_LOCK_GUARD(&users_lock);
    if (vmsa->user != env_cpu(env) && busy(vmsa)) {
        return false;
    }
    env->sev->entering = true;
    env->sev->vmsa = vmsa;
    vmsa->user = env_cpu(env);
    return true;
}

void sev_vmsa_leave(CPUX86State *env)
{
    QEMU_LOCK_GUARD(&users_lock);
    env->sev->entering = false;
    env->sev->vmsa = NULL;
}

bool sev_vmsa_intact(const SevVmsa *vmsa)
{
    return !memcmp(sev_frame_view(&vmsa->frame, vmsa->key), vmsa->sealed,
                   TARGET_PAGE_SIZE);
}

/* The record of a frame that becomes a VMSA under @key; NULL: it cannot now */
static SevVmsa *vmsa_claim(hwaddr spa, SevKey *key)
{
    SevFrameRef ref;
    SevVmsa *vmsa;

    if (spa & ~TARGET_PAGE_MASK || !sev_frame_find(spa, &ref)) {
        return NULL;
    }
    vmsa = sev_frame_vmsa(&ref);
    if (!vmsa) {
        vmsa = g_new0(SevVmsa, 1);
        vmsa->frame = ref;
        sev_frame_set_vmsa(&ref, vmsa);
    }
    QEMU_LOCK_GUARD(&users_lock);
    if (busy(vmsa)) {
        return NULL;
    }
    sev_key_ref(key);
    sev_key_unref(vmsa->key);
    vmsa->key = key;
    return vmsa;
}

static void vmsa_seal(SevVmsa *vmsa)
{
    memcpy(vmsa->sealed, sev_frame_view(&vmsa->frame, vmsa->key),
           TARGET_PAGE_SIZE);
}

bool sev_vmsa_encrypt(hwaddr spa, SevKey *key)
{
    SevVmsa *vmsa = vmsa_claim(spa, key);

    if (!vmsa) {
        return false;
    }
    sev_frames_encrypt(spa, TARGET_PAGE_SIZE, key);
    vmsa_seal(vmsa);
    return true;
}

bool sev_vmsa_install(hwaddr spa, const void *page, SevKey *key)
{
    SevVmsa *vmsa = vmsa_claim(spa, key);

    if (!vmsa) {
        return false;
    }
    sev_guest_write(spa, page, TARGET_PAGE_SIZE, key);
    vmsa_seal(vmsa);
    return true;
}

bool sev_vmsa_read(hwaddr spa, void *page, SevKey *key)
{
    SevVmsa *vmsa = sev_vmsa_find(spa);

    if (!vmsa || vmsa->key != key || sev_vmsa_busy(vmsa) ||
        !sev_vmsa_intact(vmsa)) {
        return false;
    }
    memcpy(page, vmsa->sealed, TARGET_PAGE_SIZE);
    return true;
}
