/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The conformance suite: groups of rows.  A row is one request of a real SEV-ES guest and the
 * response that the specification requires.  Each row is followed by a request that always works,
 * on the same vCPU, and by a check of the host's kernel log.
 *
 * Each row gives one line, for people and for selftests/conformance-table:
 *
 *	# row|GROUP|VERSION|RESULT|NAME|what was observed
 *
 * The result is ok, FAIL, LOG (the correct response, but the host's log grew) or NONE (the host
 * creates no guest of that version).  Only ok is good.
 *
 * A guest that a row kills is launched again for the next row.  Nothing here ends a group early: a
 * kernel module that fails every row still gets its table.
 */
#ifndef ES_CONF_CONF_H
#define ES_CONF_CONF_H

#include "../spec/compiler.h"
#include "../spec/events.h"
#include "../spec/ghcb.h"
#include "../vmm/order.h"

#define CONF_V1		1u	/* guests of KVM_SEV_ES_INIT */
#define CONF_V2		2u	/* guests of KVM_SEV_INIT2 with version 2 */
#define CONF_BOTH	(CONF_V1 | CONF_V2)

#define CONF_NAME_BYTES		80
#define CONF_FIELDS		6
#define CONF_DATA_BYTES		0x20000
#define CONF_PORT		0x1234
/* The GHCB page of vCPU 0, where the agent has it. */
#define CONF_GHCB		(AGENT_MAILBOX_GPA + AGENT_GHCB_PAGE)
#define CONF_BUFFER		(CONF_GHCB + SPEC_GHCB_BUFFER)
#define CONF_BUFFER_END		(CONF_BUFFER + SPEC_GHCB_BUFFER_BYTES)

/* Memory slots in addition to the guest's: shared memory that the guest itself does not map. */
#define CONF_OUTSIDE_GPA	0x10000000ull
#define CONF_READONLY_GPA	0x20000000ull
#define CONF_SLOT_BYTES		0x20000ull
enum conf_slot { CONF_OUTSIDE, CONF_READONLY, CONF_NR_SLOTS };

enum conf_want {
	CONF_DONE,	/* SW_EXITINFO1 = 0, SW_EXITINFO2 = info2_want */
	CONF_RAISE,	/* 1, SW_EXITINFO2 = info2_want */
	CONF_REFUSED,	/* 2, SW_EXITINFO2 = info2_want, a reason */
	CONF_TERM,	/* KVM_SYSTEM_EVENT_SEV_TERM: term[] is its data[0], end_reason and end */
	CONF_ANY,	/* any of the above */
};

/* The way in which a guest ended, in words of KVM_AMD_ES_GET_VCPU. */
enum conf_how { CONF_BY_MSR = 1, CONF_BY_PAGE, CONF_BY_UNSUPPORTED, CONF_NO_PAGE };

#define CONF_UNTRIED	1	/* conf.cannot, until the first guest is needed */

struct conf_field {
	unsigned int field;
	uint64_t value;
};

struct conf;

/* One request of a guest; a zero is the usual value. */
struct conf_row {
	char name[CONF_NAME_BYTES];
	unsigned int versions;		/* 0: both */
	uint64_t exit, info1, info2;
	struct conf_field set[CONF_FIELDS];
	unsigned int nr_needed;		/* the first so many of set[] are required ones */
	unsigned int omit;		/* this one is set, but not marked valid */
	uint32_t usage;
	unsigned int claim;		/* protocol version field, plus 1 */
	/* the GHCB page is the first of CONF_OUTSIDE, also for prepare() */
	bool page_outside;
	enum conf_want want;
	uint64_t info2_want;
	uint64_t term[3];
	unsigned int returns[4];	/* fields that the response must mark valid */
	bool only_those;		/* ... and no other */
	int exits;			/* to userspace: 0 none, -1 any number */
	void (*prepare)(struct conf *c, uint8_t *ghcb);
	void (*check)(struct conf *c, const uint8_t *answer);
	void *data;			/* for prepare(), check() and at_exit(): c->row->data */
};

