// SPDX-License-Identifier: GPL-2.0
/*
 * The host's memory management takes the pages of the GHCB and of the scratch area out of its page
 * tables, or maps them for reading only until the next write.  A guest does not notice.  Only when
 * a page does not exist any more is there no place for a response, and the guest ends with its
 * reason, without a line in the log.
 *
 * kvm_amd handles most requests where it must not sleep; it has to fetch pages that are not mapped
 * in a second attempt, and these rows cause it.
 *
 * Source: KVM API, KVM_SET_USER_MEMORY_REGION (a slot follows changes of the mapping); madvise(2)
 *	MADV_DONTNEED; Documentation/admin-guide/mm/pagemap.rst.
 */
#include "events.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../vmm/ap.h"
#include "../vmm/env.h"

#define PAGE_BYTES	4096ul
#define DATA_OFFSET	(2 * PAGE_BYTES)	/* the scratch area, when it is not in the GHCB */
#define DATA_BYTES	5000u
/* Bits of an entry of /proc/self/pagemap. */
#define IN_MEMORY	(1ull << 63)
#define OF_FILE		(1ull << 61)

/* The file of the slot CONF_OUTSIDE, so that its contents survive each mapping. */
static int memory_fd = -1;

/* --- the slot's mapping; its address stays, so that KVM gets no ioctl about slots */

static void map_slot(struct conf *c, int protection, int kind)
{
	void *old = c->slots[CONF_OUTSIDE];
	void *slot = mmap(old, CONF_SLOT_BYTES, protection, kind | (old ? MAP_FIXED : 0), memory_fd,
			  0);

	if (slot == MAP_FAILED)
		vmm_fail("mapping a memory slot's file failed: %m");
	c->slots[CONF_OUTSIDE] = slot;
}

static void set_up_slot(struct conf *c)
{
	if (memory_fd < 0)
		memory_fd = memfd_create("slot", MFD_CLOEXEC);
	if (memory_fd < 0 || ftruncate(memory_fd, CONF_SLOT_BYTES))
		vmm_fail("making a file for a memory slot failed: %m");
	map_slot(c, PROT_READ | PROT_WRITE, MAP_SHARED);
}

static uint64_t entry_of(struct conf *c, unsigned long offset)
{
	uintptr_t address = (uintptr_t)c->slots[CONF_OUTSIDE] + offset;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry;

	if (pread(pagemap, &entry, sizeof(entry), address / PAGE_BYTES * sizeof(entry)) !=
	    sizeof(entry))
		vmm_fail("reading /proc/self/pagemap failed: %m");
	close(pagemap);
	return entry;
}

static void drop(struct conf *c)
{
	if (madvise(c->slots[CONF_OUTSIDE], CONF_SLOT_BYTES, MADV_DONTNEED))
		vmm_fail("MADV_DONTNEED failed: %m");
	if ((entry_of(c, 0) | entry_of(c, DATA_OFFSET)) & IN_MEMORY)
		conf_complain(c, "the page is still mapped");
}

