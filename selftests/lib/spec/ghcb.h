/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The GHCB page, written down once more for the tests.
 *
 * Source: AMD 56421 GHCB Specification, section "GHCB Layout".  Copied from the specification, not
 *	from the headers of the module, so that a slip in one shows against the other (unit/layout.c
 *	compares the two).  A field is named by its byte offset; its bit in VALID_BITMAP is offset /
 *	8.
 */
#ifndef ES_SPEC_GHCB_H
#define ES_SPEC_GHCB_H

#include <stdbool.h>
#include <stdint.h>
#include "compiler.h"

enum spec_ghcb_field {
	SPEC_GHCB_CPL		= 0x0cb,
	SPEC_GHCB_XSS		= 0x140,
	SPEC_GHCB_DR7		= 0x160,
	SPEC_GHCB_RAX		= 0x1f8,
	SPEC_GHCB_RCX		= 0x308,
	SPEC_GHCB_RDX		= 0x310,
	SPEC_GHCB_RBX		= 0x318,
	SPEC_GHCB_RBP		= 0x328,
	SPEC_GHCB_RSI		= 0x330,
	SPEC_GHCB_RDI		= 0x338,
	SPEC_GHCB_R8		= 0x340,
	SPEC_GHCB_R15		= 0x378,
	SPEC_GHCB_EXITCODE	= 0x390,
	SPEC_GHCB_EXITINFO1	= 0x398,
	SPEC_GHCB_EXITINFO2	= 0x3a0,
	SPEC_GHCB_SCRATCH	= 0x3a8,
	SPEC_GHCB_XCR0		= 0x3e8,
};

#define SPEC_GHCB_BITMAP		0x3f0
#define SPEC_GHCB_BITMAP_BYTES		16
#define SPEC_GHCB_BUFFER		0x800
#define SPEC_GHCB_BUFFER_BYTES		2032
#define SPEC_GHCB_VERSION		0xffa
#define SPEC_GHCB_USAGE			0xffc
#define SPEC_GHCB_BYTES			0x1000

/* SW_EXITINFO1 of a response, and SW_EXITINFO2 when it is MALFORMED. */
enum spec_answer { SPEC_HANDLED = 0, SPEC_EXCEPTION = 1, SPEC_MALFORMED = 2 };
enum spec_malformed {
	SPEC_NOT_REGISTERED = 1, SPEC_INVALID_USAGE, SPEC_INVALID_SCRATCH,
	SPEC_MISSING_INPUT, SPEC_INVALID_INPUT, SPEC_INVALID_EVENT,
};

static inline uint64_t spec_ghcb_get(const void *page, unsigned int field)
{
	return shared_read((const uint64_t *)((const char *)page + (field & ~7u)));
}

/* Return the byte of VALID_BITMAP that has the field's bit, and return that bit. */
static inline uint8_t *spec_ghcb_valid_byte(const void *page, unsigned int field)
{
	return (uint8_t *)page + SPEC_GHCB_BITMAP + field / 64;
}

static inline uint8_t spec_ghcb_valid_bit(unsigned int field)
{
	return 1u << (field / 8 % 8);
}

static inline bool spec_ghcb_valid(const void *page, unsigned int field)
{
	return shared_read(spec_ghcb_valid_byte(page, field)) & spec_ghcb_valid_bit(field);
}

static inline void spec_ghcb_omit(void *page, unsigned int field)
{
	uint8_t *byte = spec_ghcb_valid_byte(page, field);

	shared_write(byte, shared_read(byte) & ~spec_ghcb_valid_bit(field));
}

static inline void spec_ghcb_put(void *page, unsigned int field, uint64_t value)
{
	uint8_t *byte = spec_ghcb_valid_byte(page, field);

	shared_write((uint64_t *)((char *)page + (field & ~7u)), value << (field % 8 * 8));
	shared_write(byte, shared_read(byte) | spec_ghcb_valid_bit(field));
}

#endif
