// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: a response that was ordered to be late comes so much later; a command
 *       that is given in the meantime is lost.
 * Source: AMD 55766 SEV API, chapter 4 "Mailbox Register Set"; the platform's
 *       README, "Helps that hardware does not give".
 * Why it matters: a driver that does not wait for the response must be found.
 * Needs: fault-nth=2, fault-delay-ms=300.
 * Not covered: the other faults (psp-tests, case_fault).
 */
#include "psp.h"

#define PLATFORM_STATUS 0x004

static u8 status_buffer[16] __attribute__((aligned(16)));

static int done(void)
{
	return PSP_REG(0x10980) >> 31;
}

static void give(u32 id)
{
	PSP_REG(0x109e0) = (u32)status_buffer;
	PSP_REG(0x109e4) = 0;
	PSP_REG(0x10980) = id << 16;
}

/* In milliseconds, by the ACPI timer: 3.579545 MHz, 24 bits. */
static u32 now(void)
{
	return (inl(0x608) & 0xffffff) / 3580;
}

static void timer_on(void)
{
	outl(0xcf8, 0x8000f840); /* ICH9 LPC: PMBASE */
	outl(0xcfc, 0x600);
	outl(0xcf8, 0x8000f844); /* and its enable bit */
	outl(0xcfc, 0x80);
}

void main(void)
{
	u32 start, ms;

	timer_on();
	check(psp_find(), "there is a security processor");
	give(PLATFORM_STATUS);
	check(done(), "the first command is complete at once");
	start = now();
	give(PLATFORM_STATUS);
	check(!done(), "the second one is not");
	give(0x3ff);
	while (!done() && now() - start < 5000)
		;
	ms = now() - start;
	if (!check(ms >= 299 && ms < 5000, "it is some 300 ms later"))
		check_equal(ms, 300, "milliseconds");
	check_equal(PSP_REG(0x10980) & 0xffff, 0, "with its own status: the command in between is lost");
	give(0x3ff);
	check_equal(PSP_REG(0x10980), 0x80000011, "the next one is complete at once");
}
