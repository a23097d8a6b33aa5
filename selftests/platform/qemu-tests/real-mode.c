// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: in real mode, too, INT and IRET use the stack size of the cached SS.
 * Source: AMD 24593 APM Volume 2, 2.4 "Real Mode" and 4.7.3 (D/B of a stack
 *         segment); AMD 24594 APM Volume 3, IRET.
 * Why it matters: edk2 starts the application processors of a SEV-ES guest by
 *       an IRET in real mode with ESP above 64 KiB.
 * Not covered: virtual-8086 mode.
 */
#include "test.h"

#define STACK 0x80000

extern u32 esp_in_handler, pushed_ip, pushed_ip_wanted, esp_after_iret, esp_after_iretl;
void real_stack(void);

void main(void)
{
	real_stack();
	check_equal(esp_in_handler, STACK - 6, "INT in real mode pushes through ESP if SS is 32 bit wide");
	check_equal(pushed_ip, pushed_ip_wanted, "the frame lies above 64 KiB");
	check_equal(esp_after_iret, STACK, "IRET pops through ESP");
	check_equal(esp_after_iretl, STACK, "IRET with 32-bit operands pops through ESP");
}
