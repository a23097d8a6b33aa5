// SPDX-License-Identifier: GPL-2.0
#include "pci.h"

#include <stddef.h>
#include <string.h>

#define DATA		4		/* offset from PCI_PORT */
#define ENABLED		0x80000000u
#define BRIDGE		0x0000		/* bus, device and function, as in the address register */
#define POWER		0x0b00		/* 00:01.3 */
#define FIRST_WRITABLE	0x40		/* no base addresses, no interrupt line */

void pci_init(struct pci *pci)
{
	memset(pci, 0, sizeof(*pci));
	memcpy(pci->bridge, (uint8_t[]){ 0x86, 0x80, 0x37, 0x12, 7, 0, 0, 2, 2, 0, 0, 6 }, 12);
	memcpy(pci->power, (uint8_t[]){ 0x86, 0x80, 0x13, 0x71, 0, 0, 0x80, 2, 3, 0, 0x80, 6 }, 12);
}

/* Return the register at that port, or NULL: no such function. */
static uint8_t *register_at(struct pci *pci, uint16_t offset, unsigned int bytes)
{
	unsigned int at = (pci->address & 0xfc) + offset - DATA;

	if (offset < DATA || !(pci->address & ENABLED) || at + bytes > 256)
		return NULL;
	switch (pci->address & 0xffff00) {
	case BRIDGE: return pci->bridge + at;
	case POWER: return pci->power + at;
	default: return NULL;
	}
}

uint32_t pci_in(void *opaque, uint16_t offset, unsigned int bytes)
{
	struct pci *pci = opaque;
	uint8_t *at = register_at(pci, offset, bytes);
	uint32_t value = ~0u;

	if (!offset && bytes == 4)
		return pci->address;
	if (at) {
		value = 0;
		memcpy(&value, at, bytes);
	}
	return value;
}

void pci_out(void *opaque, uint16_t offset, unsigned int bytes, uint32_t value)
{
	struct pci *pci = opaque;
	uint8_t *at = register_at(pci, offset, bytes);

	if (!offset && bytes == 4)
		pci->address = value;
	else if (at && (pci->address & 0xfc) >= FIRST_WRITABLE)
		memcpy(at, &value, bytes);
}
