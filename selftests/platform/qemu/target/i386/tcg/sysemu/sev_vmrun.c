// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMRUN and #VMEXIT of SEV and SEV-ES guests
 *
 * AMD 24593 APM Volume 2, 15.34.3 "Enabling SEV", 15.35.3 "SEV-ES Guests",
 * 15.35.8 "VMRUN".  What hardware rejects is rejected here, before any guest
 * state is loaded: an ASID of the wrong range or without a key, no nested
 * paging, no LBR virtualization, a VMSA that the security processor did not
 * make for this key, one that was changed (all VMEXIT_INVALID) and one that
 * another CPU has in use (VMEXIT_BUSY).
 *
 * The host controls the VMCB; it never sees the VMSA's content.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "tcg/helper-tcg.h"
#include "sev_cost.h"
#include "sev_cpu.h"
#include "sev_debug.h"
#include "sev_key.h"
#include "sev_vmsa.h"
#include "trace/trace-target_i386.h"

#define SVM_SEV_ENABLED      (1 << 1)
#define SVM_SEV_ES_ENABLED   (1 << 2)

#define VMCB_PAUSE_COUNT     0x03e
#define VMCB_GHCB_MSR        0x0a0
#define VMCB_VMSA            0x108
#define LBR_VIRTUALIZATION   1

#define SVM_GUEST_INTERRUPT_MASK 2 /* int_state: the guest's RFLAGS.IF */

#define VMCB(_env, _member) \
    ((_env)->vm_vmcb + offsetof(struct vmcb, control._member))

/* Without memory encryption the bits of SEV mean nothing. */
static SevGuest guest_kind(const SevCpu *sev, uint64_t sev_ctl)
{
    if (!(sev_ctl & SVM_SEV_ENABLED) || !(sev->syscfg & SYSCFG_MEM_ENCRYPT)) {
        return SEV_NONE;
    }
    return sev_ctl & SVM_SEV_ES_ENABLED ? SEV_ES : SEV_PLAIN;
}

/* Each check names what it rejects; NULL: fine. */

static const char *refuse_asid(CPUX86State *env, uint64_t sev_ctl,
                               uint32_t asid)
{
    const SevHostProps *props = &env_archcpu(env)->sev_host;
    bool es = env->sev->guest == SEV_ES;

    if (!(sev_ctl & SVM_NPT_ENABLED)) {
        return "nested paging is off";
    }
    if (!(env->cr[0] & CR0_PG_MASK)) {
        return "nested paging under a host without paging";
    }
    if (!(env->sev->hwcr & HWCR_SMM_LOCK)) {
        return "SMM is not locked";
    }
    if (asid > props->nr_asids || (asid < props->min_asid && !es)) {
        return "ASID out of range";
    }
    return env->sev->key ? NULL : "no key bound to the ASID";
}

static const char *refuse_vmsa(CPUX86State *env, const SevVmsa *vmsa)
{
    if (!(x86_ldq_phys(env_cpu(env), VMCB(env, lbr_ctl)) &
          LBR_VIRTUALIZATION)) {
        return "LBR virtualization is off";
    }
    if (!vmsa) {
        return "not a VMSA";
    }
    if (vmsa->key != env->sev->key) {
        return "VMSA of another key";
    }
    sev_frame_view_cpu(env, &vmsa->frame, vmsa->key);
    return sev_vmsa_intact(vmsa) ? NULL : "VMSA was changed";
}

static uint64_t sev_features(CPUX86State *env)
{
    return env_archcpu(env)->sev_host.debug_swap ? SEV_FEATURE_DEBUG_SWAP : 0;
}

static const char *refuse_control(CPUX86State *env, const SevVmsa *vmsa)
{
    SevVmsaControl control;

    sev_vmsa_get_control(vmsa, &control);
    if (control.sev_features & ~sev_features(env)) {
        return "SEV_FEATURES not supported";
    }
    if ((control.cr0 & SVM_CR0_RESERVED_MASK) ||
        ((control.cr0 & CR0_NW_MASK) && !(control.cr0 & CR0_CD_MASK))) {
        return "CR0 not valid";
    }
    if (control.dr6 >> 32 || control.dr7 >> 32) {
        return "DR6 or DR7 not valid";
    }
    if (control.cr4 & cr4_reserved_bits(env)) {
        return "CR4 not valid";
    }
    if ((control.efer & MSR_EFER_LMA) &&
        (control.cr3 & ~env->sev->cbit &
         ~MAKE_64BIT_MASK(0, env_archcpu(env)->phys_bits))) {
        return "CR3 not valid";
    }
    return NULL;
}

/* What a host could forge: traps and software interrupts. */
static const char *refuse_event(CPUX86State *env)
{
    uint32_t event = x86_ldl_phys(env_cpu(env), VMCB(env, event_inj));
    uint32_t type = event & SVM_EVTINJ_TYPE_MASK;
    uint32_t vector = event & SVM_EVTINJ_VEC_MASK;

    if (!(event & SVM_EVTINJ_VALID)) {
        return NULL;
    }
    if (type == SVM_EVTINJ_TYPE_SOFT ||
        (type == SVM_EVTINJ_TYPE_EXEPT &&
         (vector == EXCP03_INT3 || vector == EXCP04_INTO))) {
        return "this event may not be injected";
    }
    return NULL;
}

static void refuse(CPUX86State *env, uint32_t asid, uint32_t code,
                   const char *why, uintptr_t ra)
{
    trace_sev_vmrun_refused(env_cpu(env)->cpu_index, asid, why);
    cpu_vmexit(env, code, 0, ra);
}

