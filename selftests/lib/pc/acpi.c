// SPDX-License-Identifier: GPL-2.0
#include "acpi.h"

#include <string.h>
#include "pm.h"
#include "../vmm/env.h"

#define TABLES		"etc/acpi/tables"
#define RSDP		"etc/acpi/rsdp"
#define HEADER_BYTES	36
#define CHECKSUM	9	/* its place in a table */
#define NAME_BYTES	56
#define LAPIC_BASE	0xfee00000
#define IOAPIC_BASE	0xfec00000
#define SCI		9
#define FADT_BYTES	244
#define NO_VGA		(1 << 2)
#define NO_CMOS_RTC	(1 << 5)	/* the clock is KVM's */

struct header {
	char signature[4];
	uint32_t bytes;
	uint8_t revision, checksum;
	char oem[6], oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
};

static void put(uint8_t *at, uint64_t value, unsigned int bytes)
{
	memcpy(at, &value, bytes);
}

/* --- the script */
static uint8_t *line(struct acpi *acpi, uint32_t command)
{
	uint8_t *at = acpi->script + acpi->script_bytes;

	acpi->script_bytes += ACPI_SCRIPT_BYTES;
	if (acpi->script_bytes > sizeof(acpi->script))
		vmm_fail("the ACPI script is too long: raise ACPI_SCRIPT_LINES");
	put(at, command, 4);
	return at + 4;
}

static void allocate(struct acpi *acpi, const char *file, uint32_t align, uint8_t zone)
{
	uint8_t *at = line(acpi, 1);

	strcpy((char *)at, file);
	put(at + NAME_BYTES, align, 4);
	put(at + NAME_BYTES + 4, zone, 1);
}

static void add_pointer(struct acpi *acpi, const char *file, uint32_t offset, uint8_t bytes)
{
	uint8_t *at = line(acpi, 2);

	strcpy((char *)at, file);
	strcpy((char *)at + NAME_BYTES, TABLES);
	put(at + 2 * NAME_BYTES, offset, 4);
	put(at + 2 * NAME_BYTES + 4, bytes, 1);
}

static void add_checksum(struct acpi *acpi, const char *file, uint32_t offset, uint32_t start,
			 uint32_t bytes)
{
	uint8_t *at = line(acpi, 3);

	strcpy((char *)at, file);
	put(at + NAME_BYTES, offset, 4);
	put(at + NAME_BYTES + 4, start, 4);
	put(at + NAME_BYTES + 8, bytes, 4);
}

/* --- the tables; each returns its offset */
static uint32_t table(struct acpi *acpi, const char *signature, uint8_t revision, uint32_t bytes)
{
	uint32_t offset = (acpi->tables_bytes + 15) & ~15u;

	if (offset + bytes > sizeof(acpi->tables))
		vmm_fail("the ACPI tables need more than %zu bytes", sizeof(acpi->tables));
	acpi->tables_bytes = offset + bytes;
	memcpy(acpi->tables + offset, &(struct header){
		.signature = { signature[0], signature[1], signature[2], signature[3] },
		.bytes = bytes, .revision = revision, .oem = "KVMES", .oem_table = "SELFTST",
		.oem_revision = 1, .creator = "KVM", .creator_revision = 1,
	}, sizeof(struct header));
	return offset;
}

static void checksum_table(struct acpi *acpi, uint32_t offset)
{
	uint32_t bytes;

	memcpy(&bytes, acpi->tables + offset + 4, sizeof(bytes));
	add_checksum(acpi, TABLES, offset + CHECKSUM, offset, bytes);
}

/* Add the FACS first, at offset 0, because it must be aligned to 64 bytes. */
static void add_facs(struct acpi *acpi)
{
	memcpy(acpi->tables, "FACS", 4);
	put(acpi->tables + 4, 64, 4);
	acpi->tables[32] = 2;
	acpi->tables_bytes = 64;
}

