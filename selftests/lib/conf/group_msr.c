// SPDX-License-Identifier: GPL-2.0
/*
 * RDMSR and WRMSR: values, #GP, and MSRs that userspace handles.
 *
 * Source: AMD 56421 GHCB Specification, section "NAE Events" (MSR_PROT); KVM API,
 *	KVM_EXIT_X86_RDMSR.
 */
#include "events.h"

#include <string.h>
#include <sys/ioctl.h>
#include "../vmm/env.h"

#define MSR_APIC_BASE	0x1b
#define MSR_TSC_ADJUST	0x3b
#define MSR_NOBODY_HAS	0x12345678
#define WRITTEN		0x0123456789abcdefull
#define FROM_USERSPACE	0xfedcba9876543210ull

static uint64_t rdx_rax(const uint8_t *answer)
{
	return spec_ghcb_get(answer, SPEC_GHCB_RDX) << 32 |
	       (uint32_t)spec_ghcb_get(answer, SPEC_GHCB_RAX);
}

static void wants(struct conf *c, const uint8_t *answer, uint64_t value)
{
	if (rdx_rax(answer) != value)
		conf_complain(c, "the value is 0x%llx, wanted 0x%llx",
			      (unsigned long long)rdx_rax(answer), (unsigned long long)value);
	if (spec_ghcb_get(answer, SPEC_GHCB_RAX) >> 32 ||
	    spec_ghcb_get(answer, SPEC_GHCB_RDX) >> 32)
		conf_complain(c, "RAX or RDX has more than 32 bits");
}

static void is_apic_base(struct conf *c, const uint8_t *answer)
{
	wants(c, answer, 0xfee00d00);	/* enabled, x2APIC, boot CPU */
}

static void is_written(struct conf *c, const uint8_t *answer)
{
	wants(c, answer, WRITTEN);
}

static struct conf_row msr_row(bool write, uint32_t msr, uint64_t value)
{
	struct conf_row row = conf_event(write ? "wrmsr" : "rdmsr");

	conf_put(&row, SPEC_GHCB_RCX, msr);
	if (write) {
		conf_put(&row, SPEC_GHCB_RAX, (uint32_t)value);
		conf_put(&row, SPEC_GHCB_RDX, value >> 32);
	}
	return row;
}

static struct conf_row faulting(const struct conf_row *base, const char *name)
{
	struct conf_row row = conf_variant(base, "%s", name);

	row.want = CONF_RAISE;
	row.info2_want = SPEC_RAISE_GP;
	memset(row.returns, 0, sizeof(row.returns));
	return row;
}

static void values(struct conf *c)
{
	struct conf_row base = msr_row(false, MSR_APIC_BASE, 0), row;

	conf_with(c, &base, "APIC base", NULL, is_apic_base);
	base = msr_row(true, MSR_TSC_ADJUST, WRITTEN);
	conf_with(c, &base, "TSC_ADJUST", NULL, NULL);
	base = msr_row(false, MSR_TSC_ADJUST, 0);
	conf_with(c, &base, "TSC_ADJUST as written", NULL, is_written);
	base = msr_row(true, MSR_TSC_ADJUST, 0);
	conf_row(c, &base);
	base = msr_row(false, MSR_NOBODY_HAS, 0);
	row = faulting(&base, "an MSR that nobody has");
	conf_row(c, &row);
	base = msr_row(true, MSR_NOBODY_HAS, 1);
	row = faulting(&base, "an MSR that nobody has");
	conf_row(c, &row);
	base = msr_row(true, MSR_APIC_BASE, ~0ull);
	row = faulting(&base, "a value that the MSR cannot have");
	conf_row(c, &row);
}

/* Use sub-functions other than 0, each of which is a write, as with the stock module. */
static void sub_functions(struct conf *c)
{
	static const uint64_t infos[] = { 2, 3, 0x80, 0x80000000, 0x100000000, 0x100000001, ~0ull };
	struct conf_row write = msr_row(true, MSR_TSC_ADJUST, WRITTEN),
			read = msr_row(false, MSR_TSC_ADJUST, 0), row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(infos); i++) {
		row = conf_variant(&write, "SW_EXITINFO1 0x%llx", (unsigned long long)infos[i]);
		row.info1 = infos[i];
		conf_row(c, &row);
		row = conf_variant(&read, "what SW_EXITINFO1 0x%llx has written",
				   (unsigned long long)infos[i]);
		row.check = is_written;
		conf_row(c, &row);
		row = msr_row(true, MSR_TSC_ADJUST, 0);
		conf_row(c, &row);
	}
}

/* --- userspace handles the unknown MSR, or wants a #GP */

struct service {
	bool faults;
	uint64_t seen;
};

static bool serve_msr(struct conf *c, struct kvm_run *run)
{
	struct service *service = c->row->data;

	if (run->exit_reason != KVM_EXIT_X86_RDMSR && run->exit_reason != KVM_EXIT_X86_WRMSR)
		return false;
	c->seen.exits++;
	service->seen = run->msr.data;
	run->msr.data = FROM_USERSPACE;
	run->msr.error = service->faults;
	return true;
}

static void is_from_userspace(struct conf *c, const uint8_t *answer)
{
	wants(c, answer, FROM_USERSPACE);
}

static void reached_userspace(struct conf *c, const uint8_t *answer)
{
	const struct service *service = c->row->data;

	(void)answer;
	if (service->seen != WRITTEN)
		conf_complain(c, "userspace saw 0x%llx", (unsigned long long)service->seen);
}

static void ask_userspace(struct conf *c, uint64_t reasons)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_USER_SPACE_MSR, .args = { reasons } };

	if (conf_need_vm(c) && ioctl(c->vm.fd, KVM_ENABLE_CAP, &cap))
		vmm_fail("KVM_CAP_X86_USER_SPACE_MSR failed: %m");
}

static void served_row(struct conf *c, bool write, bool faults)
{
	struct conf_row base = msr_row(write, MSR_NOBODY_HAS, WRITTEN), row;
	struct service service = { .faults = faults };

	if (faults) {
		row = faulting(&base, "userspace wants #GP");
	} else {
		row = conf_variant(&base, "served by userspace");
		row.check = write ? reached_userspace : is_from_userspace;
	}
	row.exits = 1;
	row.data = &service;
	conf_row_with_exits(c, &row, serve_msr);
}

static void served_by_userspace(struct conf *c)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		ask_userspace(c, KVM_MSR_EXIT_REASON_UNKNOWN);
		served_row(c, i & 1, i & 2);
	}
	ask_userspace(c, 0);
}

static void msr_rows(struct conf *c)
{
	values(c);
	sub_functions(c);
	served_by_userspace(c);
	conf_common(c, "rdmsr");
	conf_common(c, "wrmsr");
}

const struct conf_group conf_msr_group = { "msr", .rows = msr_rows };
