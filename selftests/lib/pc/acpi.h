/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ACPI tables of the machine and the script by which firmware puts them into memory.
 *
 * Source: ACPI 6.4, chapter 5; QEMU, hw/acpi/bios-linker-loader.c for the script.
 */
#ifndef ES_PC_ACPI_H
#define ES_PC_ACPI_H

#include "fw_cfg.h"

#define ACPI_SCRIPT_BYTES	128
#define ACPI_SCRIPT_LINES	16

struct acpi {
	uint8_t tables[1024], rsdp[36], script[ACPI_SCRIPT_LINES * ACPI_SCRIPT_BYTES];
	uint32_t tables_bytes, script_bytes;
};

/* Build the tables for that many CPUs and offer them through fw_cfg. */
void acpi_init(struct acpi *acpi, struct fw_cfg *cfg, unsigned int nr_cpus);

#endif
