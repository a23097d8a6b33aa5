/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PCI configuration space as OVMF wants it: an i440FX host bridge, by which OVMF knows the machine,
 * and the power management function of a PIIX4, which holds the address of the registers of pm.h.
 * A scan finds only the bridge.
 *
 * Source: Intel 290549 (82441FX) and 290562 (82371AB) data sheets.
 */
#ifndef ES_PC_PCI_H
#define ES_PC_PCI_H

#include <stdint.h>

#define PCI_PORT	0xcf8
#define PCI_PORTS	8

struct pci {
	uint32_t address;
	uint8_t bridge[256], power[256];
};

void pci_init(struct pci *pci);
uint32_t pci_in(void *pci, uint16_t offset, unsigned int bytes);
void pci_out(void *pci, uint16_t offset, unsigned int bytes, uint32_t value);

#endif