/* Map the file privately and read it once: the first write makes a copy. */
static void share_for_reading(struct conf *c)
{
	const uint8_t *slot = c->slots[CONF_OUTSIDE];
	unsigned long offset;

	map_slot(c, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	for (offset = 0; offset < CONF_SLOT_BYTES; offset += PAGE_BYTES)
		shared_read(&slot[offset]);
	if (~(entry_of(c, 0) & entry_of(c, DATA_OFFSET)) & (IN_MEMORY | OF_FILE))
		conf_complain(c, "the page is not mapped for reading only");
}

static void unmap(struct conf *c)
{
	munmap(c->slots[CONF_OUTSIDE], CONF_SLOT_BYTES);
}

static void protect(struct conf *c)
{
	mprotect(c->slots[CONF_OUTSIDE], CONF_SLOT_BYTES, PROT_READ);
}

static void truncate_file(struct conf *c)
{
	if (ftruncate(memory_fd, 0))
		vmm_fail("truncating a memory slot's file failed: %m");
	(void)c;
}

/* --- the moment: before the request, or while userspace works on its exit */

struct case_of {
	const char *name;
	void (*change)(struct conf *c);
};

static void change_now(struct conf *c)
{
	const struct case_of *case_of = c->row->data;

	case_of->change(c);
}

static void change_before(struct conf *c, uint8_t *ghcb)
{
	(void)ghcb;
	change_now(c);
}

static void fill_and_change_before(struct conf *c, uint8_t *ghcb)
{
	conf_fill_outside(c, DATA_OFFSET, DATA_BYTES);
	change_before(c, ghcb);
}

static bool change_in_exit(struct conf *c, struct kvm_run *run)
{
	(void)run;
	if (!c->seen.exits)
		change_now(c);
	return false;
}

/* Run the row, then restore the slot. */
static void run(struct conf *c, struct conf_row *row, const struct case_of *case_of, bool in_exit)
{
	row->data = (void *)case_of;
	if (!in_exit && !row->prepare)
		row->prepare = change_before;
	conf_row_with_exits(c, row, in_exit ? change_in_exit : NULL);
	set_up_slot(c);
}

/* --- a guest that does not notice */

/* Return the event with its GHCB in the slot, scratch area included. */
static struct conf_row outside(const struct conf_row *event, const char *name)
{
	struct conf_row row = conf_variant(event, "%s", name);

	row.page_outside = true;
	if (row.set[0].field == SPEC_GHCB_SCRATCH)
		row.set[0].value = CONF_OUTSIDE_GPA + SPEC_GHCB_BUFFER;
	return row;
}

static const struct case_of dropped = { "the GHCB is not mapped in the host", drop };
static const struct case_of shared = { "the GHCB is mapped for reading only", share_for_reading };

/* Run each event: the request is read, or the response is written, at the second attempt. */
static void each_event(struct conf *c)
{
	unsigned int i, nr_events;
	const struct conf_row *events = conf_events(&nr_events);
	struct conf_row row;

	for (i = 0; i < nr_events; i++) {
		if (events[i].want == CONF_TERM || events[i].exit == SPEC_NAE_AP_RESET_HOLD)
			continue;
		row = outside(&events[i], dropped.name);
		run(c, &row, &dropped, false);
		row = outside(&events[i], shared.name);
		run(c, &row, &shared, false);
	}
}

static void in_exits(struct conf *c)
{
	static const struct case_of cases[] = { { "the GHCB is dropped during the exit", drop },
						{ "the GHCB becomes read-only during the exit",
						  share_for_reading } };
	static const char * const events[] = {
		"in", "out", "ins", "outs", "mmio_read", "mmio_write"
	};
	struct conf_row event, row;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		for (k = 0; k < ARRAY_SIZE(cases); k++) {
			event = conf_event(events[i]);
			row = outside(&event, cases[k].name);
			run(c, &row, &cases[k], true);
		}
	}
}

/* --- a scratch area outside the GHCB, where the agent has its GHCB */

static void data_moved(struct conf *c, const uint8_t *answer)
{
	(void)answer;
	if (c->row->info1 & SPEC_IO_IN)
		conf_check_in(c, (uint8_t *)c->slots[CONF_OUTSIDE] + DATA_OFFSET, DATA_BYTES);
	else
		conf_check_out(c, DATA_BYTES);
}

static void payload_row(struct conf *c, const char *event_name, const struct case_of *case_of,
			bool in_exit)
{
	struct conf_row event = conf_event(event_name),
			row = conf_variant(&event, "%s", case_of->name);

	conf_put(&row, SPEC_GHCB_SCRATCH, CONF_OUTSIDE_GPA + DATA_OFFSET);
	row.info2 = DATA_BYTES;
	row.exits = -1;
	row.prepare = in_exit ? NULL : fill_and_change_before;
	row.check = data_moved;
	run(c, &row, case_of, in_exit);
}

