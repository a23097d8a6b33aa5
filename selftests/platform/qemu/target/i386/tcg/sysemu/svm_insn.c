// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Next RIP and decode assists of #VMEXIT
 *
 * AMD 24593 APM Volume 2, 15.7.1 "State Saved on Exit" (nRIP) and 15.10
 * "Decode Assists": the CPU reports to the host how long the intercepted
 * instruction is, which general register a MOV CRn or DRn names, the vector
 * of INT n, and for page faults the bytes it had fetched.  Only instructions
 * that have an intercept are decoded, all others have length 0.
 *
 * A SEV-ES guest's host gets none of it: the guest's own #VC handler decodes.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "tcg/helper-tcg.h"
#include "sev_cpu.h"
#include "svm_insn.h"

#define VMCB_NEXT_RIP     0x0c8
#define VMCB_INSN_LEN     0x0d0
#define VMCB_INSN_BYTES   0x0d1
#define EXITINFO1_MOV_CR  (1ULL << 63)

/* Bytes of one page, without faulting. */
static void fetch_page(CPUX86State *env, target_ulong addr, SvmInsn *insn)
{
    int room = MIN(SVM_INSN_MAX - insn->nr_bytes, -(addr | TARGET_PAGE_MASK));
    void *host;

    if (probe_access_flags(env, addr, MMU_INST_FETCH, cpu_mmu_index(env, true),
                           true, &host, 0) & TLB_INVALID_MASK || !host) {
        return;
    }
    memcpy(insn->bytes + insn->nr_bytes, host, room);
    insn->nr_bytes += room;
}

static void fetch(CPUX86State *env, SvmInsn *insn)
{
    target_ulong addr = env->segs[R_CS].base + env->eip;
    target_ulong mask = -1;

    if (!(env->hflags & HF_CS64_MASK)) {
        mask = UINT32_MAX;
    }
    fetch_page(env, addr & mask, insn);
    if (insn->nr_bytes && insn->nr_bytes < SVM_INSN_MAX) {
        fetch_page(env, (addr + insn->nr_bytes) & mask, insn);
    }
}

typedef struct Prefixes {
    bool address_size;
    uint8_t rex;
} Prefixes;

/* Skip prefixes; the offset of the opcode. */
static int decode_prefixes(CPUX86State *env, SvmInsn *insn, Prefixes *prefixes)
{
    int pos;

    for (pos = 0; pos < insn->nr_bytes; pos++) {
        uint8_t byte = insn->bytes[pos];

        if ((env->hflags & HF_CS64_MASK) && (byte & 0xf0) == 0x40) {
            prefixes->rex = byte;
            continue;
        }
        switch (byte) {
        case 0x67:
            prefixes->address_size = true;
            break;
        case 0xf2:
        case 0xf3:
            insn->rep = true;
            break;
        case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
        case 0x66: case 0xf0:
            break;
        default:
            return pos;
        }
        prefixes->rex = 0;
    }
    return pos;
}

/* Length of ModRM, SIB and displacement at @pos. */
static int modrm_len(const SvmInsn *insn, int pos, bool address16)
{
    uint8_t modrm = insn->bytes[pos];
    int mod = modrm >> 6, rm = modrm & 7;

    if (mod == 3) {
        return 1;
    }
    if (address16) {
        return mod == 0 ? (rm == 6 ? 3 : 1) : 1 + mod;
    }
    if (rm == 4) { /* SIB */
        bool disp32 = mod == 2 || (!mod && (insn->bytes[pos + 1] & 7) == 5);

        return mod == 1 ? 3 : disp32 ? 6 : 2;
    }
    return mod == 1 ? 2 : mod == 2 || rm == 5 ? 5 : 1;
}

/* Length from the second opcode byte on, 0: not one that this file decodes. */
static int decode_0f(SvmInsn *insn, int pos, const Prefixes *prefixes,
                     bool address16)
{
    switch (insn->bytes[pos]) {
    case 0x00: case 0x01: case 0xc7: /* groups 6, 7 and 9 */
        return 1 + modrm_len(insn, pos + 1, address16);
    case 0x20 ... 0x23: /* MOV CRn, DRn: mod is ignored */
        insn->mov_crdr = true;
        insn->gpr = (insn->bytes[pos + 1] & 7) | (prefixes->rex & 1) << 3;
        return 2;
    case 0x06: case 0x08: case 0x09: case 0x30 ... 0x33: case 0xa2: case 0xaa:
        return 1; /* CLTS INVD WBINVD WRMSR RDTSC RDMSR RDPMC CPUID RSM */
    }
    return 0;
}

