// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Write traps of CR0 to CR15 and EFER
 *
 * AMD 24593 APM Volume 2, 15.35.6 "Control Register Write Traps": the exit
 * comes after the write, with the new value in EXITINFO1 and RIP past the
 * instruction, so that the host learns the mode of a guest whose registers it
 * cannot read.  A write that changes nothing is not reported; nor is
 * CLTS, whose bit no host follows.
 *
 * The instruction's length is found before the write, in the mode that
 * fetched it.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "tcg/helper-tcg.h"
#include "sev_cpu.h"
#include "svm_insn.h"

int sev_trap_begin(CPUX86State *env, uint32_t code, uint64_t old, uint64_t val,
                   uintptr_t ra)
{
    SvmInsn insn;

    sev_tlb_control_write(env, code, old, val);
    if (!sev_guest_is(env, SEV_ES) || old == val ||
        !cpu_svm_has_intercept(env, code)) {
        return 0;
    }
    cpu_restore_state(env_cpu(env), ra);
    svm_insn_decode(env, &insn);
    return insn.len;
}

void sev_trap_end(CPUX86State *env, uint32_t code, uint64_t val, int len)
{
    if (len) {
        env->eip += len;
        env->hflags &= ~HF_INHIBIT_IRQ_MASK;
        cpu_vmexit(env, code, val, 0);
    }
}
