// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exits of a SEV-ES guest: automatic ones, #VC for all others, VMGEXIT
 *
 * AMD 24593 APM Volume 2, 15.35.4 "SEV-ES VMEXIT Types": an automatic exit
 * (AE) needs nothing of the guest's state and goes to the host; any other
 * intercept (NAE) raises #VC in the guest with the exit code as error code,
 * and the guest decides what to show in the GHCB before it executes VMGEXIT
 * (REP VMMCALL), which is an automatic exit itself.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "tcg/helper-tcg.h"
#include "sev_cpu.h"
#include "svm_insn.h"
#include "trace/trace-target_i386.h"

static bool is_automatic(uint32_t code, uint64_t info1)
{
    switch (code) {
    case SVM_EXIT_EXCP_BASE + EXCP12_MCHK:
    case SVM_EXIT_INTR ... SVM_EXIT_VINTR:
    case SVM_EXIT_PAUSE:
    case SVM_EXIT_HLT:
    case SVM_EXIT_SHUTDOWN:
    case SVM_EXIT_EFER_WRITE_TRAP ... SVM_EXIT_CR15_WRITE_TRAP:
    case SVM_EXIT_VMGEXIT:
    case SVM_EXIT_BUSY:
    case (uint32_t)SVM_EXIT_ERR:
        return true;
    case SVM_EXIT_NPF: /* a reserved bit in the tables means MMIO */
        return !(info1 & PG_ERROR_RSVD_MASK);
    }
    return false;
}

/* The guest resumes after this instruction, out of any interrupt shadow. */
static void step_over(CPUX86State *env, int len)
{
    env->eip += len;
    env->hflags &= ~HF_INHIBIT_IRQ_MASK;
}

/* Called by cpu_vmexit() with the CPU's state restored. */
void sev_vc_filter(CPUX86State *env, uint32_t code, uint64_t info1)
{
    SvmInsn insn;

    if (!sev_guest_is(env, SEV_ES)) {
        return;
    }
    if (is_automatic(code, info1)) {
        if (code == SVM_EXIT_HLT || code == SVM_EXIT_PAUSE) {
            svm_insn_decode(env, &insn);
            step_over(env, insn.len);
        }
        return;
    }
    trace_sev_vc(env_cpu(env)->cpu_index, env->eip, code, info1);
    /* what the intercept left there is not the host's to see */
    x86_stq_phys(env_cpu(env), env->vm_vmcb +
                 offsetof(struct vmcb, control.exit_info_2), 0);
    raise_exception_err(env, EXCP1D_VC, code);
}

/* VMMCALL: does not return if it is VMGEXIT. */
void sev_vmgexit(CPUX86State *env, uintptr_t ra)
{
    SvmInsn insn;

    if (!sev_guest_is(env, SEV_ES)) {
        return;
    }
    cpu_restore_state(env_cpu(env), ra);
    svm_insn_decode(env, &insn);
    if (!insn.rep) {
        return;
    }
    trace_sev_vmgexit(env_cpu(env)->cpu_index, env->eip, env->sev->ghcb_msr);
    step_over(env, insn.len);
    cpu_vmexit(env, SVM_EXIT_VMGEXIT, 0, 0);
}
