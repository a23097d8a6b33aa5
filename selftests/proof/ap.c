// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: Each AP reset hold gets exactly one response, by its own method, along every sequence of
 *	events; no SIPI is lost (lib/oracle/ap.h defines that).
 * Source: AMD 56421 GHCB Specification, sections "SMP Booting" and "AP Reset Hold".
 * Why it matters: A lost SIPI is an AP that is never woken; edk2 mistakes any response for a SIPI.
 * Not covered: That the module feeds the right events, and sleeping and waking (kselftests).
 *
 * One step is proved from every state, by every event, to keep machine and model together; both
 * begin in the same state: that is an induction, so those rules hold for sequences of any length.
 * The sums are proved for all sequences of SEQUENCE events.
 */
#include "../lib/oracle/ap.h"
#include "proof.h"

#define SEQUENCE	8

static enum es_ap_event any_event(void)
{
	enum es_ap_event event = nondet_u8();

	ASSUME(event < ES_NR_AP_EVENTS);
	return event;
}

static void any_step(void)
{
	enum es_ap_state state = nondet_u8(), next;
	enum es_ap_event event = any_event();

	ASSUME(state < ES_NR_AP_STATES);
	next = ap_step_obeys(state, event);
	REACHED(state == ES_AP_RUNNING_SIPI && event == ES_AP_HOLD_MSR && next == ES_AP_RUNNING);
	REACHED(state == ES_AP_HELD_NAE_INIT && event == ES_AP_SIPI && next == ES_AP_RUNNING);
	REACHED(state == ES_AP_HELD_MSR && event == ES_AP_RESET && next == ES_AP_WAITING);
}

static void any_sequence(void)
{
	struct ap_ledger ledger = { 0 };
	enum es_ap_state state = ES_AP_WAITING;
	unsigned int i;

	for (i = 0; i < SEQUENCE; i++)
		state = ap_ledger_step(&ledger, state, any_event());
	REACHED(ledger.answers == SEQUENCE / 2);
	REACHED(ledger.holds_reset == 2 && ledger.answers == 2);
	REACHED(state == ES_AP_RUNNING_SIPI && ledger.answers == 2);
	REACHED(state == ES_AP_HELD_MSR_INIT);
	REACHED(state == ES_AP_HELD_USER && ledger.answers == 2);
}

int main(void)
{
	MUST(ap_model_same(ap_model_of(ES_AP_WAITING), (struct ap_model){ 0 }),
	     "machine and model begin alike");
	any_step();
	any_sequence();
	es_ap_state_name(nondet_enum());
	es_ap_event_name(nondet_enum());
	return 0;
}
