// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: The pure files obey the rules of lib/oracle/ on every input, and touch no memory but their
 *	own.
 * Source: The files of the rules name the sections of AMD 56421.
 * Why it matters: It runs compiled code, with sanitizers, where the proofs run a model of C; and it
 *	continues where proofs end: sequences of thousands of events.
 * Not covered: Code outside the pure files (kselftests).
 *
 * The first byte of an input chooses the part, the second shapes it: requests of random bytes would
 * all be rejected at the first check.  The results that were reached are counted and printed at the
 * end, so that a run which never passed that check shows.  To add a pure file: its rules in
 * lib/oracle/, and a part here.
 */
#include <stdint.h>
#include <string.h>
#include <time.h>
#include "../lib/oracle/ap.h"
#include "../lib/oracle/msr.h"
#include "../lib/oracle/request.h"
#include "../lib/oracle/scratch.h"

#define PROGRESS_INPUTS		4096
#define PROGRESS_SECONDS	5

struct input {
	const uint8_t *data;
	size_t left;
};

static struct {
	unsigned long inputs;
	bool events[SPEC_NR_EVENTS], reasons[ES_NR_REASONS], requests[ES_NR_MSR_REQUESTS];
	bool places[ES_SCRATCH_OUTSIDE + 1], steps[ES_NR_AP_STATES][ES_NR_AP_EVENTS];
} reached;

/* Take the next bytes of the input; bytes after its end are zero. */
static void take(struct input *in, void *to, size_t len_bytes)
{
	size_t some = len_bytes < in->left ? len_bytes : in->left;

	memset(to, 0, len_bytes);
	if (some)
		memcpy(to, in->data, some);
	in->data += some;
	in->left -= some;
}

static uint8_t take_byte(struct input *in)
{
	uint8_t byte;

	take(in, &byte, 1);
	return byte;
}

/* Make a request pass the first checks, unless the shape has the bit against it. */
static void shape_request(struct es_request *req, uint8_t shape, uint8_t pick)
{
	if (!(shape & 1))
		req->usage = 0;
	if (!(shape & 2))
		req->valid |= SPEC_ALWAYS;
	if (!(shape & 4))
		req->code = spec_events[pick % SPEC_NR_EVENTS].code;
	if (!(shape & 8))
		req->protocol_version &= 1;
	if (shape & 32) {
		req->info1 &= req->code == SPEC_EXIT_IOIO ? 0x75 : 3;
		req->info2 &= 0xf;
		req->rax = (req->rax & ~0xffffffffull) | 0xd;
	}
	if (shape & 16)
		req->valid |= SPEC_ALWAYS | spec_events[pick % SPEC_NR_EVENTS].required |
			      spec_needs_by_value(req);
}

static void check(struct es_request *req, const struct es_limits *limits)
{
	enum es_reason result = request_obeys(req, limits);

	reached.reasons[result] = true;
	if (result == ES_ERR_NONE)
		reached.events[spec_event_find(req->code) - spec_events] = true;
}

/*
 * Check the request, and its neighbours that lack one more field, under both versions.  It is on
 * the heap, with nothing after it, so that the sanitizer sees any access beyond it.
 */
static void fuzz_request(struct input *in, uint8_t shape)
{
	struct es_request *req = malloc(sizeof(*req));
	uint8_t pick = take_byte(in);
	struct es_limits limits;
	unsigned int i;
	u32 valid;

	take(in, req, sizeof(*req));
	take(in, &limits, sizeof(limits));
	shape_request(req, shape, pick);
	/* Random bits rarely allow all that is used. */
	if (!(shape & 64)) {
		limits.xcr0 |= req->xcr0;
		limits.xss |= req->xss;
		limits.guest = ES_GUEST_ES;
	}
	valid = req->valid;
	rules_obey(req->code, req->xcr0, limits.xcr0);
	for (i = 0; i < 16; i++) {
		req->valid = i ? valid & ~ES_BIT(i - 1) : valid;
		limits.version = 1;
		check(req, &limits);
		limits.version = 2;
		check(req, &limits);
	}
	free(req);
}

/* Call the functions that name things with any value, as the trace events do. */
static void fuzz_names(uint8_t any)
{
	bool all = es_reason_name(any) && es_msr_request_name(any) && es_ap_state_name(any) &&
		   es_ap_event_name(any);

	MUST(all, "every number has a name, be it a question mark");
}

