// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: after INIT, and after an ASID whose guest ran was taken away, every
 *       core executes WBINVD before DF_FLUSH, and that comes before ACTIVATE.
 *       Every core that is there: also one that waits for its first SIPI, and
 *       one that was halted for good, whose last WBINVD came before.
 * Source: AMD 55766 SEV API, "INIT", "DEACTIVATE", "DF_FLUSH", "ACTIVATE"; which
 *         cores count: AMD's published SEV firmware, where DF_FLUSH asks each
 *         core that the chip has and INIT and DEACTIVATE forget all responses.
 * Why it matters: a host that forgets one of them must not get away with it.
 * Needs: -smp 2.
 * Not covered: ACTIVATE_EX, which wants it of some core complexes only.
 */
#include "ap.h"
#include "sev.h"

#define ASID              3
#define WBINVD_REQUIRED   0x0e
#define DF_FLUSH_REQUIRED 0x0f

static u8 vmsa[4096] __attribute__((aligned(4096)));
static volatile u32 ap_turn;

extern u8 guest_page[4096];

asm(".balign 4096\n"
	"guest_page:\n"
	"	hlt\n"
	".balign 4096\n");

enum { TURN_WBINVD = 1, TURN_HALT };

/* One WBINVD for each turn; Linux takes a CPU offline as in the last one. */
void ap_main(void)
{
	u32 turn;

	ap_entered = 1;
	do {
		while (!ap_turn)
			asm volatile("pause");
		asm volatile("wbinvd");
		turn = ap_turn;
		ap_turn = 0;
	} while (turn == TURN_WBINVD);
	for (;;)
		asm volatile("cli; hlt");
}

static void ap_take(u32 turn)
{
	ap_turn = turn;
	while (ap_turn)
		asm volatile("pause");
}

static u32 df_flush(void)
{
	return psp(PSP_DF_FLUSH, 0, 0, 0, 0, 0);
}

static u32 new_guest(void)
{
	return psp(PSP_LAUNCH_START, 0, 4 /* policy: ES */, 0, 0, 0) ? 0 : psp_buffer[0];
}

static u32 activate(u32 handle)
{
	return psp(PSP_ACTIVATE, handle, ASID, 0, 0, 0);
}

static u32 take_away(u32 handle)
{
	return psp(PSP_DEACTIVATE, handle, 0, 0, 0, 0) | psp(PSP_DECOMMISSION, handle, 0, 0, 0, 0);
}

static void never_started(void)
{
	asm volatile("wbinvd");
	check_equal(df_flush(), WBINVD_REQUIRED, "DF_FLUSH is refused while a CPU waits for its first SIPI");
	check_equal(psp(PSP_SHUTDOWN, 0, 0, 0, 0, 0), 0, "the platform shuts down");
	check_equal(psp_init(), 0, "and is there again");
}

static void after_init(u32 handle)
{
	check_equal(df_flush(), WBINVD_REQUIRED, "DF_FLUSH is refused before a WBINVD");
	asm volatile(".byte 0xf3; wbinvd");
	asm volatile("invd");
	wake_ap();
	check_equal(df_flush(), WBINVD_REQUIRED, "also if one CPU has had WBNOINVD and INVD only");
	check_equal(activate(handle), DF_FLUSH_REQUIRED, "and then no ASID is free");
	asm volatile("wbinvd");
	check_equal(df_flush(), 0, "when all have executed WBINVD it succeeds");
	check_equal(activate(handle), 0, "and an ASID has its guest");
	check_equal(df_flush(), 0, "it can be repeated");
}

/* The next guest with that ASID; the first one's pages are not freed, and stay encrypted. */
static void reuse(u32 handle)
{
	u32 next = new_guest();

	check_equal(take_away(handle), 0, "the guest goes");
	check_equal(activate(next), DF_FLUSH_REQUIRED, "its ASID is not free yet");
	check_equal(df_flush(), WBINVD_REQUIRED, "a WBINVD is due again");
	check_equal(psp_flush(), WBINVD_REQUIRED, "of this CPU it is not enough");
	ap_take(TURN_WBINVD);
	check_equal(activate(next), DF_FLUSH_REQUIRED, "WBINVD without DF_FLUSH is nothing");
	check_equal(df_flush(), 0, "both is");
	check_equal(activate(next), 0, "the ASID has its next guest");
	check_equal(take_away(next), 0, "which goes before it was launched");
	check_equal(df_flush(), 0, "that needs no WBINVD");
}

static int launch(u32 handle)
{
	sev_vmsa(vmsa, guest_page, guest_page + 4096);
	return psp_launch_page(PSP_LAUNCH_UPDATE_DATA, handle, guest_page) &&
	       psp_launch_page(PSP_LAUNCH_UPDATE_VMSA, handle, vmsa) && psp_launch_finish(handle);
}

/* The other CPU is offline when a guest goes, and comes back. */
static void offline(void)
{
	u32 handle = new_guest();

	check(!activate(handle) && launch(handle), "a guest is launched again");
	ap_take(TURN_HALT);
	check_equal(take_away(handle), 0, "it goes while a CPU is offline");
	check_equal(psp_flush(), WBINVD_REQUIRED, "which owes its WBINVD");
	ap_woken = 0;
	wake_ap();
	check_equal(df_flush(), 0, "until it is back and has executed one");
}

void main(void)
{
	u32 handle;

	check(psp_find() && !psp_init(), "there is a security processor");
	paging_on();
	never_started();
	handle = new_guest();
	after_init(handle);
	if (!check(launch(handle), "a guest is launched"))
		return;
	sev_vmcb(vmcb, ASID, vmsa);
	check_equal(svm_run(), EXIT_HLT, "and runs");
	start_ap();
	reuse(handle);
	offline();
}
