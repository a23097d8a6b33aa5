// SPDX-License-Identifier: GPL-2.0
/*
 * The GHCB MSR protocol: each of the 4096 request codes, in both versions.
 *
 * Source: AMD 56421 GHCB Specification, section "GHCB MSR Protocol".
 */
#include "events.h"

#include <stdio.h>

#define DATA	0x123456789a000ull	/* a request code has none of these bits */
#define NO_GFN	(~0ull << 12)

static void ask(struct conf *c, uint64_t request, uint64_t wanted)
{
	uint64_t answer;

	if (!conf_order(c, c->vcpu, AGENT_MSR_PROTO, request, 0)) {
		conf_complain(c, "0x%llx ends the guest", (unsigned long long)request);
		return;
	}
	answer = vmm_mailbox(c->vcpu)->out[0];
	if (answer != wanted)
		conf_complain(c, "0x%llx gives 0x%llx, wanted 0x%llx", (unsigned long long)request,
			      (unsigned long long)answer, (unsigned long long)wanted);
}

static void row(struct conf *c, const char *name, uint64_t request, uint64_t wanted)
{
	conf_begin(c, name);
	if (conf_need_vm(c))
		ask(c, request, wanted);
	conf_end(c);
}

static void sev_info(struct conf *c)
{
	uint64_t wanted;

	conf_begin(c, "SEV information");
	if (conf_need_vm(c)) {
		wanted = (uint64_t)c->version << 48 | 1ull << 32 | SPEC_MSR_SEV_INFO |
			 (uint64_t)__builtin_ctzll(c->vm.c_bit) << 24;
		ask(c, SPEC_MSR_SEV_INFO_REQ, wanted);
	}
	conf_end(c);
}

static void cpuid(struct conf *c)
{
	row(c, "CPUID: EBX of leaf 0", SPEC_MSR_CPUID(0, 1),
	    0x68747541ull << 32 | 1ull << 30 | SPEC_MSR_CPUID_RESP);
	row(c, "CPUID: ECX of leaf 0", SPEC_MSR_CPUID(0, 2),
	    0x444d4163ull << 32 | 2ull << 30 | SPEC_MSR_CPUID_RESP);
	row(c, "CPUID: EDX of leaf 0", SPEC_MSR_CPUID(0, 3),
	    0x69746e65ull << 32 | 3ull << 30 | SPEC_MSR_CPUID_RESP);
	row(c, "CPUID: EBX of KVM's own leaf", SPEC_MSR_CPUID(0x40000000, 1),
	    0x4b4d564bull << 32 | 1ull << 30 | SPEC_MSR_CPUID_RESP);
}

static void ask_preferred(struct conf *c)
{
	bool known = c->version > 1;

	row(c, "preferred GHCB address", SPEC_MSR_PREF_GPA_REQ,
	    known ? NO_GFN | SPEC_MSR_PREF_GPA_RESP : SPEC_MSR_PREF_GPA_REQ);
}

static void reg(struct conf *c, const char *name, uint64_t gpa, bool accepted)
{
	uint64_t request = gpa | SPEC_MSR_REG_GPA_REQ;

	if (c->version == 1)
		row(c, name, request, request);
	else
		row(c, name, request, (accepted ? gpa : NO_GFN) | SPEC_MSR_REG_GPA_RESP);
}

/* Register pages; the good request after each row shows that other pages stay usable. */
static void reg_rows(struct conf *c)
{
	reg(c, "registration of the GHCB", CONF_GHCB, true);
	reg(c, "registration of another page", AGENT_PLAIN_GPA, true);
	reg(c, "registration of the last page of memory", AGENT_GUEST_BYTES - 0x1000, true);
	reg(c, "registration behind the last page", AGENT_GUEST_BYTES, false);
	reg(c, "registration of no memory", AGENT_MMIO_GPA, false);
	reg(c, "registration with the C-bit", 1ull << 51 | CONF_GHCB, false);
	reg(c, "registration of the last address", NO_GFN, false);
}

/* Send requests that have no meaning without SNP: an error in version 2, unknown in version 1. */
static void snp_requests(struct conf *c)
{
	const uint64_t psc = 1ull << 52 | AGENT_PLAIN_GPA | SPEC_MSR_PAGE_STATE_REQ;
	const uint64_t vmpl = 1ull << 32 | SPEC_MSR_RUN_VMPL_REQ;
	bool known = c->version > 1;

	row(c, "page state change", psc, known ? 1ull << 32 | SPEC_MSR_PAGE_STATE_RESP : psc);
	row(c, "run at VMPL 1", vmpl, known ? 1ull << 32 | SPEC_MSR_RUN_VMPL_RESP : vmpl);
}

static bool is_defined(unsigned int code)
{
	switch (code) {
	case 0:
	case SPEC_MSR_SEV_INFO_REQ:
	case SPEC_MSR_CPUID_REQ:
	case SPEC_MSR_AP_HOLD_REQ:
	case SPEC_MSR_PREF_GPA_REQ:
	case SPEC_MSR_REG_GPA_REQ:
	case SPEC_MSR_PAGE_STATE_REQ:
	case SPEC_MSR_RUN_VMPL_REQ:
	case SPEC_MSR_FEATURES_REQ:
	case SPEC_MSR_TERMINATE:
		return true;
	}
	return false;
}

/*
 * Send unknown codes, one row for each 256: the value stays, which shows that the request was not
 * handled.
 */
static void strangers(struct conf *c)
{
	char name[CONF_NAME_BYTES];
	unsigned int code;

	for (code = 0; code < 0x1000; code++) {
		if (code % 0x100 == 0) {
			snprintf(name, sizeof(name), "unknown codes 0x%03x to 0x%03x", code,
				 code + 0xff);
			conf_begin(c, name);
			conf_need_vm(c);
		}
		if (c->alive && c->vcpu->at_doorbell && !is_defined(code))
			ask(c, DATA | code, DATA | code);
		if (code % 0x100 == 0xff)
			conf_end(c);
	}
}

static void proto_rows(struct conf *c)
{
	sev_info(c);
	cpuid(c);
	row(c, "hypervisor features", SPEC_MSR_FEATURES_REQ, SPEC_MSR_FEATURES_RESP);
	ask_preferred(c);
	reg_rows(c);
	snp_requests(c);
	row(c, "SEV information is not a request", SPEC_MSR_SEV_INFO, SPEC_MSR_SEV_INFO);
	strangers(c);
}

const struct conf_group conf_proto_group = { "msr_protocol", .rows = proto_rows };
