// SPDX-License-Identifier: GPL-2.0
/*
 * CPUID: four registers, and XCR0 and XSS, which only the guest knows and the host must not trust.
 * Requests with impossible values are handled all the same: firmware in use reports 0 (stage0), or
 * nothing when RAX is longer than its leaf (edk2).
 *
 * Source: AMD 56421 GHCB Specification, section "NAE Events" (CPUID); AMD 24593 APM Volume 2,
 *	section "Extended Control Register XCR0" (which bits need which).
 */
#include "events.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "../vmm/env.h"

#define VENDOR_EBX	0x68747541
#define LEAF_XSTATE	0xd
#define X87_SSE_BYTES	576

/* Return the part of leaf 0xd that KVM offers: sub-leaf 0 has the bits of XCR0. */
static uint64_t offered_xcr0(void)
{
	int kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[128];
	} cpuid = { .head.nent = 128 };
	const struct kvm_cpuid_entry2 *entry;
	uint64_t xcr0 = 0;
	unsigned int i;

	if (ioctl(kvm_fd, KVM_GET_SUPPORTED_CPUID, &cpuid))
		vmm_fail("KVM_GET_SUPPORTED_CPUID failed: %m");
	close(kvm_fd);
	for (i = 0; i < cpuid.head.nent; i++) {
		entry = &cpuid.entries[i];
		if (entry->function == LEAF_XSTATE && entry->index == 0)
			xcr0 = entry->eax | (uint64_t)entry->edx << 32;
	}
	return xcr0;
}

static bool all_or_none(uint64_t value, uint64_t mask)
{
	return !(value & mask) || (value & mask) == mask;
}

/*
 * Return the part that can be XCR0: with AVX comes SSE, with AVX-512 comes AVX; groups come
 * together; else x87 alone.
 */
static uint64_t possible_part(uint64_t xcr0, uint64_t offered)
{
	const uint64_t avx512 = 0xe0, mpx = 0x18, tiles = 0x60000;
	uint64_t part = (xcr0 & offered) | 1;
	bool possible = (!(part & 4) || part & 2) && (!(part & avx512) || part & 4) &&
			all_or_none(part, avx512) && all_or_none(part, mpx) &&
			all_or_none(part, tiles);

	return possible ? part : 1;
}

/*
 * Check that KVM's copy is a value that userspace may set, so that a snapshot of the guest can be
 * restored.
 */
static void believes(struct conf *c, uint64_t xcr0)
{
	struct kvm_xcrs xcrs = { };

	if (!c->alive || ioctl(c->vcpu->fd, KVM_GET_XCRS, &xcrs))
		return;		/* 6.12 shows no registers of a VM created with KVM_SEV_INIT2 */
	if (xcrs.xcrs[0].value != xcr0)
		conf_complain(c, "KVM takes 0x%llx for XCR0, wanted 0x%llx",
			      (unsigned long long)xcrs.xcrs[0].value, (unsigned long long)xcr0);
	if (ioctl(c->vcpu->fd, KVM_SET_XCRS, &xcrs))
		conf_complain(c, "KVM does not take back its XCR0 of 0x%llx",
			      (unsigned long long)xcrs.xcrs[0].value);
}

static void has_vendor(struct conf *c, const uint8_t *answer)
{
	if ((uint32_t)spec_ghcb_get(answer, SPEC_GHCB_RBX) != VENDOR_EBX)
		conf_complain(c, "EBX is not the vendor's");
}

/* Check EBX, the size of what is enabled, which shows that the XCR0 of this request was used. */
static void is_small(struct conf *c, const uint8_t *answer)
{
	uint32_t size_bytes = spec_ghcb_get(answer, SPEC_GHCB_RBX);

	if (size_bytes != X87_SSE_BYTES)
		conf_complain(c, "EBX is %u, wanted %u", size_bytes, X87_SSE_BYTES);
}

static void is_bigger(struct conf *c, const uint8_t *answer)
{
	uint32_t size_bytes = spec_ghcb_get(answer, SPEC_GHCB_RBX);

	if (size_bytes <= X87_SSE_BYTES)
		conf_complain(c, "EBX is %u, wanted more than %u", size_bytes, X87_SSE_BYTES);
}

