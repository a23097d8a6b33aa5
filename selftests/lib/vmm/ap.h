/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AP bring-up as a test drives it: first SIPI, AP reset hold by either road, INIT and SIPI, the answer.
 *
 * Source: AMD 56421 GHCB Specification, sections "SMP Booting" and "AP Reset Hold".
 */
#ifndef ES_VMM_AP_H
#define ES_VMM_AP_H

#include "order.h"

void es_sleep_ms(unsigned int ms);

/* INIT and SIPI, sent by the guest itself from one vCPU to another. */
void es_send_init_sipi(struct es_vcpu *from, struct es_vcpu *to, unsigned int vector);
/* KVM_HC_KICK_CPU from one vCPU to another: a hypercall of the guest. */
void es_kick(struct es_vcpu *from, struct es_vcpu *to);
/* Both the boot vCPU and the AP up to their doorbells. */
void es_boot_ap(struct es_vcpu *bsp, struct es_vcpu *ap);

/* The vCPU asks for AP reset hold, by the GHCB MSR or by the GHCB page; returns at once. */
void es_park(struct es_vcpu *vcpu, bool by_msr);
/* The MP state, as soon as it is AP reset hold, or halted, or after half a second. */
int es_parked_mp_state(struct es_vcpu *vcpu);
int es_halted_mp_state(struct es_vcpu *vcpu);
/* Is the answer to the hold that of a SIPI, on that road? */
bool es_woken_by_sipi(struct es_vcpu *vcpu, bool by_msr);

#endif
