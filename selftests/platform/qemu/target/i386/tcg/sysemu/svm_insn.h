/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The intercepted instruction: its bytes, its length, its register operand
 *
 * AMD 24593 APM Volume 2, 15.7.1 "State Saved on Exit" (nRIP) and 15.10
 * "Decode Assists".
 */
#ifndef TARGET_I386_SVM_INSN_H
#define TARGET_I386_SVM_INSN_H

#include "cpu.h"

#define SVM_INSN_MAX 15

typedef struct SvmInsn {
    uint8_t bytes[SVM_INSN_MAX];
    int nr_bytes;   /* fetched */
    int len;        /* 0: not an instruction that can be intercepted */
    bool rep;       /* F3 or F2 prefix */
    bool mov_crdr;  /* MOV to or from CRn or DRn */
    int gpr;        /* its general register */
    uint8_t imm8;   /* last byte: the vector of INT */
} SvmInsn;

/* Decode at CS:RIP without faulting; the CPU's state must be restored. */
void svm_insn_decode(CPUX86State *env, SvmInsn *insn);

/* Next RIP, instruction bytes and operands of an exit, as CPUID promises. */
uint64_t svm_insn_assist(CPUX86State *env, uint32_t code, uint64_t info1);

#endif
