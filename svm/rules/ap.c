// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine of AP bring-up.
 * AMD 56421 GHCB Specification, "SMP Booting" and "AP Reset Hold".
 *
 *   WAITING ---SIPI: start---> RUNNING --hold--> HELD_{NAE,MSR} --INIT--> HELD_*_INIT
 *                                 ^                   |                       |
 *                                 +--- SIPI or release: respond --------------+
 *
 *   RUNNING --INIT--> RUNNING_INIT --SIPI--> RUNNING_SIPI --hold: respond immediately--> RUNNING
 *                          +-------hold--------> HELD_*_INIT
 *
 * HELD_USER is a hold that the guest did not request: userspace set KVM_MP_STATE_AP_RESET_HOLD.
 *
 * Pure.  The guest controls when it requests a hold, by which method, and (through another vCPU's
 * APIC) INIT and SIPI.  It cannot reset or release.
 */
#include "ap.h"

#define TO(_next, _action)	{ ES_AP_##_next, ES_AP_##_action }
#define STAY(_state)		{ ES_AP_##_state, ES_AP_NOTHING }

/*
 * A hold by the guest's request.  A held vCPU does not run, so the first four events cannot come.
 */
#define HELD(_state, _after_init, _respond) {					\
		[ES_AP_VMGEXIT]   = STAY(_state),				\
		[ES_AP_HOLD_NAE]  = STAY(_state),				\
		[ES_AP_HOLD_MSR]  = STAY(_state),				\
		[ES_AP_HOLD_USER] = STAY(_state),				\
		[ES_AP_INIT]      = TO(_after_init, NOTHING),			\
		[ES_AP_SIPI]      = TO(RUNNING, _respond),			\
		[ES_AP_RELEASE]   = TO(RUNNING, _respond),			\
		[ES_AP_RESET]     = TO(WAITING, NOTHING),			\
	}

