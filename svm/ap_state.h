/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state machine of AP bring-up.  Pure: see es/pure.h.
 */
#ifndef SVM_AP_STATE_H
#define SVM_AP_STATE_H

#include "../include/es/pure.h"

enum es_ap_state {
	ES_AP_WAITING,		/* created or reset; runs the launch VMSA at the first SIPI */
	ES_AP_RUNNING,
	ES_AP_RUNNING_INIT,	/* INIT came although the guest had not asked for a hold */
	ES_AP_RUNNING_SIPI,	/* ... and then SIPI: the next hold ends at once */
	ES_AP_HELD_NAE,		/* held by the page-based event: the answer goes to the GHCB page */
	ES_AP_HELD_NAE_INIT,	/* ... and INIT came */
	ES_AP_HELD_MSR,		/* held by the MSR protocol: the answer goes to the GHCB MSR */
	ES_AP_HELD_MSR_INIT,
	ES_AP_HELD_USER,	/* held because userspace said so: nobody waits for an answer */
	ES_NR_AP_STATES
};

enum es_ap_event {
	ES_AP_VMGEXIT,		/* the guest ran */
	ES_AP_HOLD_NAE,
	ES_AP_HOLD_MSR,
	ES_AP_HOLD_USER,	/* userspace wants it held, and the guest had not asked for it */
	ES_AP_INIT,
	ES_AP_SIPI,
	ES_AP_RELEASE,		/* userspace made the vCPU runnable */
	ES_AP_RESET,
	ES_NR_AP_EVENTS
};

/* What the one who feeds an event must do. */
enum es_ap_action {
	ES_AP_NOTHING,
	ES_AP_START,		/* run the launch VMSA; the SIPI's vector has no meaning */
	ES_AP_ANSWER_NAE,	/* answer the hold on its road: zero on release, else non-zero */
	ES_AP_ANSWER_MSR,
};

struct es_ap_step {
	enum es_ap_state next;
	enum es_ap_action action;
};

struct es_ap_step es_ap_next(enum es_ap_state state, enum es_ap_event event);

/* Must the vCPU stay out of the guest? */
static inline bool es_ap_held(enum es_ap_state state)
{
	return state >= ES_AP_HELD_NAE && state < ES_NR_AP_STATES;
}

/* Held, and INIT came: it waits for the SIPI. */
bool es_ap_held_after_init(enum es_ap_state state);

const char *es_ap_state_name(enum es_ap_state state);
const char *es_ap_event_name(enum es_ap_event event);

#endif
