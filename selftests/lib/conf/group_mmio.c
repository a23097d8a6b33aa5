// SPDX-License-Identifier: GPL-2.0
/*
 * MMIO: each length, data compared byte by byte on both sides, userspace's devices and an in-kernel
 * one.
 *
 * Source: AMD 56421 GHCB Specification, section "NAE Events" (MMIO Read, MMIO Write).
 */
#include "events.h"

#include <string.h>

#define IOAPIC_GPA	0xfec00000ull
#define IOAPIC_WINDOW	0x10
#define IOAPIC_VERSION	0x170011u	/* of KVM's I/O APIC: 24 pins, version 0x11 */

static void sent(struct conf *c, const uint8_t *answer)
{
	(void)answer;
	conf_check_out(c, c->row->info2);
	if (c->seen.where != AGENT_MMIO_GPA)
		conf_complain(c, "userspace saw address 0x%llx", (unsigned long long)c->seen.where);
}

static void got(struct conf *c, const uint8_t *answer)
{
	unsigned int len_bytes = c->row->info2;

	conf_check_in(c, answer + SPEC_GHCB_BUFFER, len_bytes);
	if (len_bytes < SPEC_GHCB_BUFFER_BYTES &&
	    answer[SPEC_GHCB_BUFFER + len_bytes] != conf_out_byte(len_bytes))
		conf_complain(c, "the byte behind the data has changed");
	if (c->seen.where != AGENT_MMIO_GPA)
		conf_complain(c, "userspace saw address 0x%llx", (unsigned long long)c->seen.where);
}

static void length_row(struct conf *c, const struct conf_row *base, uint64_t length)
{
	bool write = base->exit == SPEC_NAE_MMIO_WRITE;
	bool fits = c->version == 1 ? length <= SPEC_GHCB_BUFFER_BYTES : length <= 8;
	struct conf_row row;

	if (fits)
		row = conf_variant(base, "%llu bytes", (unsigned long long)length);
	else
		row = conf_refused(base,
				   c->version == 1 ? SPEC_INVALID_SCRATCH : SPEC_INVALID_INPUT,
				   "%llu bytes", (unsigned long long)length);
	row.info2 = length;
	if (fits) {
		row.exits = (length + 7) / 8;
		row.check = !length ? NULL : write ? sent : got;
	}
	conf_row(c, &row);
}

static void length_rows(struct conf *c, const struct conf_row *base)
{
	static const uint64_t lengths[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 64, 2032, 2033, 4096, 65536, 65537,
		1ull << 31, 1ull << 32, (1ull << 32) + 4, 1ull << 63, ~0ull,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		length_row(c, base, lengths[i]);
}

/* Move no data, so that nothing is checked except that the field is marked valid. */
static void empty_with_bad_scratch(struct conf *c, const struct conf_row *base)
{
	struct conf_row row = conf_variant(base, "0 bytes, scratch nowhere");

	row.info2 = 0;
	row.exits = 0;
	row.check = NULL;
	conf_put(&row, SPEC_GHCB_SCRATCH, ~0ull);
	conf_row(c, &row);
}

/*
 * Use addresses with memory, without memory, or beyond all addresses: userspace gets them as they
 * are.
 */
static void address_rows(struct conf *c, const struct conf_row *base)
{
	static const uint64_t addresses[] = {
		0, 0x1000, AGENT_PLAIN_GPA, AGENT_LATER_GPA, CONF_READONLY_GPA, 0xfffffffc,
		0xfffffffffffcull
	};
	struct conf_row row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		row = conf_variant(base, "at 0x%llx", (unsigned long long)addresses[i]);
		row.info1 = addresses[i];
		conf_row(c, &row);
	}
}

static void put_register(struct conf *c, uint8_t *ghcb)
{
	(void)c;
	memcpy(ghcb + SPEC_GHCB_BUFFER, &(uint32_t){ 1 }, sizeof(uint32_t));
}

static void is_ioapic(struct conf *c, const uint8_t *answer)
{
	uint32_t value;

	memcpy(&value, answer + SPEC_GHCB_BUFFER, sizeof(value));
	if (value != IOAPIC_VERSION)
		conf_complain(c, "the IOAPIC's version is 0x%x, wanted 0x%x", value,
			      IOAPIC_VERSION);
}

static void in_kernel_device(struct conf *c)
{
	struct conf_row read = conf_event("mmio_read"), write = conf_event("mmio_write"), row;

	row = conf_variant(&write, "the IOAPIC's register number");
	row.info1 = IOAPIC_GPA;
	row.prepare = put_register;
	row.exits = 0;
	row.check = NULL;
	conf_row(c, &row);
	row = conf_variant(&read, "the IOAPIC's register");
	row.info1 = IOAPIC_GPA + IOAPIC_WINDOW;
	row.check = is_ioapic;
	row.exits = 0;
	conf_row(c, &row);
}

static void mmio_rows(struct conf *c)
{
	struct conf_row read = conf_event("mmio_read"), write = conf_event("mmio_write");

	length_rows(c, &write);
	length_rows(c, &read);
	empty_with_bad_scratch(c, &write);
	empty_with_bad_scratch(c, &read);
	address_rows(c, &write);
	address_rows(c, &read);
	in_kernel_device(c);
	conf_common(c, "mmio_write");
	conf_common(c, "mmio_read");
}

const struct conf_group conf_mmio_group = { "mmio", .rows = mmio_rows };
