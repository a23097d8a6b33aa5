// SPDX-License-Identifier: GPL-2.0
/*
 * SIPI.
 * AMD 56421 GHCB Specification, "SMP Booting".
 *
 * The first SIPI starts a vCPU in the state that the VMM measured at launch; its vector means
 * nothing.  A later one ends an AP reset hold with a non-zero answer, by the road on which the
 * hold came.  One that finds no hold (INIT came first) lets the vCPU go on where it was, because
 * the host cannot reset its registers, and ends the next hold at once.
 *
 * The guest controls when INIT and SIPI come, through another vCPU's APIC.
 */
#include <linux/kvm_host.h>

#include "ap_hold.h"
#include "stock.h"

/* Takes the place of the kernel's function; called in the task of @vcpu, where it may sleep. */
void sev_vcpu_deliver_sipi_vector(struct kvm_vcpu *vcpu, u8 vector)
{
	if (!to_es(vcpu)) {
		stock_sev_vcpu_deliver_sipi_vector(vcpu, vector);
		return;
	}
	es_ap_show_bsp(vcpu);
	es_ap_feed(vcpu, ES_AP_SIPI);
}
