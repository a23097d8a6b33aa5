// SPDX-License-Identifier: GPL-2.0
/*
 * Events that stand for one instruction: debug register, clocks, caches, hypercall.
 *
 * Source: AMD 56421 GHCB Specification, section "NAE Events".
 */
#include "events.h"

#define MSR_TSC_AUX	0xc0000103
#define CPUID_RDTSCP	(1u << 27)	/* of leaf 0x80000001, EDX */

static uint64_t value_of(const uint8_t *answer, unsigned int field)
{
	return spec_ghcb_get(answer, field);
}

static void wants_value(struct conf *c, const uint8_t *answer, unsigned int field, uint64_t wanted)
{
	uint64_t value = value_of(answer, field);

	if (value != wanted)
		conf_complain(c, "field 0x%x is 0x%llx, wanted 0x%llx", field,
			      (unsigned long long)value, (unsigned long long)wanted);
}

/* --- DR7 */

#define DR7_RESET	0x400
#define DR7_OTHER	0x455
#define DR7_UPPER	0xffffffff00000000ull	/* the register has the lower half only */

static void is_reset_value(struct conf *c, const uint8_t *answer)
{
	wants_value(c, answer, SPEC_GHCB_RAX, DR7_RESET);
}

static void is_other_value(struct conf *c, const uint8_t *answer)
{
	wants_value(c, answer, SPEC_GHCB_RAX, DR7_OTHER);
}

static void debug_rows(struct conf *c)
{
	struct conf_row read = conf_event("dr7_read"), write = conf_event("dr7_write");

	conf_with(c, &read, "after reset", NULL, is_reset_value);
	conf_with(c, &write, "other value", &(struct conf_field){ SPEC_GHCB_RAX, DR7_OTHER }, NULL);
	conf_with(c, &read, "as last written", NULL, is_other_value);
	conf_with(c, &write, "bits 63:32 set",
		  &(struct conf_field){ SPEC_GHCB_RAX, DR7_UPPER | DR7_RESET }, NULL);
	conf_with(c, &read, "without bits 63:32", NULL, is_reset_value);
	conf_with(c, &write, "other value again", &(struct conf_field){ SPEC_GHCB_RAX, DR7_OTHER },
		  NULL);
	conf_common(c, "dr7_write");
	conf_with(c, &read, "refused writes change nothing", NULL, is_reset_value);
	conf_common(c, "dr7_read");
}

const struct conf_group conf_debug_group = { "dr7", .rows = debug_rows };

/* --- RDTSC, RDTSCP, RDPMC */

static void goes_forward(struct conf *c, const uint8_t *answer)
{
	uint64_t low = value_of(answer, SPEC_GHCB_RAX), high = value_of(answer, SPEC_GHCB_RDX);
	uint64_t tsc = high << 32 | low, *last_tsc = c->row->data;

	if (low >> 32 || high >> 32)
		conf_complain(c, "RAX or RDX has more than 32 bits");
	if (tsc <= *last_tsc)
		conf_complain(c, "the clock shows 0x%llx after 0x%llx", (unsigned long long)tsc,
			      (unsigned long long)*last_tsc);
	*last_tsc = tsc;
}

static void has_aux(struct conf *c, const uint8_t *answer)
{
	goes_forward(c, answer);
	wants_value(c, answer, SPEC_GHCB_RCX, 0x1234);
}

static void drop_rdtscp(struct kvm_cpuid_entry2 *entry)
{
	if (entry->function == 0x80000001)
		entry->edx &= ~CPUID_RDTSCP;
}

static void without_rdtscp(struct conf *c)
{
	struct conf_row rdtscp = conf_event("rdtscp"),
			row = conf_variant(&rdtscp, "a vCPU that has no RDTSCP");

	conf_drop_vm(c);
	c->edit_cpuid = drop_rdtscp;
	row.want = CONF_RAISE;
	row.info2_want = SPEC_RAISE_UD;
	row.returns[0] = row.returns[1] = row.returns[2] = 0;
	conf_row(c, &row);
	c->edit_cpuid = NULL;
	conf_drop_vm(c);
}

static void clock_rows(struct conf *c)
{
	struct conf_row rdtsc = conf_event("rdtsc"), wrmsr = conf_event("wrmsr"),
			rdtscp = conf_event("rdtscp"), row;
	uint64_t last_tsc = 0;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		row = conf_variant(&rdtsc, "reading %u goes forward", i + 1);
		row.check = goes_forward;
		row.data = &last_tsc;
		conf_row(c, &row);
	}
	row = conf_variant(&wrmsr, "TSC_AUX = 0x1234");
	conf_put(&row, SPEC_GHCB_RCX, MSR_TSC_AUX);
	conf_put(&row, SPEC_GHCB_RAX, 0x1234);
	conf_row(c, &row);
	row = conf_variant(&rdtscp, "has TSC_AUX");
	row.check = has_aux;
	row.data = &last_tsc;
	conf_row(c, &row);
	conf_common(c, "rdtsc");
	conf_common(c, "rdtscp");
	conf_common(c, "rdpmc");
	without_rdtscp(c);
}

const struct conf_group conf_clock_group = { "clock", .rows = clock_rows };

/* --- caches, MONITOR, MWAIT: all complete immediately */

static void cache_rows(struct conf *c)
{
	conf_common(c, "invd");
	conf_common(c, "wbinvd");
	conf_common(c, "monitor");
	conf_common(c, "mwait");
}

const struct conf_group conf_cache_group = { "cache", .rows = cache_rows };

/* --- VMMCALL: the hypercalls of KVM */

#define HYPERCALL_VAPIC_POLL	1
#define NO_SUCH_HYPERCALL	(-1000ull)
#define NOT_PERMITTED		(-1ull)

static void is_no_such_call(struct conf *c, const uint8_t *answer)
{
	wants_value(c, answer, SPEC_GHCB_RAX, NO_SUCH_HYPERCALL);
}

static void is_not_permitted(struct conf *c, const uint8_t *answer)
{
	wants_value(c, answer, SPEC_GHCB_RAX, NOT_PERMITTED);
}

static void is_zero(struct conf *c, const uint8_t *answer)
{
	wants_value(c, answer, SPEC_GHCB_RAX, 0);
}

static void vmmcall_rows(struct conf *c)
{
	static const struct conf_field user = { SPEC_GHCB_CPL, 3 },
				       known = { SPEC_GHCB_RAX, HYPERCALL_VAPIC_POLL };
	struct conf_row base = conf_event("vmmcall");

	conf_with(c, &base, "unknown hypercall", NULL, is_no_such_call);
	conf_with(c, &base, "from the guest's user mode", &user, is_not_permitted);
	conf_with(c, &base, "known hypercall", &known, is_zero);
	conf_common(c, "vmmcall");
}

const struct conf_group conf_vmmcall_group = { "vmmcall", .rows = vmmcall_rows };