/* The exits of one row as userspace saw them. */
struct conf_seen {
	int exits;
	uint32_t reason;
	uint64_t where;			/* port or address of the first exit */
	bool out;
	/* a later exit did not continue where the one before had ended */
	bool gap;
	uint32_t len_bytes;		/* of all exits together */
	uint8_t bytes[CONF_DATA_BYTES];	/* what the guest wrote */
};

struct conf {
	const struct conf_group *group;
	unsigned int version;
	struct vmm_vm vm;
	struct vmm_vcpu *vcpu;		/* vCPU 0, once the VM is alive */
	bool alive;
	/* 0, or -errno of the VM that cannot be created in this version */
	int cannot;
	int kmsg;
	void *slots[CONF_NR_SLOTS];
	struct conf_seen seen;
	/* Handle an exit to userspace, in the vCPU's thread; true: it was handled. */
	bool (*at_exit)(struct conf *c, struct kvm_run *run);
	void (*edit_cpuid)(struct kvm_cpuid_entry2 *entry);
	const struct conf_row *row;	/* that is running; NULL in a row that is a function */
	char name[CONF_NAME_BYTES];	/* of the row that is running */
	unsigned int nr_rows, nr_failed, nr_hangs;
	bool failed, log_grew;
	char note[512];
};

struct conf_group {
	const char *name;
	unsigned int versions;		/* 0: both */
	unsigned int nr_vcpus;		/* 0: 1 */
	void (*rows)(struct conf *c);
};

/* row.c */
/* Run all rows of a group, in each of its versions; return how many failed. */
unsigned int conf_run_group(const struct conf_group *group);

/* Run one row, from the request to the line. */
void conf_row(struct conf *c, const struct conf_row *row);
/* Run one row, and call at_exit() at its exits to userspace. */
void conf_row_with_exits(struct conf *c, const struct conf_row *row,
			 bool (*at_exit)(struct conf *c, struct kvm_run *run));
void conf_rows(struct conf *c, const struct conf_row *rows, unsigned int nr_rows);
/* Begin and end a row that is a function: notes and complaints between these two are that row's. */
void conf_begin(struct conf *c, const char *name);
void conf_end(struct conf *c);

/* note.c */
/* Add to the text of what the row observed; a complaint makes the row fail. */
printf_like(2, 3) void conf_note(struct conf *c, const char *format, ...);
printf_like(2, 3) void conf_complain(struct conf *c, const char *format, ...);

/* vm.c */
/*
 * Launch a guest of the group's version if needed; false: this host has none, and the row has
 * failed.
 */
bool conf_need_vm(struct conf *c);
void conf_drop_vm(struct conf *c);
int conf_set_slot(struct conf *c, enum conf_slot slot, bool present);
/*
 * Give the vCPU an order and wait; return true when it rings its doorbell, else note what it did.
 */
bool conf_order(struct conf *c, struct vmm_vcpu *vcpu, enum agent_order order, uint64_t in0,
		uint64_t in1);
bool conf_settles(struct conf *c, struct vmm_vcpu *vcpu);

/* log.c */
void conf_log_open(struct conf *c);
void conf_log_skip(struct conf *c);
void conf_log_check(struct conf *c);

/* userspace.c */
bool conf_on_exit(struct vmm_vcpu *vcpu, struct kvm_run *run);
uint8_t conf_out_byte(unsigned int nr);		/* what guests of these tests write */
uint8_t conf_in_byte(unsigned int nr);		/* what userspace returns for reads */
/* Write outgoing data to the slot outside, from this offset on. */
void conf_fill_outside(struct conf *c, unsigned int offset, unsigned int len_bytes);
void conf_check_out(struct conf *c, unsigned int len_bytes);
void conf_check_in(struct conf *c, const uint8_t *data, unsigned int len_bytes);

/* Checks of a row. */
void conf_check(struct conf *c, const struct conf_row *row, bool rang);
void conf_check_term(struct conf *c, const uint64_t term[3]);
void conf_check_lives(struct conf *c);

#endif
