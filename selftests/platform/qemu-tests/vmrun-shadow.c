// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: the interrupt shadow belongs to the guest: VMRUN loads it from the
 *       VMCB, #VMEXIT stores it there.
 * Source: AMD 24593 APM Volume 2, 15.21.5 "Interrupt Shadows".
 * Why it matters: hypervisors execute VMRUN in the shadow of an STI; if that
 *       shadow leaks into the guest, its first exit reports one that is not
 *       its own, and an interrupt is held back.
 * Not covered: MOV SS shadows.
 */
#include "svm.h"

static void exit_at_once(void)
{
	asm volatile("vmmcall");
}

static void exit_after_nop(void)
{
	asm volatile("nop; vmmcall");
}

static void exit_after_sti(void)
{
	asm volatile("sti; vmmcall");
}

static u32 shadow_of(void (*entry)(void), int sti, u32 int_state)
{
	svm_guest(entry);
	VMCB32(VMCB_INT_STATE) = int_state;
	svm_run_sti(sti);
	return VMCB32(VMCB_INT_STATE) & 1;
}

void main(void)
{
	check_equal(shadow_of(exit_at_once, 1, 0), 0, "the host's STI casts no shadow on the guest");
	check_equal(shadow_of(exit_at_once, 0, 1), 1, "VMRUN loads the guest's shadow");
	check_equal(shadow_of(exit_after_nop, 0, 1), 0, "which ends after one instruction");
	check_equal(shadow_of(exit_after_sti, 0, 0), 1, "the guest's own STI casts one");
}