static const struct es_ap_step steps[ES_NR_AP_STATES][ES_NR_AP_EVENTS] = {
	[ES_AP_WAITING] = {
		[ES_AP_VMGEXIT]   = TO(RUNNING, NOTHING),	/* BSP, or userspace */
		[ES_AP_HOLD_NAE]  = TO(HELD_NAE, NOTHING),
		[ES_AP_HOLD_MSR]  = TO(HELD_MSR, NOTHING),
		[ES_AP_HOLD_USER] = TO(HELD_USER, NOTHING),
		[ES_AP_INIT]      = STAY(WAITING),
		[ES_AP_SIPI]      = TO(RUNNING, START),
		[ES_AP_RELEASE]   = STAY(WAITING),
		[ES_AP_RESET]     = STAY(WAITING),
	},
	[ES_AP_RUNNING] = {
		[ES_AP_VMGEXIT]   = STAY(RUNNING),
		[ES_AP_HOLD_NAE]  = TO(HELD_NAE, NOTHING),
		[ES_AP_HOLD_MSR]  = TO(HELD_MSR, NOTHING),
		[ES_AP_HOLD_USER] = TO(HELD_USER, NOTHING),
		[ES_AP_INIT]      = TO(RUNNING_INIT, NOTHING),
		[ES_AP_SIPI]      = STAY(RUNNING),
		[ES_AP_RELEASE]   = STAY(RUNNING),
		[ES_AP_RESET]     = TO(WAITING, NOTHING),
	},
	/*
	 * The VMSA cannot be reset: at SIPI, an AP resumes where INIT stopped it.  The BSP does not
	 * wait for the SIPI, so the SIPI can also come later, after the hold that INIT and SIPI
	 * mean.
	 */
	[ES_AP_RUNNING_INIT] = {
		[ES_AP_VMGEXIT]   = STAY(RUNNING_INIT),
		[ES_AP_HOLD_NAE]  = TO(HELD_NAE_INIT, NOTHING),
		[ES_AP_HOLD_MSR]  = TO(HELD_MSR_INIT, NOTHING),
		[ES_AP_HOLD_USER] = TO(HELD_USER, NOTHING),
		[ES_AP_INIT]      = STAY(RUNNING_INIT),
		[ES_AP_SIPI]      = TO(RUNNING_SIPI, NOTHING),
		[ES_AP_RELEASE]   = TO(RUNNING, NOTHING),
		[ES_AP_RESET]     = TO(WAITING, NOTHING),
	},
	/*
	 * A guest's AP announces in memory that it parks before it requests the hold.  INIT and
	 * SIPI that come in between mean the hold that follows: without this state the AP would
	 * never be woken.
	 */
	[ES_AP_RUNNING_SIPI] = {
		[ES_AP_VMGEXIT]   = STAY(RUNNING_SIPI),
		[ES_AP_HOLD_NAE]  = TO(RUNNING, RESPOND_NAE),
		[ES_AP_HOLD_MSR]  = TO(RUNNING, RESPOND_MSR),
		[ES_AP_HOLD_USER] = TO(HELD_USER, NOTHING),
		[ES_AP_INIT]      = TO(RUNNING_INIT, NOTHING),
		[ES_AP_SIPI]      = STAY(RUNNING_SIPI),
		[ES_AP_RELEASE]   = STAY(RUNNING_SIPI),
		[ES_AP_RESET]     = TO(WAITING, NOTHING),
	},
	[ES_AP_HELD_NAE]      = HELD(HELD_NAE, HELD_NAE_INIT, RESPOND_NAE),
	[ES_AP_HELD_NAE_INIT] = HELD(HELD_NAE_INIT, HELD_NAE_INIT, RESPOND_NAE),
	[ES_AP_HELD_MSR]      = HELD(HELD_MSR, HELD_MSR_INIT, RESPOND_MSR),
	[ES_AP_HELD_MSR_INIT] = HELD(HELD_MSR_INIT, HELD_MSR_INIT, RESPOND_MSR),
	/* Like WAITING: no request is open. */
	[ES_AP_HELD_USER] = {
		[ES_AP_VMGEXIT]   = STAY(HELD_USER),
		[ES_AP_HOLD_NAE]  = STAY(HELD_USER),
		[ES_AP_HOLD_MSR]  = STAY(HELD_USER),
		[ES_AP_HOLD_USER] = STAY(HELD_USER),
		[ES_AP_INIT]      = TO(WAITING, NOTHING),
		[ES_AP_SIPI]      = TO(RUNNING, START),
		[ES_AP_RELEASE]   = TO(WAITING, NOTHING),
		[ES_AP_RESET]     = TO(WAITING, NOTHING),
	},
};

struct es_ap_step es_ap_next(enum es_ap_state state, enum es_ap_event event)
{
	return steps[state][event];
}

bool es_ap_held_after_init(enum es_ap_state state)
{
	return state == ES_AP_HELD_NAE_INIT || state == ES_AP_HELD_MSR_INIT;
}

static const char * const state_names[ES_NR_AP_STATES] = {
	[ES_AP_WAITING] = "WAITING",
	[ES_AP_RUNNING] = "RUNNING",
	[ES_AP_RUNNING_INIT] = "RUNNING_INIT",
	[ES_AP_RUNNING_SIPI] = "RUNNING_SIPI",
	[ES_AP_HELD_NAE] = "HELD_NAE",
	[ES_AP_HELD_NAE_INIT] = "HELD_NAE_INIT",
	[ES_AP_HELD_MSR] = "HELD_MSR",
	[ES_AP_HELD_MSR_INIT] = "HELD_MSR_INIT",
	[ES_AP_HELD_USER] = "HELD_USER",
};

static const char * const event_names[ES_NR_AP_EVENTS] = {
	[ES_AP_VMGEXIT] = "vmgexit",
	[ES_AP_HOLD_NAE] = "hold-nae",
	[ES_AP_HOLD_MSR] = "hold-msr",
	[ES_AP_HOLD_USER] = "hold-user",
	[ES_AP_INIT] = "init",
	[ES_AP_SIPI] = "sipi",
	[ES_AP_RELEASE] = "release",
	[ES_AP_RESET] = "reset",
};

const char *es_ap_state_name(enum es_ap_state state)
{
	return state < ES_NR_AP_STATES ? state_names[state] : "?";
}

const char *es_ap_event_name(enum es_ap_event event)
{
	return event < ES_NR_AP_EVENTS ? event_names[event] : "?";
}