/*
 * Return an address where an area can end, or one byte before or after: random bits rarely reach
 * these.
 */
static u64 an_edge(u64 page, u64 start, uint8_t pick)
{
	const u64 edges[] = {
		0, page, page + SPEC_GHCB_BUFFER, page + SPEC_GHCB_BUFFER + SPEC_GHCB_BUFFER_BYTES,
		page + SPEC_GHCB_BYTES, start + SPEC_SCRATCH_MAX,
	};

	return edges[pick % 8 % ARRAY_SIZE(edges)];
}

static void fuzz_scratch(struct input *in, uint8_t shape)
{
	struct { u64 page, start, len_bytes; } area;

	take(in, &area, sizeof(area));
	area.page &= ~0xfffull;
	if (shape & 1)
		area.start = area.page + (area.start & 0x3fff) - 0x1000;
	if (shape & 2)
		area.len_bytes &= 0x1ffff;
	if (shape & 4)
		area.len_bytes = an_edge(area.page, area.start, shape >> 3) - area.start +
				 area.len_bytes % 3 - 1;
	if (!area.len_bytes)
		area.len_bytes = 1;
	reached.places[scratch_obeys(area.page, area.start, area.len_bytes,
				     1 + (shape >> 7))] = true;
}

static void fuzz_msr(struct input *in, uint8_t shape)
{
	struct { u64 value; struct msr_parts parts; } input;

	take(in, &input, sizeof(input));
	if (shape & 1)
		input.value &= ~0xe68ull;	/* leaves bits that requests use */
	reached.requests[msr_request_obeys(input.value, 1 + (shape >> 7))] = true;
	answers_obey(&input.parts);
}

/* Send one event for each byte, as many as there are. */
static void fuzz_ap(struct input *in)
{
	enum es_ap_state state = ES_AP_WAITING, next;
	struct ap_model model = { 0 };
	struct ap_ledger ledger = { 0 };

	while (in->left) {
		enum es_ap_event event = take_byte(in) % ES_NR_AP_EVENTS;
		enum es_ap_action due = ap_model_step(&model, event);

		MUST(es_ap_next(state, event).action == due,
		     "the machine does what the model does, for ever");
		reached.steps[state][event] = true;
		next = ap_step_obeys(state, event);
		ap_ledger_step(&ledger, state, event);
		state = next;
	}
}

static void tell_progress(void)
{
	static time_t told;
	time_t now = time(NULL);

	if (now < told + PROGRESS_SECONDS)
		return;
	told = now;
	fprintf(stderr, "%lu inputs so far\n", reached.inputs);
}

static void tell(const char *what, const bool *seen, unsigned int nr)
{
	unsigned int i, count = 0;

	for (i = 0; i < nr; i++)
		count += seen[i];
	fprintf(stderr, "reached %u of %u: %s\n", count, nr, what);
}

static void tell_reached(void)
{
	/* rules/request.c does not return the reasons 1 and 3. */
	reached.reasons[ES_ERR_NOT_REGISTERED] = reached.reasons[ES_ERR_INVALID_SCRATCH_AREA] =
		true;
	tell("each event was accepted", reached.events, SPEC_NR_EVENTS);
	tell("each result was given", reached.reasons, ES_NR_REASONS);
	tell("each place of a scratch area", reached.places, ES_SCRATCH_OUTSIDE + 1);
	tell("each request of the MSR protocol", reached.requests, ES_NR_MSR_REQUESTS);
	tell("each event in each state of AP bring-up", reached.steps[0],
	     ES_NR_AP_STATES * ES_NR_AP_EVENTS);
	fprintf(stderr, "tried %lu inputs\n", reached.inputs);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	atexit(tell_reached);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t part = take_byte(&in), shape = take_byte(&in);

	fuzz_names(shape);
	switch (part % 4) {
	case 0:
		fuzz_request(&in, shape);
		break;
	case 1:
		fuzz_scratch(&in, shape);
		break;
	case 2:
		fuzz_msr(&in, shape);
		break;
	case 3:
		fuzz_ap(&in);
		break;
	}
	if (!(++reached.inputs % PROGRESS_INPUTS))
		tell_progress();
	return 0;
}
