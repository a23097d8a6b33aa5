/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What TCG's TLB keeps over VMRUN and #VMEXIT
 *
 * AMD 24593 APM Volume 2, 15.16 "TLB Control".  Part of sev_cpu.h.  On a CPU
 * without sev-es-host=on everything is forgotten, as QEMU does by itself.
 */
#ifndef TARGET_I386_SEV_SWITCH_H
#define TARGET_I386_SEV_SWITCH_H

/* What a world's translations depend on, besides the tables themselves. */
typedef struct SevWorld {
    uint64_t cr0, cr3, cr4, efer;
    uint32_t pkru, pkrs;
} SevWorld;

typedef struct SevSwitch {
    bool switching;     /* between two worlds: CR writes flush nothing */
    bool guest_runs;
    bool guest_code;    /* tb_jmp_cache is the guest's */
    SevWorld host, guest;
    /* the guest's, too */
    uint32_t asid;
    SevKey *key;
    uint64_t nested_cr3;
    int nested_pg_mode;
} SevSwitch;

/* A control register was written: forget the present world's translations. */
void sev_switch_forget(CPUX86State *env);

/* In the order of a VMRUN and its #VMEXIT. */
void sev_switch_leave_host(CPUX86State *env);
void sev_switch_enter_guest(CPUX86State *env, uint32_t asid, uint32_t control);
void sev_switch_leave_guest(CPUX86State *env);
void sev_switch_enter_host(CPUX86State *env);

#endif