static void is_believed(struct conf *c, const uint8_t *answer)
{
	const uint64_t *xcr0 = c->row->data;

	(void)answer;
	believes(c, *xcr0);
}

static void xcr0_row(struct conf *c, uint64_t xcr0, uint64_t offered)
{
	struct conf_row base = conf_event("cpuid_0xd"),
			row = conf_variant(&base, "XCR0 0x%llx", (unsigned long long)xcr0);
	uint64_t believed = possible_part(xcr0, offered);

	conf_put(&row, SPEC_GHCB_XCR0, xcr0);
	row.check = is_believed;
	row.data = &believed;
	conf_row(c, &row);
}

static void xcr0_rows(struct conf *c, uint64_t offered)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 0x9, 0x11, 0x19, 0x1b, 0x23, 0x27, 0x47, 0x67, 0xe3, 0xe7,
		0x203, 0x207, 0x20003, 0x60003, 0x80000003, 0x100000003, ~0ull,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		xcr0_row(c, values[i], offered);
	for (i = 8; i < 64; i += 5)
		xcr0_row(c, 3 | 1ull << i, offered);
}

/*
 * Check that each response uses the XCR0 of its request, or the earlier one where none was
 * reported.
 */
static void used_rows(struct conf *c)
{
	static const struct conf_field none = { SPEC_GHCB_XCR0, 0 }, avx = { SPEC_GHCB_XCR0, 7 },
				       avx_without_x87 = { SPEC_GHCB_XCR0, 6 };
	struct conf_row base = conf_event("cpuid_0xd"), row;

	conf_with(c, &base, "XCR0 7 is used", &avx, is_bigger);
	conf_with(c, &base, "XCR0 3 is used", NULL, is_small);
	conf_with(c, &base, "XCR0 6 is taken for 7", &avx_without_x87, is_bigger);
	conf_with(c, &base, "XCR0 0 is taken for 1", &none, is_small);
	conf_with(c, &base, "XCR0 7 is used again", &avx, is_bigger);
	row = conf_variant(&base, "leaf 0xd in the low half of RAX, without XCR0");
	conf_put(&row, SPEC_GHCB_RAX, 0xffffffff0000000dull);
	row.omit = SPEC_GHCB_XCR0;
	row.check = is_bigger;
	conf_row(c, &row);
}

static void xss_row(struct conf *c, uint64_t xss)
{
	struct conf_row base = conf_event("cpuid_0xd"),
			row = conf_variant(&base, "XSS 0x%llx", (unsigned long long)xss);

	conf_put(&row, SPEC_GHCB_XSS, xss);
	conf_row(c, &row);
}

static void other_leaves(struct conf *c)
{
	static const struct conf_field impossible_xcr0 = { SPEC_GHCB_XCR0, 6 },
				       all_xss = { SPEC_GHCB_XSS, ~0ull },
				       high_bits = { SPEC_GHCB_RAX, 0xffffffff00000000ull };
	struct conf_row base = conf_event("cpuid");

	conf_with(c, &base, "the vendor", NULL, has_vendor);
	conf_with(c, &base, "XCR0 is not looked at in leaf 0", &impossible_xcr0, has_vendor);
	conf_with(c, &base, "XSS is not looked at in leaf 0", &all_xss, has_vendor);
	conf_with(c, &base, "leaf 0 in the low half of RAX", &high_bits, has_vendor);
}

static void cpuid_rows(struct conf *c)
{
	static const uint64_t xss[] = {
		0, 0x100, 0x200, 0x800, 0x1000, 0x1800, 1ull << 32, 1ull << 63, ~0ull
	};
	unsigned int i;

	other_leaves(c);
	used_rows(c);
	xcr0_rows(c, offered_xcr0());
	for (i = 0; i < ARRAY_SIZE(xss); i++)
		xss_row(c, xss[i]);
	conf_common(c, "cpuid");
	conf_common(c, "cpuid_0xd");
}

const struct conf_group conf_cpuid_group = { "cpuid", .rows = cpuid_rows };