static void payload_rows(struct conf *c)
{
	static const struct case_of cases[] = {
		{ "the scratch area is not mapped in the host", drop },
		{ "the scratch area is mapped for reading only", share_for_reading },
		{ "the scratch area is dropped during the exit", drop },
		{ "the scratch area becomes read-only during the exit", share_for_reading },
	};
	unsigned int i;

	payload_row(c, "outs", &cases[0], false);
	payload_row(c, "outs", &cases[1], false);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		payload_row(c, "ins", &cases[i], i >= 2);
}

/* --- no place for a response */

static void gone(struct conf *c)
{
	static const struct case_of cases[] = {
		{ "the GHCB's memory is unmapped", unmap },
		{ "the GHCB's memory is made read-only", protect },
		{ "the file behind the GHCB is truncated", truncate_file },
	};
	static const char * const events[] = { "cpuid", "rdpmc", "in" };
	struct conf_row event, row;
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		for (k = 0; k < ARRAY_SIZE(cases); k++) {
			event = conf_event(events[i]);
			row = conf_ends_without_page(&event, cases[k].name);
			run(c, &row, &cases[k], event.exits);
			conf_drop_vm(c);
		}
	}
}

/* --- an AP that is held in the meantime */

/* Let the AP request a hold; return true when it is held. */
static bool park(struct conf *c, struct vmm_vcpu *ap)
{
	uint8_t *request = vmm_request(ap, SPEC_NAE_AP_RESET_HOLD, 0, 0);

	memcpy(c->slots[CONF_OUTSIDE], request, SPEC_GHCB_BYTES);
	vmm_order_start(ap, AGENT_MSR_PROTO, CONF_OUTSIDE_GPA, 0);
	if (vmm_parked_mp_state(ap) == KVM_MP_STATE_AP_RESET_HOLD)
		return true;
	conf_complain(c, "it is not held");
	return false;
}

static void is_answered(struct conf *c, struct vmm_vcpu *ap)
{
	const uint8_t *slot = c->slots[CONF_OUTSIDE];

	if (!conf_settles(c, ap))
		conf_complain(c, "INIT and SIPI do not wake it");
	else if ((uint32_t)spec_ghcb_get(slot, SPEC_GHCB_EXITINFO1) != SPEC_HANDLED ||
		 !spec_ghcb_get(slot, SPEC_GHCB_EXITINFO2))
		conf_complain(c, "the answer is not that of a SIPI");
}

/*
 * Check the end: the SIPI comes where no exit can be chosen, so the reason follows at the next
 * KVM_RUN.
 */
static void is_ended(struct conf *c, struct vmm_vcpu *ap)
{
	const uint64_t term[3] = { CONF_OUTSIDE_GPA, 0, CONF_NO_PAGE };

	if (conf_settles(c, ap)) {
		conf_complain(c, "the guest goes on");
		return;
	}
	if (ap->run->exit_reason == KVM_EXIT_SHUTDOWN) {
		vmm_vcpu_go(ap);
		conf_settles(c, ap);
	}
	c->vcpu = ap;
	conf_check_term(c, term);
	c->vcpu = &c->vm.vcpus[0];
}

static void hold_row(struct conf *c, const char *name, void (*change)(struct conf *c),
		     void (*check)(struct conf *c, struct vmm_vcpu *ap))
{
	struct vmm_vcpu *ap;

	conf_begin(c, name);
	if (conf_need_vm(c)) {
		ap = &c->vm.vcpus[1];
		if (park(c, ap)) {
			change(c);
			vmm_send_init_sipi(c->vcpu, ap, 0x10);
			check(c, ap);
		}
	}
	conf_end(c);
	conf_drop_vm(c);
	set_up_slot(c);
}

static void paging_rows(struct conf *c)
{
	set_up_slot(c);
	each_event(c);
	in_exits(c);
	if (c->version == 1)
		payload_rows(c);
	hold_row(c, "ap_reset_hold: the GHCB is dropped during the hold", drop, is_answered);
	hold_row(c, "ap_reset_hold: the GHCB's memory is unmapped during the hold", unmap,
		 is_ended);
	gone(c);
}

const struct conf_group conf_paging_group = { "paging", .nr_vcpus = 2, .rows = paging_rows };
