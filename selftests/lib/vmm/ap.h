/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AP bring-up as a test drives it: first SIPI, AP reset hold by either method, INIT and SIPI, the
 * response.
 *
 * Source: AMD 56421 GHCB Specification, sections "SMP Booting" and "AP Reset Hold".
 */
#ifndef ES_VMM_AP_H
#define ES_VMM_AP_H

#include "order.h"

void vmm_sleep_ms(unsigned int ms);

/* Let the guest send INIT and SIPI from one vCPU to another. */
void vmm_send_init_sipi(struct vmm_vcpu *from, struct vmm_vcpu *to, unsigned int vector);
/* Let the guest send KVM_HC_KICK_CPU, a hypercall, from one vCPU to another. */
void vmm_kick(struct vmm_vcpu *from, struct vmm_vcpu *to);
/* Run both the boot vCPU and the AP up to their doorbells. */
void vmm_boot_ap(struct vmm_vcpu *bsp, struct vmm_vcpu *ap);

/* Let the vCPU request AP reset hold, by the GHCB MSR or by the GHCB page; return immediately. */
void vmm_park(struct vmm_vcpu *vcpu, bool by_msr);
/* Return the MP state, as soon as it is AP reset hold, or halted, or after half a second. */
int vmm_parked_mp_state(struct vmm_vcpu *vcpu);
int vmm_halted_mp_state(struct vmm_vcpu *vcpu);
/* Return true if the response to the hold is that of a SIPI, by that method. */
bool vmm_woken_by_sipi(struct vmm_vcpu *vcpu, bool by_msr);

#endif