static int decode_opcode(SvmInsn *insn, int pos, const Prefixes *prefixes,
                         bool address16)
{
    int len;

    switch (insn->bytes[pos]) {
    case 0x0f:
        len = decode_0f(insn, pos + 1, prefixes, address16);
        return len ? 1 + len : 0;
    case 0x6c ... 0x6f: case 0xec ... 0xef: /* INS OUTS, IN OUT by DX */
    case 0x90: case 0x9c: case 0x9d:        /* PAUSE PUSHF POPF */
    case 0xcc: case 0xcf: case 0xf1: case 0xf4: /* INT3 IRET ICEBP HLT */
        return 1;
    case 0xcd: case 0xe4 ... 0xe7:          /* INT n, IN OUT by number */
        insn->imm8 = insn->bytes[pos + 1];
        return 2;
    }
    return 0;
}

void svm_insn_decode(CPUX86State *env, SvmInsn *insn)
{
    Prefixes prefixes = { 0 };
    bool address16;
    int pos, len;

    *insn = (SvmInsn) { 0 };
    fetch(env, insn);
    pos = decode_prefixes(env, insn, &prefixes);
    if (pos + 3 > SVM_INSN_MAX) {
        return;
    }
    address16 = !(env->hflags & HF_CS64_MASK) &&
                !(env->hflags & HF_CS32_MASK) == !prefixes.address_size;
    len = decode_opcode(insn, pos, &prefixes, address16);
    if (len && pos + len <= insn->nr_bytes) {
        insn->len = pos + len;
    }
}

/* Exits at an instruction, RIP at its first byte: nRIP is defined. */
static bool at_instruction(uint32_t code)
{
    switch (code) {
    case SVM_EXIT_READ_CR0 ... SVM_EXIT_EXCP_BASE - 1:
    case SVM_EXIT_CR0_SEL_WRITE ... SVM_EXIT_MSR:
    case SVM_EXIT_VMRUN ... SVM_EXIT_MWAIT + 2:
        return true;
    }
    return false;
}

static void save_insn_bytes(CPUX86State *env, const SvmInsn *insn)
{
    CPUState *cs = env_cpu(env);

    x86_stb_phys(cs, env->vm_vmcb + VMCB_INSN_LEN, insn->nr_bytes);
    for (int i = 0; i < insn->nr_bytes; i++) {
        x86_stb_phys(cs, env->vm_vmcb + VMCB_INSN_BYTES + i, insn->bytes[i]);
    }
}

static uint64_t operand_info(const SvmInsn *insn, uint32_t code, uint64_t info1)
{
    bool cr = code < SVM_EXIT_READ_DR0 || code == SVM_EXIT_CR0_SEL_WRITE;

    if (cr && insn->mov_crdr) {
        return EXITINFO1_MOV_CR | insn->gpr;
    }
    if (code >= SVM_EXIT_READ_DR0 && code < SVM_EXIT_EXCP_BASE) {
        return insn->gpr;
    }
    return code == SVM_EXIT_SWINT ? insn->imm8 : info1;
}

/* Called by cpu_vmexit() with the CPU's state restored; the new EXITINFO1. */
uint64_t svm_insn_assist(CPUX86State *env, uint32_t code, uint64_t info1)
{
    uint64_t features = env->features[FEAT_SVM];
    SvmInsn insn = { 0 };
    bool page_fault = code == SVM_EXIT_NPF ||
                      code == SVM_EXIT_EXCP_BASE + EXCP0E_PAGE;

    if (!(features & (CPUID_SVM_NRIPSAVE | CPUID_SVM_DECODEASSIST)) ||
        !(env->hflags & HF_GUEST_MASK)) {
        return info1;
    }
    if (!sev_guest_is(env, SEV_ES) && (at_instruction(code) || page_fault)) {
        svm_insn_decode(env, &insn);
    }
    if (features & CPUID_SVM_NRIPSAVE) {
        x86_stq_phys(env_cpu(env), env->vm_vmcb + VMCB_NEXT_RIP,
                     at_instruction(code) && insn.len ?
                     env->eip + insn.len : 0);
    }
    if (!(features & CPUID_SVM_DECODEASSIST)) {
        return info1;
    }
    if (!page_fault || (info1 & PG_ERROR_I_D_MASK)) {
        insn.nr_bytes = 0;
    }
    save_insn_bytes(env, &insn);
    return operand_info(&insn, code, info1);
}
