// SPDX-License-Identifier: GPL-2.0
/*
 * Check one row: compare the response with what the row wants, then whether the guest can continue.
 */
#include "conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "../vmm/env.h"
#include "../vmm/state.h"

#define VENDOR_EBX	0x68747541u	/* "Auth" */

static const char *reason_name(uint64_t reason)
{
	static const char * const names[] = {
		[SPEC_NOT_REGISTERED] = "not registered", [SPEC_INVALID_USAGE] = "invalid usage",
		[SPEC_INVALID_SCRATCH] = "invalid scratch", [SPEC_MISSING_INPUT] = "missing input",
		[SPEC_INVALID_INPUT] = "invalid input", [SPEC_INVALID_EVENT] = "invalid event",
	};

	return reason < ARRAY_SIZE(names) && names[reason] ? names[reason] : "unknown reason";
}

static void note_answer(struct conf *c, uint32_t info1, uint64_t info2)
{
	if (info1 == SPEC_HANDLED && !info2)
		conf_note(c, "done");
	else if (info1 == SPEC_HANDLED)
		conf_note(c, "done, 0x%llx", (unsigned long long)info2);
	else if (info1 == SPEC_EXCEPTION)
		conf_note(c, "raise 0x%llx", (unsigned long long)info2);
	else if (info1 == SPEC_MALFORMED)
		conf_note(c, "refused: %s", reason_name(info2));
	else
		conf_note(c, "no answer (0x%x)", info1);
}

static bool is_returned(const struct conf_row *row, unsigned int field)
{
	unsigned int i;

	if (field == SPEC_GHCB_EXITINFO1 || field == SPEC_GHCB_EXITINFO2)
		return true;
	for (i = 0; i < ARRAY_SIZE(row->returns) && row->returns[i]; i++) {
		if (row->returns[i] == field)
			return true;
	}
	return false;
}

/* Check the valid bits; fields are named by their bit in VALID_BITMAP. */
static void check_marks(struct conf *c, const struct conf_row *row, const uint8_t *answer)
{
	unsigned int bit, extra = 0, first = 0;

	for (bit = 0; bit < SPEC_GHCB_BITMAP_BYTES * 8; bit++) {
		bool marked = spec_ghcb_valid(answer, bit * 8), wanted = is_returned(row, bit * 8);

		if (wanted && !marked)
			conf_complain(c, "field 0x%x is not marked valid", bit * 8);
		if (marked && !wanted && !extra++)
			first = bit * 8;
	}
	if (row->only_those && extra)
		conf_complain(c, "%u fields too many are marked valid, the first is 0x%x", extra,
			      first);
}

static void check_answer(struct conf *c, const struct conf_row *row, const uint8_t *answer)
{
	static const uint32_t wanted[] = { [CONF_DONE] = SPEC_HANDLED,
					   [CONF_RAISE] = SPEC_EXCEPTION,
					   [CONF_REFUSED] = SPEC_MALFORMED };
	uint32_t info1 = spec_ghcb_get(answer, SPEC_GHCB_EXITINFO1);
	uint64_t info2 = spec_ghcb_get(answer, SPEC_GHCB_EXITINFO2);

	note_answer(c, info1, info2);
	if (row->want == CONF_ANY)
		return;
	if (row->want == CONF_TERM) {
		conf_complain(c, "wanted the guest's end");
	} else if (info1 != wanted[row->want] || info2 != row->info2_want) {
		conf_complain(c, "wanted ");
		note_answer(c, wanted[row->want], row->info2_want);
	} else {
		check_marks(c, row, answer);
		if (row->check)
			row->check(c, answer);
	}
}

/* Check the reason of the guest's end as a VMM reads it; the stock module has no command for it. */
static void check_reason(struct conf *c, const uint64_t term[3])
{
	struct kvm_amd_es_vcpu state;

	if (vmm_env_stock_module())
		return;
	if (vmm_get_vcpu_state(c->vcpu, &state))
		conf_complain(c, "KVM_AMD_ES_GET_VCPU fails with errno %d", errno);
	else if (state.end_reason != term[1] || state.end != term[2])
		conf_complain(c, "reason 0x%llx, end %u, wanted 0x%llx and %llu", state.end_reason,
			      state.end, (unsigned long long)term[1], (unsigned long long)term[2]);
}

static void check_event(struct conf *c, const uint64_t term[3])
{
	const struct kvm_run *run = c->vcpu->run;

	if (!c->vcpu->stopped || c->vcpu->run_errno || run->exit_reason != KVM_EXIT_SYSTEM_EVENT ||
	    run->system_event.type != KVM_SYSTEM_EVENT_SEV_TERM) {
		conf_complain(c, "wanted the system event of a terminated guest");
		return;
	}
	conf_note(c, "terminated");
	if (run->system_event.ndata != 1)
		conf_complain(c, "%u words, wanted 1", run->system_event.ndata);
	if (run->system_event.data[0] != term[0])
		conf_complain(c, "data[0] is 0x%llx, wanted 0x%llx", run->system_event.data[0],
			      (unsigned long long)term[0]);
	check_reason(c, term);
}

/* Check the guest's end twice: a guest that has ended stays so, and KVM_RUN repeats the event. */
void conf_check_term(struct conf *c, const uint64_t term[3])
{
	check_event(c, term);
	if (c->failed)
		return;
	vmm_vcpu_go(c->vcpu);
	if (conf_settles(c, c->vcpu))
		conf_complain(c, "a second KVM_RUN lets the guest go on");
	else
		check_event(c, term);
}

void conf_check(struct conf *c, const struct conf_row *row, bool rang)
{
	const uint8_t *answer = row->page_outside ? (void *)c->slots[CONF_OUTSIDE] :
						    vmm_answer(c->vcpu);

	/* The page may not be mapped any more: the guest's response is not in it. */
	if (rang && row->want == CONF_TERM && row->page_outside)
		conf_complain(c, "the guest goes on");
	else if (rang)
		check_answer(c, row, answer);
	else if (row->want == CONF_TERM)
		conf_check_term(c, row->term);
	else if (row->want != CONF_ANY || c->vcpu->run_errno)
		conf_complain(c, "the guest does not get its answer");
	if (row->exits >= 0 && c->seen.exits != row->exits)
		conf_complain(c, "%d exits to userspace, wanted %d", c->seen.exits, row->exits);
}

/*
 * Check that the vCPU lives by CPUID(0), the CPU's vendor; a vCPU that does not ring any more
 * cannot execute it.
 */
void conf_check_lives(struct conf *c)
{
	const uint8_t *answer = vmm_answer(c->vcpu);
	uint8_t *ghcb;

	if (!c->vcpu->at_doorbell) {
		conf_drop_vm(c);
		return;
	}
	ghcb = vmm_request(c->vcpu, SPEC_EXIT_CPUID, 0, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, 0);
	if (conf_order(c, c->vcpu, AGENT_NAE, 0, 0) && vmm_info1(c->vcpu) == SPEC_HANDLED &&
	    (uint32_t)spec_ghcb_get(answer, SPEC_GHCB_RBX) == VENDOR_EBX)
		return;
	conf_complain(c, "a good request afterwards is not answered");
	conf_drop_vm(c);
}
