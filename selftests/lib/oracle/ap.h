/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rules of svm/rules/ap.c.
 * Source: AMD 56421 GHCB Specification, sections "SMP Booting" and "AP Reset Hold".
 *
 * No SIPI is lost: it starts a vCPU that waits; or it ends an existing hold; or, when INIT came
 * before it and there is no hold, it is kept and ends the next hold immediately.  Only another INIT
 * or a reset clears a kept SIPI.  A SIPI without INIT has no effect on a vCPU that runs, as on any
 * x86 CPU, and a second one has no effect while one is kept.
 *
 * Each hold gets exactly one response, by its own method, when a SIPI or userspace ends it.  A
 * reset clears hold and response.  Nothing else ends a hold.
 *
 * A hold that userspace began, of a vCPU that had not requested one, gets no response; after it the
 * vCPU is like one that has not run: an INIT makes it wait, a SIPI starts it.
 *
 * The model below says the same in five variables instead of a table of states.  To add an event: a
 * case in ap_model_step(); a state: a row in ap_model_of().
 */
#ifndef ES_ORACLE_AP_H
#define ES_ORACLE_AP_H

#include "../../../svm/rules/ap.h"
#include "oracle.h"

struct ap_model {
	bool started;			/* the launch VMSA runs or ran */
	bool init;			/* INIT came and waits for its SIPI */
	bool kept;			/* a SIPI ends the next hold */
	bool set;			/* held, and only userspace wants it */
	/* the pending response of the guest's own hold; ES_AP_NOTHING: none */
	enum es_ap_action hold;
};

/* Counts of a sequence of events, for the sums that must balance. */
struct ap_ledger {
	unsigned int holds, answers, holds_reset;
};

static inline bool ap_model_held(const struct ap_model *m)
{
	return m->set || m->hold != ES_AP_NOTHING;
}

static inline enum es_ap_action ap_model_hold(struct ap_model *m, enum es_ap_action road)
{
	bool at_once = m->kept;

	if (ap_model_held(m))
		return ES_AP_NOTHING;
	*m = (struct ap_model){ .started = true, .init = m->init,
				.hold = at_once ? ES_AP_NOTHING : road };
	return at_once ? road : ES_AP_NOTHING;
}

static inline enum es_ap_action ap_model_end_hold(struct ap_model *m)
{
	enum es_ap_action answer = m->hold;

	m->set = false;
	m->hold = ES_AP_NOTHING;
	m->init = false;
	return answer;
}

static inline enum es_ap_action ap_model_sipi(struct ap_model *m)
{
	if (m->hold != ES_AP_NOTHING)
		return ap_model_end_hold(m);
	if (!m->started) {
		m->set = false;
		m->started = true;
		return ES_AP_START;
	}
	m->kept |= m->init;
	m->init = false;
	return ES_AP_NOTHING;
}

static inline enum es_ap_action ap_model_step(struct ap_model *m, enum es_ap_event event)
{
	switch (event) {
	case ES_AP_HOLD_NAE:
		return ap_model_hold(m, ES_AP_RESPOND_NAE);
	case ES_AP_HOLD_MSR:
		return ap_model_hold(m, ES_AP_RESPOND_MSR);
	case ES_AP_HOLD_USER:
		if (!ap_model_held(m))
			*m = (struct ap_model){ .set = true };
		return ES_AP_NOTHING;
	case ES_AP_SIPI:
		return ap_model_sipi(m);
	case ES_AP_RELEASE:
		return ap_model_end_hold(m);
	case ES_AP_INIT:
		m->init = m->started;
		m->kept = false;
		m->set = false;
		return ES_AP_NOTHING;
	case ES_AP_RESET:
		*m = (struct ap_model){ 0 };
		return ES_AP_NOTHING;
	default:
		/* The guest ran.  The BSP runs between INIT and SIPI, too; a held vCPU does not. */
		m->started |= !ap_model_held(m);
		return ES_AP_NOTHING;
	}
}

/* Return the model's variables in each of the machine's states. */
static inline struct ap_model ap_model_of(enum es_ap_state state)
{
	static const struct ap_model models[ES_NR_AP_STATES] = {
		[ES_AP_WAITING] = { 0 },
		[ES_AP_RUNNING] = { .started = true },
		[ES_AP_RUNNING_INIT] = { .started = true, .init = true },
		[ES_AP_RUNNING_SIPI] = { .started = true, .kept = true },
		[ES_AP_HELD_NAE] = { .started = true, .hold = ES_AP_RESPOND_NAE },
		[ES_AP_HELD_NAE_INIT] = { .started = true, .init = true,
					  .hold = ES_AP_RESPOND_NAE },
		[ES_AP_HELD_MSR] = { .started = true, .hold = ES_AP_RESPOND_MSR },
		[ES_AP_HELD_MSR_INIT] = { .started = true, .init = true,
					  .hold = ES_AP_RESPOND_MSR },
		[ES_AP_HELD_USER] = { .set = true },
	};

	return models[state];
}

static inline bool ap_model_same(struct ap_model a, struct ap_model b)
{
	return a.started == b.started && a.init == b.init && a.kept == b.kept && a.set == b.set &&
	       a.hold == b.hold;
}

/*
 * Check one step from any state: with the first state this is an induction over sequences of any
 * length.
 */
static inline enum es_ap_state ap_step_obeys(enum es_ap_state state, enum es_ap_event event)
{
	struct ap_model model = ap_model_of(state);
	struct es_ap_step step = es_ap_next(state, event);
	enum es_ap_action action = ap_model_step(&model, event);

	MUST(step.next < ES_NR_AP_STATES, "a step leads to a state");
	MUST(step.action == action,
	     "start and answer come when due, on the hold's own road, and at no other time");
	MUST(ap_model_same(model, ap_model_of(step.next)),
	     "a step leads to the state that the specification's words give");
	MUST(es_ap_held(step.next) == ap_model_held(&model),
	     "a vCPU is held while its hold lacks the answer, or userspace holds it");
	MUST(es_ap_held_after_init(step.next) == (model.hold != ES_AP_NOTHING && model.init),
	     "held after INIT is said of just that");
	MUST(event != ES_AP_SIPI || !es_ap_held(step.next), "no vCPU is held after a SIPI");
	MUST(es_ap_state_name(step.next) && es_ap_event_name(event),
	     "states and events have names");
	return step.next;
}

/* Return true if the vCPU is held because the guest requested it. */
static inline bool ap_asked(enum es_ap_state state)
{
	return es_ap_held(state) && state != ES_AP_HELD_USER;
}

/*
 * Check the same sums without the model, from the actions that the machine requests of its caller.
 */
static inline enum es_ap_state ap_ledger_step(struct ap_ledger *ledger, enum es_ap_state state,
					      enum es_ap_event event)
{
	struct es_ap_step step = es_ap_next(state, event);
	bool asks = event == ES_AP_HOLD_NAE || event == ES_AP_HOLD_MSR;

	ledger->holds += asks && !es_ap_held(state);
	ledger->answers += step.action == ES_AP_RESPOND_NAE || step.action == ES_AP_RESPOND_MSR;
	ledger->holds_reset += event == ES_AP_RESET && ap_asked(state);
	MUST(ledger->holds == ledger->answers + ledger->holds_reset + ap_asked(step.next),
	     "each hold is answered once, reset, or still held");
	return step.next;
}

#endif
