/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AP bring-up as a test drives it: first SIPI, AP reset hold by either road, INIT and SIPI, the answer.
 *
 * Source: AMD 56421 GHCB Specification, sections "SMP Booting" and "AP Reset Hold".
 */
#ifndef ES_VMM_AP_H
#define ES_VMM_AP_H

#include "order.h"

void vmm_sleep_ms(unsigned int ms);

/* INIT and SIPI, sent by the guest itself from one vCPU to another. */
void vmm_send_init_sipi(struct vmm_vcpu *from, struct vmm_vcpu *to, unsigned int vector);
/* KVM_HC_KICK_CPU from one vCPU to another: a hypercall of the guest. */
void vmm_kick(struct vmm_vcpu *from, struct vmm_vcpu *to);
/* Both the boot vCPU and the AP up to their doorbells. */
void vmm_boot_ap(struct vmm_vcpu *bsp, struct vmm_vcpu *ap);

/* The vCPU asks for AP reset hold, by the GHCB MSR or by the GHCB page; returns at once. */
void vmm_park(struct vmm_vcpu *vcpu, bool by_msr);
/* The MP state, as soon as it is AP reset hold, or halted, or after half a second. */
int vmm_parked_mp_state(struct vmm_vcpu *vcpu);
int vmm_halted_mp_state(struct vmm_vcpu *vcpu);
/* Is the answer to the hold that of a SIPI, on that road? */
bool vmm_woken_by_sipi(struct vmm_vcpu *vcpu, bool by_msr);

#endif
