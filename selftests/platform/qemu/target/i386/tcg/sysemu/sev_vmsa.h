/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VMSA: a SEV-ES guest's registers in a page only its key can read
 *
 * AMD 24593 APM Volume 2, 15.35.1 "SEV-ES Overview" and Appendix B.
 */
#ifndef TARGET_I386_SEV_VMSA_H
#define TARGET_I386_SEV_VMSA_H

#include "sev_cost.h"
#include "sev_cpu.h"
#include "sev_frame.h"

/* A page that the security processor made a VMSA. */
struct SevVmsa {
    SevFrameRef frame;
    SevKey *key;
    CPUState *user;                    /* the CPU that last ran it */
    SevCost cost;
    uint8_t sealed[TARGET_PAGE_SIZE];  /* what the guest's CPU last knew */
};

/* Registers whose values VMRUN checks before it loads anything. */
typedef struct SevVmsaControl {
    uint64_t cr0, cr3, cr4, dr6, dr7, efer, sev_features;
} SevVmsaControl;

/* The VMSA at @spa, or NULL: not page aligned or never made one. */
SevVmsa *sev_vmsa_find(hwaddr spa);
/* True while a CPU is inside the guest with this VMSA. */
bool sev_vmsa_busy(const SevVmsa *vmsa);
/* Make it the one that @env's CPU has in use; false: another CPU has. */
bool sev_vmsa_take(SevVmsa *vmsa, CPUX86State *env);
/* It has none in use. */
void sev_vmsa_leave(CPUX86State *env);
/* False if its bytes are not those that were sealed. */
bool sev_vmsa_intact(const SevVmsa *vmsa);

void sev_vmsa_get_control(const SevVmsa *vmsa, SevVmsaControl *control);
void sev_vmsa_load(CPUX86State *env, const SevVmsa *vmsa);
void sev_vmsa_save(CPUX86State *env, SevVmsa *vmsa);

/* The part of the host's state that VMRUN did not save, at host save + 0x400 */
void sev_vmsa_load_host(CPUX86State *env);

#endif
