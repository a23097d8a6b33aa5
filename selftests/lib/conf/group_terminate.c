// SPDX-License-Identifier: GPL-2.0
/*
 * How a guest ends: by a request for it, by the GHCB page or the MSR protocol, by an event that it
 * cannot handle, or because its GHCB page is not accessible.  The VMM gets a system event with the
 * GHCB MSR's value, and can read the reason and the method.
 *
 * Source: AMD 56421 GHCB Specification, sections "Termination Request", "Unsupported Event"; KVM
 *	API, KVM_EXIT_SYSTEM_EVENT (KVM_SYSTEM_EVENT_SEV_TERM).
 */
#include "events.h"

static void by_msr(struct conf *c, const char *name, uint64_t value, uint64_t reason,
		   enum conf_how how)
{
	const uint64_t term[3] = { value, reason, how };

	conf_begin(c, name);
	if (conf_need_vm(c)) {
		if (conf_order(c, c->vcpu, AGENT_MSR_PROTO, value, 0))
			conf_complain(c, "the guest goes on");
		else
			conf_check_term(c, term);
	}
	conf_end(c);
	conf_drop_vm(c);
}

/* Send a request without any page at its address. */
static void no_page(struct conf *c, const char *name, uint64_t gpa)
{
	by_msr(c, name, gpa, 0, CONF_NO_PAGE);
}

/* Check that it contains only the reason's bits; data[0] is the unchanged value. */
static void msr_reasons(struct conf *c)
{
	by_msr(c, "terminate by the MSR: set 0, code 0", SPEC_MSR_TERM(0, 0), SPEC_MSR_TERM(0, 0),
	       CONF_BY_MSR);
	by_msr(c, "terminate by the MSR: set 3, code 0x42", SPEC_MSR_TERM(3, 0x42),
	       SPEC_MSR_TERM(3, 0x42), CONF_BY_MSR);
	by_msr(c, "terminate by the MSR: set 14, code 0xff", SPEC_MSR_TERM(14, 0xff),
	       SPEC_MSR_TERM(14, 0xff), CONF_BY_MSR);
	by_msr(c, "terminate by the MSR: other bits are no reason",
	       SPEC_MSR_TERM(1, 2) | 0xabcd000000ull << 16, SPEC_MSR_TERM(1, 2), CONF_BY_MSR);
}

static void page_reasons(struct conf *c)
{
	static const struct {
		unsigned int set, code;
	} reasons[] = { { 0, 0 }, { 3, 0x42 }, { 14, 0xff } };
	struct conf_row base = conf_event("terminate"), row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		row = conf_variant(&base, "set %u, code 0x%x", reasons[i].set, reasons[i].code);
		row.info1 = SPEC_NAE_TERM(reasons[i].set, reasons[i].code);
		row.term[1] = SPEC_MSR_TERM(reasons[i].set, reasons[i].code);
		conf_row(c, &row);
	}
	row = conf_variant(&base, "other bits are no reason");
	row.info1 |= 0xabcdull << 16;
	row.info2 = ~0ull;
	conf_row(c, &row);
}

static void end_rows(struct conf *c)
{
	struct conf_row unsupported = conf_event("unsupported_event");

	msr_reasons(c);
	page_reasons(c);
	conf_row(c, &unsupported);
	no_page(c, "GHCB where there is no memory", AGENT_MMIO_GPA);
	no_page(c, "GHCB behind the last memory", AGENT_GUEST_BYTES);
	no_page(c, "GHCB at address 0", 0);
	no_page(c, "GHCB at the end of all addresses", ~0xfffull);
	no_page(c, "GHCB with the C-bit", 1ull << 51 | CONF_GHCB);
	conf_common(c, "terminate");
	conf_common(c, "unsupported_event");
}

const struct conf_group conf_end_group = { "end", .rows = end_rows };
