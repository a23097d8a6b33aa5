/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Each event of the page-based protocol as one good request, and the rows that every event has.
 */
#ifndef ES_CONF_EVENTS_H
#define ES_CONF_EVENTS_H

#include "conf.h"

/*
 * Return a good request for the event of that name; the group ends in failure when there is none.
 */
struct conf_row conf_event(const char *name);
const struct conf_row *conf_events(unsigned int *nr_events);

/*
 * Run the good request, each required field missing, usage, protocol version, the order of checks.
 */
void conf_common(struct conf *c, const char *event);
/* Return a copy with a separate name, "EVENT FORMAT..."; the event's want and check stay. */
printf_like(2, 3) struct conf_row conf_variant(const struct conf_row *base, const char *format,
					       ...);
/* Return a copy as conf_variant() does, but rejected with that reason. */
printf_like(3, 4) struct conf_row conf_refused(const struct conf_row *base,
					       enum spec_malformed reason, const char *format, ...);
/*
 * Return a copy with the GHCB page outside, which ends the guest because that page is not
 * accessible.
 */
struct conf_row conf_ends_without_page(const struct conf_row *base, const char *name);
/* Run a copy with a separate name, with that field (NULL: none) and that check. */
void conf_with(struct conf *c, const struct conf_row *base, const char *name,
	       const struct conf_field *set, void (*check)(struct conf *c, const uint8_t *answer));
/* Check that each of these values is rejected as invalid input. */
void conf_bad_info1(struct conf *c, const struct conf_row *base, const uint64_t *values,
		    unsigned int nr_values);
/* Set a field of a row to another value. */
void conf_put(struct conf_row *row, unsigned int field, uint64_t value);

/* The groups. */
extern const struct conf_group conf_debug_group, conf_clock_group, conf_cpuid_group,
	conf_cache_group, conf_ioio_group, conf_string_group, conf_msr_group, conf_vmmcall_group,
	conf_mmio_group, conf_nmi_group, conf_hold_group, conf_table_group, conf_features_group,
	conf_end_group, conf_unknown_group, conf_marks_group, conf_order_group, conf_scratch_group,
	conf_slots_group, conf_reread_group, conf_paging_group, conf_race_group, conf_proto_group,
	conf_init_group, conf_launch_group, conf_leak_group;

#endif
