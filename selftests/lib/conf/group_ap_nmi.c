// SPDX-License-Identifier: GPL-2.0
/*
 * Small events of the protocol: NMI complete, AP reset hold, AP jump table, hypervisor features.
 *
 * Source: AMD 56421 GHCB Specification, sections "NMI Complete", "AP Reset Hold", "AP Jump Table",
 * "Hypervisor Feature Support"; AMD 24593 APM Volume 2, section "NMI Support" of SEV-ES.
 */
#include "events.h"

#include <sys/ioctl.h>
#include "../vmm/ap.h"
#include "../vmm/env.h"

/* --- NMI complete */

#define NMI_BELL	0x4e4d

/* Send the second NMI, as userspace, while the handler of the first one runs. */
static bool second_nmi(struct conf *c, struct kvm_run *run)
{
	if (run->exit_reason == KVM_EXIT_IO && run->io.port == NMI_BELL &&
	    ioctl(c->vcpu->fd, KVM_NMI, NULL))
		vmm_fail("KVM_NMI failed: %m");
	return false;
}

/*
 * Check that the NMI is immediate: the handler checks after its NMI complete, and a pending NMI
 * must have hit by then.
 */
static void nmi_at_once(struct conf *c)
{
	struct agent_mailbox *box;

	conf_begin(c, "nmi_complete: a pending NMI arrives at once");
	if (conf_need_vm(c)) {
		box = vmm_mailbox(c->vcpu);
		box->nmi_bell = NMI_BELL;
		c->at_exit = second_nmi;
		vmm_vcpu_nmi(c->vcpu);
		if (!conf_order(c, c->vcpu, AGENT_NOTHING, 0, 0))
			conf_complain(c, "the guest does not go on");
		else if (box->nmis != 2 || box->nmis_at_complete != 2)
			conf_complain(c,
				      "%llu NMIs came, %u of them before NMI complete returned, wanted 2 and 2",
				      (unsigned long long)box->nmis, box->nmis_at_complete);
		c->at_exit = NULL;
		box->nmi_bell = 0;
	}
	conf_end(c);
	conf_drop_vm(c);
}

static void nmi_rows(struct conf *c)
{
	nmi_at_once(c);
	conf_common(c, "nmi_complete");
}

const struct conf_group conf_nmi_group = { "nmi", .rows = nmi_rows };

/* --- AP reset hold */

static void hold_row(struct conf *c, bool by_msr)
{
	struct vmm_vcpu *ap;
	int state;

	conf_begin(c,
		   by_msr ? "hold by the MSR ends with SIPI" : "hold by the page ends with SIPI");
	if (conf_need_vm(c)) {
		ap = &c->vm.vcpus[1];
		vmm_park(ap, by_msr);
		state = vmm_parked_mp_state(ap);
		if (state != KVM_MP_STATE_AP_RESET_HOLD)
			conf_complain(c, "the MP state is %d", state);
		vmm_send_init_sipi(c->vcpu, ap, 0x10);
		if (!conf_settles(c, ap))
			conf_complain(c, "INIT and SIPI do not wake it");
		else if (!vmm_woken_by_sipi(ap, by_msr))
			conf_complain(c, "the answer is not that of a SIPI");
	}
	conf_end(c);
}

static void hold_rows(struct conf *c)
{
	hold_row(c, false);
	hold_row(c, true);
	conf_common(c, "ap_reset_hold");
}

const struct conf_group conf_hold_group = { "hold", .nr_vcpus = 2, .rows = hold_rows };

/* --- AP jump table: a page-aligned address of memory, or 0 for none */

static void table_get(struct conf *c, uint64_t wanted, const char *when)
{
	struct conf_row get = conf_event("jump_table_get"),
			row = conf_variant(&get, "0x%llx %s", (unsigned long long)wanted, when);

	row.info2_want = wanted;
	conf_row(c, &row);
}

static void table_sets(struct conf *c)
{
	static const uint64_t good[] = {
		0x1000, 0, AGENT_SPARE_GPA, AGENT_GUEST_BYTES - 0x1000, CONF_OUTSIDE_GPA,
		CONF_OUTSIDE_GPA + CONF_SLOT_BYTES - 0x1000
	};
	struct conf_row set = conf_event("jump_table_set"), row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		row = conf_variant(&set, "0x%llx", (unsigned long long)good[i]);
		row.info2 = good[i];
		conf_row(c, &row);
		table_get(c, good[i], "as set");
	}
}

static void table_refusals(struct conf *c, uint64_t kept)
{
	const uint64_t bad[] = {
		1, 0xfff, 0x1001, 0x1800, AGENT_SPARE_GPA + 8, AGENT_GUEST_BYTES,
		CONF_OUTSIDE_GPA - 0x1000, CONF_OUTSIDE_GPA + CONF_SLOT_BYTES, AGENT_MMIO_GPA,
		1ull << 51 | AGENT_SPARE_GPA, 1ull << 63, ~0xfffull, ~0ull,
	};
	struct conf_row set = conf_event("jump_table_set"), row;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		row = conf_refused(&set, SPEC_INVALID_INPUT, "0x%llx", (unsigned long long)bad[i]);
		row.info2 = bad[i];
		conf_row(c, &row);
		table_get(c, kept, "after a refusal");
	}
}

static void table_sub_functions(struct conf *c)
{
	static const uint64_t infos[] = { 2, 3, 0x10, 0xff, 1ull << 32, (1ull << 32) + 1, ~0ull };
	struct conf_row get = conf_event("jump_table_get");

	conf_bad_info1(c, &get, infos, ARRAY_SIZE(infos));
}

static void table_rows(struct conf *c)
{
	struct conf_row set = conf_event("jump_table_set");

	table_get(c, 0, "at first");
	table_sets(c);
	conf_rows(c, &set, 1);
	table_refusals(c, 0);
	table_sub_functions(c);
	conf_common(c, "jump_table_set");
	conf_common(c, "jump_table_get");
}

const struct conf_group conf_table_group = { "jump_table", .rows = table_rows };

/* --- hypervisor features: none of them is useful for a guest without SNP */

static void features_rows(struct conf *c)
{
	conf_common(c, "hv_features");
}

const struct conf_group conf_features_group = { "features", .rows = features_rows };
