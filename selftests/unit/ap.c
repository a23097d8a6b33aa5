// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: A held vCPU leaves its hold by SIPI, by reset or by userspace, and by nothing else; each
 *	hold gets at most one response, by its own method.  The first SIPI starts a waiting vCPU.
 *	INIT and SIPI that come just before a hold end that hold immediately.  A hold that only
 *	userspace requested gets no response: the guest does not wait for one.
 * Source: AMD 56421 GHCB Specification, sections "SMP Booting" and "AP Reset Hold".
 * Why it matters: edk2 does not check the response: a wrong wake-up sends an AP through the jump
 *	table.
 * Not covered: That the module feeds the right events (kselftests).
 */
#include <kselftest.h>
#include <string.h>
#include "../../svm/rules/ap.h"

#define NR	ES_NR_AP_STATES
#define W	ES_AP_WAITING
#define R	ES_AP_RUNNING
#define RI	ES_AP_RUNNING_INIT
#define RS	ES_AP_RUNNING_SIPI
#define N	ES_AP_HELD_NAE
#define NI	ES_AP_HELD_NAE_INIT
#define M	ES_AP_HELD_MSR
#define MI	ES_AP_HELD_MSR_INIT
#define U	ES_AP_HELD_USER
#define O	ES_AP_NOTHING
#define ST	ES_AP_START
#define AN	ES_AP_RESPOND_NAE
#define AM	ES_AP_RESPOND_MSR

/* From each state, the next state and the action; columns in the order of the header's events. */
static const struct { enum es_ap_state from; struct es_ap_step to[ES_NR_AP_EVENTS]; } table[] = {
	/*
	 *	VMGEXIT    hold NAE   hold MSR   hold USER
	 *	INIT       SIPI       release    reset
	 */
	{ W,  { { R, O },  { N, O },  { M, O },  { U, O },
		{ W, O },  { R, ST }, { W, O },  { W, O } } },
	{ R,  { { R, O },  { N, O },  { M, O },  { U, O },
		{ RI, O }, { R, O },  { R, O },  { W, O } } },
	{ RI, { { RI, O }, { NI, O }, { MI, O }, { U, O },
		{ RI, O }, { RS, O }, { R, O },  { W, O } } },
	{ RS, { { RS, O }, { R, AN }, { R, AM }, { U, O },
		{ RI, O }, { RS, O }, { RS, O }, { W, O } } },
	{ N,  { { N, O },  { N, O },  { N, O },  { N, O },
		{ NI, O }, { R, AN }, { R, AN }, { W, O } } },
	{ NI, { { NI, O }, { NI, O }, { NI, O }, { NI, O },
		{ NI, O }, { R, AN }, { R, AN }, { W, O } } },
	{ M,  { { M, O },  { M, O },  { M, O },  { M, O },
		{ MI, O }, { R, AM }, { R, AM }, { W, O } } },
	{ MI, { { MI, O }, { MI, O }, { MI, O }, { MI, O },
		{ MI, O }, { R, AM }, { R, AM }, { W, O } } },
	{ U,  { { U, O },  { U, O },  { U, O },  { U, O },
		{ W, O },  { R, ST }, { W, O },  { W, O } } },
};

static bool is_nae(enum es_ap_state state)
{
	return state == N || state == NI;
}

static bool is_held(enum es_ap_state state)
{
	return is_nae(state) || state == M || state == MI || state == U;
}

static void follows_table(unsigned int row, unsigned int event)
{
	struct es_ap_step got = es_ap_next(table[row].from, event), want = table[row].to[event];

	ksft_test_result(got.next == want.next && got.action == want.action,
			 "%s on %s becomes %s\n", es_ap_state_name(table[row].from),
			 es_ap_event_name(event), es_ap_state_name(want.next));
}

static void predicates(enum es_ap_state state)
{
	ksft_test_result(es_ap_held(state) == is_held(state) &&
			 es_ap_held_after_init(state) == (state == NI || state == MI),
			 "%s: held or not\n", es_ap_state_name(state));
}

/* Return the response to this event in this state that the specification alone requires. */
static enum es_ap_action due(enum es_ap_state state, enum es_ap_event event)
{
	if ((state == W || state == U) && event == ES_AP_SIPI)
		return ST;
	if (state == RS && (event == ES_AP_HOLD_NAE || event == ES_AP_HOLD_MSR))
		return event == ES_AP_HOLD_NAE ? AN : AM;
	if (is_held(state) && state != U && (event == ES_AP_SIPI || event == ES_AP_RELEASE))
		return is_nae(state) ? AN : AM;
	return O;
}

/*
 * Check random walks: a response comes only to a hold, by its method, and only once; only the
 * allowed events end a hold.
 */
static void answers_each_hold_once(void)
{
	unsigned int seed = 1, step, wrong = 0, holds = 0, ends = 0;
	enum es_ap_state state = W;

	for (step = 0; step < 1000000; step++) {
		enum es_ap_event event = rand_r(&seed) % ES_NR_AP_EVENTS;
		struct es_ap_step to = es_ap_next(state, event);
		bool ended = is_held(state) && !is_held(to.next);

		holds += !is_held(state) && is_held(to.next);
		ends += ended;
		wrong += to.action != due(state, event);
		wrong += ended && event != ES_AP_SIPI && event != ES_AP_RELEASE &&
			 event != ES_AP_RESET && (state != U || event != ES_AP_INIT);
		wrong += is_held(state) && is_held(to.next) && is_nae(state) != is_nae(to.next);
		state = to.next;
	}
	ksft_test_result(!wrong && holds > 1000,
			 "a million random events: %u holds, %u ended, %u wrong\n", holds, ends,
			 wrong);
}

static void names_differ(void)
{
	unsigned int i, j, same = 0;

	for (i = 0; i < NR; i++) {
		for (j = 0; j < i; j++)
			same += !strcmp(es_ap_state_name(i), es_ap_state_name(j));
	}
	for (i = 0; i < ES_NR_AP_EVENTS; i++) {
		for (j = 0; j < i; j++)
			same += !strcmp(es_ap_event_name(i), es_ap_event_name(j));
	}
	ksft_test_result(!same, "every state and every event has a name of its own\n");
}

int main(void)
{
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(NR * ES_NR_AP_EVENTS + NR + 2);
	for (i = 0; i < NR * ES_NR_AP_EVENTS; i++)
		follows_table(i / ES_NR_AP_EVENTS, i % ES_NR_AP_EVENTS);
	for (i = 0; i < NR; i++)
		predicates(i);
	answers_each_hold_once();
	names_differ();
	ksft_finished();
}
