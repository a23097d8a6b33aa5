/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state machine of AP bring-up.  Pure: see es/pure.h.
 */
#ifndef SVM_RULES_AP_H
#define SVM_RULES_AP_H

#include "../../include/es/pure.h"
#include "../../include/uapi/linux/kvm_amd_es.h"

/* The states, which userspace can get and set; the header above describes them. */
enum es_ap_state {
	ES_AP_WAITING		= KVM_AMD_ES_AP_WAITING,
	ES_AP_RUNNING		= KVM_AMD_ES_AP_RUNNING,
	ES_AP_RUNNING_INIT	= KVM_AMD_ES_AP_RUNNING_INIT,
	ES_AP_RUNNING_SIPI	= KVM_AMD_ES_AP_RUNNING_SIPI,
	ES_AP_HELD_NAE		= KVM_AMD_ES_AP_HELD_NAE,
	ES_AP_HELD_NAE_INIT	= KVM_AMD_ES_AP_HELD_NAE_INIT,
	ES_AP_HELD_MSR		= KVM_AMD_ES_AP_HELD_MSR,
	ES_AP_HELD_MSR_INIT	= KVM_AMD_ES_AP_HELD_MSR_INIT,
	ES_AP_HELD_USER		= KVM_AMD_ES_AP_HELD_USER,
	ES_NR_AP_STATES
};

enum es_ap_event {
	ES_AP_VMGEXIT,		/* the guest executed a VMGEXIT */
	ES_AP_HOLD_NAE,
	ES_AP_HOLD_MSR,
	ES_AP_HOLD_USER,	/* userspace holds it, and the guest had not requested that */
	ES_AP_INIT,
	ES_AP_SIPI,
	ES_AP_RELEASE,		/* userspace set RUNNABLE */
	ES_AP_RESET,
	ES_NR_AP_EVENTS
};

/* What the caller of es_ap_next() must do. */
enum es_ap_action {
	ES_AP_NOTHING,
	ES_AP_START,		/* run the launch VMSA; the SIPI's vector has no meaning */
	ES_AP_RESPOND_NAE,	/* respond to the hold by its method: 0 on release, else non-zero */
	ES_AP_RESPOND_MSR,
};

struct es_ap_step {
	enum es_ap_state next;
	enum es_ap_action action;
};

struct es_ap_step es_ap_next(enum es_ap_state state, enum es_ap_event event);

/* Return true if the vCPU must not enter the guest. */
static inline bool es_ap_held(enum es_ap_state state)
{
	return state >= ES_AP_HELD_NAE;
}

/* Return true if the vCPU is held, and INIT came: it waits for SIPI. */
bool es_ap_held_after_init(enum es_ap_state state);

const char *es_ap_state_name(enum es_ap_state state);
const char *es_ap_event_name(enum es_ap_event event);

#endif
