// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: Each request that a guest can make gets the one response that the specification has for it,
 *	and a wrong one is rejected with its reason; the guest continues, and the host's log does
 *	not grow.
 * Source: AMD 56421 GHCB Specification, all of it; a row's section is named in lib/conf.
 * Why it matters: The protocol's other side is firmware and kernels that this project does not
 *	control, and hostile guests.  Each row protects the former or stops the latter.
 * Not covered: SNP guests, real silicon, speed, counters.
 * Fails with: stock kvm_amd; Documentation/conformance.md has the rows, `make conformance` makes
 *	its tables.
 */
#include <kselftest_harness.h>
#include <errno.h>
#include "env.h"
#include "../conf/events.h"

FIXTURE(conformance) {
	int nothing;
};

FIXTURE_VARIANT(conformance) {
	const struct conf_group *group;
};

FIXTURE_SETUP(conformance)
{
	self->nothing = 0;
}

FIXTURE_TEARDOWN(conformance)
{
}

FIXTURE_VARIANT_ADD(conformance, debug) { .group = &conf_debug_group };
FIXTURE_VARIANT_ADD(conformance, clock) { .group = &conf_clock_group };
FIXTURE_VARIANT_ADD(conformance, cpuid) { .group = &conf_cpuid_group };
FIXTURE_VARIANT_ADD(conformance, cache) { .group = &conf_cache_group };
FIXTURE_VARIANT_ADD(conformance, ioio) { .group = &conf_ioio_group };
FIXTURE_VARIANT_ADD(conformance, string) { .group = &conf_string_group };
FIXTURE_VARIANT_ADD(conformance, msr) { .group = &conf_msr_group };
FIXTURE_VARIANT_ADD(conformance, vmmcall) { .group = &conf_vmmcall_group };
FIXTURE_VARIANT_ADD(conformance, mmio) { .group = &conf_mmio_group };
FIXTURE_VARIANT_ADD(conformance, nmi) { .group = &conf_nmi_group };
FIXTURE_VARIANT_ADD(conformance, hold) { .group = &conf_hold_group };
FIXTURE_VARIANT_ADD(conformance, table) { .group = &conf_table_group };
FIXTURE_VARIANT_ADD(conformance, features) { .group = &conf_features_group };
FIXTURE_VARIANT_ADD(conformance, end) { .group = &conf_end_group };
FIXTURE_VARIANT_ADD(conformance, unknown) { .group = &conf_unknown_group };
FIXTURE_VARIANT_ADD(conformance, order) { .group = &conf_order_group };
FIXTURE_VARIANT_ADD(conformance, marks) { .group = &conf_marks_group };
FIXTURE_VARIANT_ADD(conformance, proto) { .group = &conf_proto_group };
FIXTURE_VARIANT_ADD(conformance, scratch) { .group = &conf_scratch_group };
FIXTURE_VARIANT_ADD(conformance, slots) { .group = &conf_slots_group };
FIXTURE_VARIANT_ADD(conformance, reread) { .group = &conf_reread_group };
FIXTURE_VARIANT_ADD(conformance, paging) { .group = &conf_paging_group };
FIXTURE_VARIANT_ADD(conformance, race) { .group = &conf_race_group };
FIXTURE_VARIANT_ADD(conformance, init) { .group = &conf_init_group };
FIXTURE_VARIANT_ADD(conformance, launch) { .group = &conf_launch_group };
FIXTURE_VARIANT_ADD(conformance, leak) { .group = &conf_leak_group };

TEST_F_TIMEOUT(conformance, every_row_is_answered_by_the_book, 900)
{
	unsigned int nr_failed = conf_run_group(variant->group);

	EXPECT_EQ(0, nr_failed);
	if (nr_failed)
		vmm_print_rerun();
}

TEST_HARNESS_MAIN
