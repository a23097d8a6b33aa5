/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest driver of the security processor: find it, give it a command
 *
 * AMD 55766 SEV API, chapter 4 "Mailbox Register Set" and chapter 6.  The
 * layouts are transcribed here on their own, not taken from the device.
 */
#ifndef QEMU_TESTS_PSP_H
#define QEMU_TESTS_PSP_H

#include "test.h"

#define PSP_PCI_ID    0x14ca1022
#define PSP_BASE      0xc0000000u /* where we put BAR 2 */

#define PSP_REG(offset) (*(volatile u32 *)(PSP_BASE + (offset)))

enum {
	PSP_INIT = 0x001, PSP_SHUTDOWN = 0x002, PSP_DECOMMISSION = 0x020,
	PSP_ACTIVATE = 0x021, PSP_DEACTIVATE = 0x022,
	PSP_DF_FLUSH = 0x00a, PSP_LAUNCH_START = 0x030,
	PSP_LAUNCH_UPDATE_DATA = 0x031, PSP_LAUNCH_UPDATE_VMSA = 0x032,
	PSP_LAUNCH_MEASURE = 0x033, PSP_LAUNCH_FINISH = 0x035,
};

static u32 psp_buffer[32] __attribute__((aligned(4096)));

static inline u32 pci_config(int slot, int offset)
{
	outl(0xcf8, 1u << 31 | slot << 11 | offset);
	return inl(0xcfc);
}

static inline void pci_config_write(int slot, int offset, u32 value)
{
	outl(0xcf8, 1u << 31 | slot << 11 | offset);
	outl(0xcfc, value);
}

/* False if there is none. */
static inline int psp_find(void)
{
	int slot;

	for (slot = 0; slot < 32; slot++)
		if (pci_config(slot, 0) == PSP_PCI_ID)
			break;
	if (slot == 32)
		return 0;
	pci_config_write(slot, 0x18, PSP_BASE);
	pci_config_write(slot, 0x04, 6); /* memory, bus master */
	return 1;
}

/* Status of command @id on psp_buffer. */
static inline u32 psp_command(u32 id)
{
	asm volatile("" : : : "memory"); /* the buffer is complete before, read after */
	PSP_REG(0x109e0) = (u32)psp_buffer;
	PSP_REG(0x109e4) = 0;
	PSP_REG(0x10980) = id << 16;
	while (!(PSP_REG(0x10980) & 1u << 31))
		;
	asm volatile("" : : : "memory");
	return PSP_REG(0x10980) & 0xffff;
}

/* As psp_command(), the buffer being these words. */
static inline u32 psp(u32 id, u32 word0, u32 word1, u32 word2, u32 word3, u32 word4)
{
	memset(psp_buffer, 0, sizeof(psp_buffer));
	psp_buffer[0] = word0;
	psp_buffer[1] = word1;
	psp_buffer[2] = word2;
	psp_buffer[3] = word3;
	psp_buffer[4] = word4;
	return psp_command(id);
}

#define PSP_TMR 0x2000000 /* the 1 MiB that SEV-ES needs */

static inline u32 psp_init(void)
{
	return psp(PSP_INIT, 1 /* SEV-ES */, 0, PSP_TMR, 0, 1 << 20);
}

/* Before an ASID has its next guest; with more CPUs each needs its WBINVD. */
static inline u32 psp_flush(void)
{
	asm volatile("wbinvd" : : : "memory");
	return psp(PSP_DF_FLUSH, 0, 0, 0, 0, 0);
}

/* A guest with SEV-ES in launch state, bound to @asid; 0 on failure. */
static inline u32 psp_launch(u32 asid)
{
	u32 handle;

	if (psp(PSP_LAUNCH_START, 0, 4 /* policy: ES */, 0, 0, 0))
		return 0;
	handle = psp_buffer[0];
	psp_flush();
	return psp(PSP_ACTIVATE, handle, asid, 0, 0, 0) ? 0 : handle;
}

static inline int psp_launch_page(u32 id, u32 handle, void *page)
{
	return !psp(id, handle, 0, (u32)page, 0, 4096);
}

static u8 psp_measurement[48] __attribute__((aligned(4096)));

static inline int psp_launch_finish(u32 handle)
{
	return !psp(PSP_LAUNCH_MEASURE, handle, 0, (u32)psp_measurement, 0, sizeof(psp_measurement)) &&
	       !psp(PSP_LAUNCH_FINISH, handle, 0, 0, 0, 0);
}

#endif