static uint32_t add_fadt(struct acpi *acpi, uint32_t dsdt)
{
	uint32_t offset = table(acpi, "FACP", 3, FADT_BYTES);
	uint8_t *fadt = acpi->tables + offset;

	put(fadt + 36, 0, 4);
	put(fadt + 40, dsdt, 4);
	put(fadt + 46, SCI, 2);
	put(fadt + 56, PM_BASE + PM_EVENT, 4);
	put(fadt + 64, PM_BASE + PM_CONTROL, 4);
	put(fadt + 76, PM_BASE + PM_TIMER, 4);
	fadt[88] = 4;
	fadt[89] = 2;
	fadt[91] = 4;
	put(fadt + 96, 0xfff, 2);	/* no C2, no C3 */
	put(fadt + 98, 0xfff, 2);
	put(fadt + 109, NO_VGA | NO_CMOS_RTC, 2);
	/* WBINVD; no power and sleep buttons of the fixed kind */
	put(fadt + 112, 1 | 1 << 4 | 1 << 5, 4);
	add_pointer(acpi, TABLES, offset + 36, 4);
	add_pointer(acpi, TABLES, offset + 40, 4);
	return offset;
}

static uint32_t add_madt(struct acpi *acpi, unsigned int nr_cpus)
{
	uint32_t offset = table(acpi, "APIC", 3, HEADER_BYTES + 8 + nr_cpus * 8 + 12 + 10);
	uint8_t *at = acpi->tables + offset + HEADER_BYTES;
	unsigned int i;

	put(at, LAPIC_BASE, 4);
	put(at + 4, 1, 4);	/* there are 8259s as well */
	at += 8;
	for (i = 0; i < nr_cpus; i++, at += 8)
		memcpy(at, (uint8_t[]){ 0, 8, i, i, 1, 0, 0, 0 }, 8);
	memcpy(at, (uint8_t[]){ 1, 12, nr_cpus, 0 }, 4);
	put(at + 4, IOAPIC_BASE, 4);
	/* level, active high */
	memcpy(at + 12, (uint8_t[]){ 2, 10, 0, SCI, SCI, 0, 0, 0, 0xd, 0 }, 10);
	return offset;
}

static uint32_t add_xsdt(struct acpi *acpi, uint32_t fadt, uint32_t madt)
{
	uint32_t offset = table(acpi, "XSDT", 1, HEADER_BYTES + 16);

	put(acpi->tables + offset + HEADER_BYTES, fadt, 8);
	put(acpi->tables + offset + HEADER_BYTES + 8, madt, 8);
	add_pointer(acpi, TABLES, offset + HEADER_BYTES, 8);
	add_pointer(acpi, TABLES, offset + HEADER_BYTES + 8, 8);
	return offset;
}

static void add_rsdp(struct acpi *acpi, uint32_t xsdt)
{
	memcpy(acpi->rsdp, "RSD PTR ", 8);
	memcpy(acpi->rsdp + 9, "KVMES", 5);
	acpi->rsdp[15] = 2;
	put(acpi->rsdp + 20, sizeof(acpi->rsdp), 4);
	put(acpi->rsdp + 24, xsdt, 8);
	add_pointer(acpi, RSDP, 24, 8);
	add_checksum(acpi, RSDP, 8, 0, 20);
	add_checksum(acpi, RSDP, 32, 0, sizeof(acpi->rsdp));
}

void acpi_init(struct acpi *acpi, struct fw_cfg *cfg, unsigned int nr_cpus)
{
	uint32_t dsdt, fadt, madt, xsdt;

	memset(acpi, 0, sizeof(*acpi));
	allocate(acpi, TABLES, 64, 1);
	allocate(acpi, RSDP, 16, 2);
	add_facs(acpi);
	/* no devices: Linux probes for the serial ports */
	dsdt = table(acpi, "DSDT", 2, HEADER_BYTES);
	checksum_table(acpi, dsdt);
	fadt = add_fadt(acpi, dsdt);
	checksum_table(acpi, fadt);
	madt = add_madt(acpi, nr_cpus);
	checksum_table(acpi, madt);
	xsdt = add_xsdt(acpi, fadt, madt);
	checksum_table(acpi, xsdt);
	add_rsdp(acpi, xsdt);
	fw_cfg_file(cfg, TABLES, acpi->tables, acpi->tables_bytes);
	fw_cfg_file(cfg, RSDP, acpi->rsdp, sizeof(acpi->rsdp));
	fw_cfg_file(cfg, "etc/table-loader", acpi->script, acpi->script_bytes);
}
