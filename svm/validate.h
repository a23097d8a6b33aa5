/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules of page-based requests.  Pure: see es/pure.h.
 */
#ifndef SVM_VALIDATE_H
#define SVM_VALIDATE_H

#include "../include/es/ghcb.h"

/* Fields of a request: which ones the guest marked valid, an event needs, or an answer returns. */
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

/* Host copy of one request.  A field that the guest did not mark valid is zero. */
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
	u8 lapses;		/* bits numbered by enum es_lapse, found when the request is judged */
};

/*
 * What a guest got wrong that makes no request a bad one: firmware in use does it, the stock module
 * serves it, and nothing comes of it.  Index: for counters.
 */
enum es_lapse {
	ES_LAPSE_VERSION,	/* a protocol version that was not offered */
	ES_LAPSE_XCR0,		/* one that no CPU could hold, or that the vCPU was not offered */
	ES_LAPSE_XSS,		/* one that the vCPU was not offered */
	ES_LAPSE_NO_XCR0,	/* none for leaf 0xd, because the upper half of RAX is in use */
	ES_LAPSE_MSR,		/* SW_EXITINFO1 is neither read nor write: taken for a write */
	ES_NR_LAPSES
};

/* Index of an event: for counters and traces. */
enum es_event {
	ES_EV_DR7_READ, ES_EV_DR7_WRITE, ES_EV_RDTSC, ES_EV_RDPMC, ES_EV_CPUID, ES_EV_INVD, ES_EV_IOIO,
	ES_EV_MSR, ES_EV_VMMCALL, ES_EV_RDTSCP, ES_EV_WBINVD, ES_EV_MONITOR, ES_EV_MWAIT,
	ES_EV_MMIO_READ, ES_EV_MMIO_WRITE, ES_EV_NMI_COMPLETE, ES_EV_AP_RESET_HOLD,
	ES_EV_AP_JUMP_TABLE, ES_EV_HV_FEATURES, ES_EV_TERMINATE, ES_EV_UNSUPPORTED,
	ES_NR_NAE_EVENTS
};

/* What the vCPU was offered, and so may use. */
struct es_offer {
	u64 xcr0;		/* bits that XCR0 may have */
	u64 xss;		/* bits that IA32_XSS may have */
	u16 version;		/* the highest GHCB version */
};

struct es_rule {
	u64 code;		/* SW_EXITCODE */
	const char *name;
	enum es_event event;
	u32 needs;		/* ES_F_*, beside code, info1 and info2, which every request needs */
	u32 returns;		/* ES_F_* of the registers that a good answer returns */
};

/* The rule of an event, or NULL where this host knows none. */
const struct es_rule *es_rule_find(u64 code);

/* All rules, for those who walk them; *nr_rules gets their number. */
const struct es_rule *es_rules(size_t *nr_rules);

/*
 * ES_OK and *rule, or why the request is refused; *rule is then NULL where there is none.  Writes
 * req->lapses only.
 */
enum es_reason es_request_validate(struct es_request *req, const struct es_offer *offer,
				   const struct es_rule **rule);

/* What KVM may take for XCR0: of the guest's report what was offered, or else x87 alone. */
u64 es_xcr0_usable(u64 xcr0, u64 offered);

/* The registers that the answer to a good request of this rule returns (an OUT returns none). */
static inline u32 es_rule_returns(const struct es_rule *rule, const struct es_request *req)
{
	if (rule->event == ES_EV_IOIO && (req->info1 & (ES_IOIO_IN | ES_IOIO_STRING)) != ES_IOIO_IN)
		return 0;
	if (rule->event == ES_EV_MSR && req->info1)
		return 0;
	return rule->returns;
}

/* The specification's word for a reason. */
const char *es_reason_name(enum es_reason reason);

const char *es_lapse_name(enum es_lapse lapse);

#endif
