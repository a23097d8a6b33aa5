/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules of requests by the GHCB page.  Pure: see es/pure.h.
 */
#ifndef SVM_RULES_REQUEST_H
#define SVM_RULES_REQUEST_H

#include "../../include/es/ghcb.h"

/* Fields of a request: valid in the GHCB, required by an event, or returned with the response. */
#define ES_F_RAX	ES_BIT(0)
#define ES_F_RBX	ES_BIT(1)
#define ES_F_RCX	ES_BIT(2)
#define ES_F_RDX	ES_BIT(3)
#define ES_F_RSI	ES_BIT(4)
#define ES_F_CPL	ES_BIT(5)
#define ES_F_XCR0	ES_BIT(6)
#define ES_F_CODE	ES_BIT(7)
#define ES_F_INFO1	ES_BIT(8)
#define ES_F_INFO2	ES_BIT(9)
#define ES_F_SCRATCH	ES_BIT(10)
#define ES_F_XSS	ES_BIT(11)

/* Host copy of one request.  A field that is not valid in the GHCB is zero. */
struct es_request {
	u64 code;
	u64 info1;
	u64 info2;
	u64 scratch_gpa;
	u64 rax;
	u64 rbx;
	u64 rcx;
	u64 rdx;
	u64 rsi;
	u64 xcr0;
	u64 xss;
	u32 valid;		/* ES_F_* */
	u32 usage;
	u16 protocol_version;
	u8 cpl;
	u8 lapses;		/* bit numbers are enum es_lapse; set by es_request_validate() */
};

/*
 * Mistakes that do not make a request a bad one: firmware in use makes them, the stock module
 * accepts them, and they do no harm.  Index of counters.
 */
enum es_lapse {
	ES_LAPSE_VERSION,	/* a protocol version that was not offered */
	ES_LAPSE_XCR0,		/* an XCR0 that no CPU could have, or that was not offered */
	ES_LAPSE_XSS,		/* an XSS that was not offered */
	ES_LAPSE_NO_XCR0,	/* no XCR0 for leaf 0xd, with bits set in the upper half of RAX */
	ES_LAPSE_MSR,		/* SW_EXITINFO1 is neither read nor write: handled as a write */
	ES_NR_LAPSES
};

/* Types of guests: who may request an event. */
#define ES_GUEST_ES	ES_BIT(0)
#define ES_GUEST_SNP	ES_BIT(1)
#define ES_GUEST_ANY	(ES_GUEST_ES | ES_GUEST_SNP)

/*
 * All events: the name (of the code ES_EXIT_*), who may request it, the fields that it requires in
 * addition to code, info1 and info2, and the registers that it returns.  An event is added here,
 * and the compiler then asks for its handler in es_nae_handle() (Documentation/new-event.md).
 */
#define ES_NAE_EVENTS(EVENT)									\
	EVENT(DR7_READ,		ES_GUEST_ANY,	0,			ES_F_RAX)		\
	EVENT(DR7_WRITE,	ES_GUEST_ANY,	ES_F_RAX,		0)			\
	EVENT(RDTSC,		ES_GUEST_ANY,	0,			ES_F_RAX | ES_F_RDX)	\
	EVENT(RDPMC,		ES_GUEST_ANY,	ES_F_RCX,		ES_F_RAX | ES_F_RDX)	\
	EVENT(CPUID,		ES_GUEST_ANY,	ES_F_RAX | ES_F_RCX,				\
	      ES_F_RAX | ES_F_RBX | ES_F_RCX | ES_F_RDX)					\
	EVENT(INVD,		ES_GUEST_ANY,	0,			0)			\
	EVENT(MSR,		ES_GUEST_ANY,	ES_F_RCX,		ES_F_RAX | ES_F_RDX)	\
	EVENT(VMMCALL,		ES_GUEST_ANY,	ES_F_RAX | ES_F_CPL,	ES_F_RAX)		\
	EVENT(RDTSCP,		ES_GUEST_ANY,	0,	ES_F_RAX | ES_F_RCX | ES_F_RDX)		\
	EVENT(WBINVD,		ES_GUEST_ANY,	0,			0)			\
	EVENT(MONITOR,		ES_GUEST_ANY,	ES_F_RAX | ES_F_RCX | ES_F_RDX,	0)		\
	EVENT(MWAIT,		ES_GUEST_ANY,	ES_F_RAX | ES_F_RCX,	0)			\
	EVENT(IOIO,		ES_GUEST_ANY,	0,			ES_F_RAX)		\
	EVENT(MMIO_READ,	ES_GUEST_ANY,	ES_F_SCRATCH,		0)			\
	EVENT(MMIO_WRITE,	ES_GUEST_ANY,	ES_F_SCRATCH,		0)			\
	EVENT(NMI_COMPLETE,	ES_GUEST_ANY,	0,			0)			\
	EVENT(AP_RESET_HOLD,	ES_GUEST_ANY,	0,			0)			\
	EVENT(AP_JUMP_TABLE,	ES_GUEST_ANY,	0,			0)			\
	EVENT(HV_FEATURES,	ES_GUEST_ANY,	0,			0)			\
	EVENT(TERMINATE,	ES_GUEST_ANY,	0,			0)			\
	EVENT(UNSUPPORTED,	ES_GUEST_ANY,	0,			0)

/* Index of an event: of rules, counters and trace events. */
#define ES_NAE_INDEX(_name, _guests, _required, _returned)	ES_NAE_##_name,
enum es_nae_event {
	ES_NAE_EVENTS(ES_NAE_INDEX)
	ES_NR_NAE_EVENTS
};

#undef ES_NAE_INDEX

/* What the vCPU was offered, and so may use. */
struct es_limits {
	u64 xcr0;		/* bits that XCR0 may have */
	u64 xss;		/* bits that IA32_XSS may have */
	u16 version;		/* the highest GHCB version */
	u8 guest;		/* ES_GUEST_ES or ES_GUEST_SNP */
};

struct es_rule {
	u64 code;		/* SW_EXITCODE */
	const char *name;
	enum es_nae_event event;
	u32 guests;		/* ES_GUEST_* */
	u32 required;		/* ES_F_*, in addition to code, info1 and info2 */
	u32 returned;		/* ES_F_* of the registers that a success returns */
};

/* Return the rule of the event with this code, or NULL if there is none. */
const struct es_rule *es_rule_find(u64 code);

/* Return all rules, indexed by enum es_nae_event, and their number in *nr_rules. */
const struct es_rule *es_rules(size_t *nr_rules);

/*
 * Return ES_ERR_NONE, or the reason to reject the request.  *rule is the rule of its event, or NULL
 * if there is none.  Set req->lapses.
 */
enum es_reason es_request_validate(struct es_request *req, const struct es_limits *limits,
				   const struct es_rule **rule);

/* Return the offered bits of @xcr0, or x87 alone if no CPU could have them together. */
u64 es_xcr0_usable(u64 xcr0, u64 offered);

/* Return the registers that the response to a valid request returns.  OUT and WRMSR return none. */
static inline u32 es_rule_returned(const struct es_rule *rule, const struct es_request *req)
{
	if (rule->event == ES_NAE_IOIO &&
	    (req->info1 & (ES_IOIO_IN | ES_IOIO_STRING)) != ES_IOIO_IN)
		return 0;
	if (rule->event == ES_NAE_MSR && req->info1)
		return 0;
	return rule->returned;
}

/* Return the specification's name of a reason. */
const char *es_reason_name(enum es_reason reason);

const char *es_lapse_name(enum es_lapse lapse);

#endif