/* Find and check the VMSA of a SEV-ES guest; does not return if rejected. */
static void take_vmsa(CPUX86State *env, uint32_t asid, uintptr_t ra)
{
    hwaddr spa = x86_ldq_phys(env_cpu(env), env->vm_vmcb + VMCB_VMSA);
    SevVmsa *vmsa = sev_vmsa_find(spa);
    const char *why;

    if (vmsa && !sev_vmsa_take(vmsa, env)) {
        refuse(env, asid, SVM_EXIT_BUSY, "VMSA in use on another CPU", ra);
    }
    why = refuse_vmsa(env, vmsa);
    if (!why) {
        why = refuse_control(env, vmsa);
    }
    if (!why) {
        why = refuse_event(env);
    }
    if (why) {
        refuse(env, asid, SVM_EXIT_ERR, why, ra);
    }
}

/* Hold a reference until #VMEXIT: the ASID may be unbound in the meantime. */
static void set_guest(SevCpu *sev, SevGuest guest, uint32_t asid)
{
    sev->guest = guest;
    sev->vmsa = NULL;
    sev->refused = true;
    sev->key = guest ? sev_asid_key(asid) : NULL;
}

/* Of any guest: 0 if each PAUSE exits that is intercepted. */
static void load_pause_filter(CPUX86State *env)
{
    env->sev->pauses = env->features[FEAT_SVM] & CPUID_SVM_PAUSEFILTER ?
        x86_lduw_phys(env_cpu(env), env->vm_vmcb + VMCB_PAUSE_COUNT) : 0;
}

void sev_vmrun_check(CPUX86State *env, uint64_t sev_ctl, uint32_t asid,
                     uintptr_t ra)
{
    SevCpu *sev = env->sev;
    const char *why;

    if (!sev) {
        return;
    }
    sev_switch_leave_host(env);
    load_pause_filter(env);
    set_guest(sev, guest_kind(sev, sev_ctl), asid);
    if (asid >= SEV_HOST_NR_ASIDS) {
        refuse(env, asid, SVM_EXIT_ERR, "ASID out of range", ra);
    }
    if (!sev->guest) {
        return;
    }
    why = refuse_asid(env, sev_ctl, asid);
    if (why) {
        refuse(env, asid, SVM_EXIT_ERR, why, ra);
    }
    if (sev->guest == SEV_ES) {
        take_vmsa(env, asid, ra);
    }
    sev->refused = false;
}

/* As VMRUN does for every guest. */
static void load_interrupt_control(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);

    env->int_ctl = x86_ldl_phys(cs, VMCB(env, int_ctl));
    env->hflags2 &= ~(HF2_HIF_MASK | HF2_VINTR_MASK);
    if (env->int_ctl & V_INTR_MASKING_MASK) {
        env->hflags2 |= HF2_VINTR_MASK;
        if (env->eflags & IF_MASK) {
            env->hflags2 |= HF2_HIF_MASK;
        }
    }
}

bool sev_vmrun_load(CPUX86State *env, uintptr_t ra)
{
    CPUState *cs = env_cpu(env);
    SevCpu *sev = env->sev;

    if (!sev_guest_is(env, SEV_ES)) {
        return false;
    }
    x86_stq_phys(cs, VMCB(env, exit_info_2), 0);
    sev->ghcb_msr = x86_ldq_phys(cs, env->vm_vmcb + VMCB_GHCB_MSR);
    sev->host_pat = env->pat;
    load_interrupt_control(env);
    sev_vmsa_load(env, sev->vmsa);
    sev->entering = false; /* under HF_GUEST_MASK now */
    sev_cost_vmrun(env, sev->vmsa);
    trace_sev_vmrun(cs->cpu_index, sev->key, env->eip, sev->ghcb_msr);
    return true;
}

static void save_es_guest(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);
    SevCpu *sev = env->sev;
    uint32_t int_state = x86_ldl_phys(cs, VMCB(env, int_state));

    sev_vmsa_save(env, sev->vmsa);
    if (env->eflags & IF_MASK) {
        int_state |= SVM_GUEST_INTERRUPT_MASK;
    }
    x86_stl_phys(cs, VMCB(env, int_state), int_state);
    x86_stl_phys(cs, VMCB(env, int_ctl), env->int_ctl);
    x86_stq_phys(cs, env->vm_vmcb + VMCB_GHCB_MSR, sev->ghcb_msr);
    env->pat = sev->host_pat;
}

bool sev_vmexit_save(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);
    SevCpu *sev = env->sev;

    if (!sev) {
        return false;
    }
    sev_switch_leave_guest(env);
    sev->asid = 0;
    if (!sev->guest) {
        return false;
    }
    if (sev->refused) {
        return true; /* nothing was loaded */
    }
    trace_sev_vmexit(cs->cpu_index, sev->key, env->eip,
                     x86_ldq_phys(cs, VMCB(env, exit_code)),
                     x86_ldq_phys(cs, VMCB(env, exit_info_1)));
    if (sev->guest == SEV_PLAIN) {
        return false;
    }
    sev_cost_vmexit(env, sev->vmsa);
    save_es_guest(env);
    return true;
}

void sev_vmexit_host(CPUX86State *env)
{
    SevCpu *sev = env->sev;

    if (!sev) {
        return;
    }
    if (sev->guest == SEV_ES) {
        sev_vmsa_load_host(env);
    }
    sev_switch_enter_host(env);
    if (!sev->guest) {
        return;
    }
    sev_key_unref(sev->key);
    sev->key = NULL;
    sev_vmsa_leave(env);
    sev->guest = SEV_NONE;
}
