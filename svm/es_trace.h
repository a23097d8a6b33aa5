/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The trace system kvm_amd_es.  KVM's kvm_vmgexit_* events are emitted, too.
 *
 * Record names next to their numbers: trace-cmd and perf print a record by the text of TP_printk(),
 * and cannot call functions of the module.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kvm_amd_es

#if !defined(SVM_ES_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SVM_ES_TRACE_H

#include <linux/tracepoint.h>

#include "rules/ap.h"
#include "rules/request.h"

/*
 * A request and its response.  For the MSR protocol, info1 and response1 are the values of the MSR.
 */
TRACE_EVENT(es_vmgexit,
	TP_PROTO(unsigned int vcpu_id, const char *event, u64 info1, u64 info2, u64 response1,
		 u64 response2),
	TP_ARGS(vcpu_id, event, info1, info2, response1, response2),

	TP_STRUCT__entry(
		__field(unsigned int, vcpu_id)
		__string(event, event)
		__field(u64, info1)
		__field(u64, info2)
		__field(u64, response1)
		__field(u64, response2)
	),

	TP_fast_assign(
		__entry->vcpu_id = vcpu_id;
		ES_ASSIGN_STR(event, event);
		__entry->info1 = info1;
		__entry->info2 = info2;
		__entry->response1 = response1;
		__entry->response2 = response2;
	),

	TP_printk("vcpu %u %s info1 %#llx info2 %#llx response %#llx:%#llx", __entry->vcpu_id,
		  __get_str(event), __entry->info1, __entry->info2, __entry->response1,
		  __entry->response2)
);

/* A request that was rejected, and why.  @code is SW_EXITCODE, or GHCBInfo of the MSR protocol. */
TRACE_EVENT(es_reject,
	TP_PROTO(unsigned int vcpu_id, bool msr, u64 code, enum es_reason reason),
	TP_ARGS(vcpu_id, msr, code, reason),

	TP_STRUCT__entry(
		__field(unsigned int, vcpu_id)
		__field(bool, msr)
		__field(u64, code)
		__field(int, reason)
		__string(name, es_reason_name(reason))
	),

	TP_fast_assign(
		__entry->vcpu_id = vcpu_id;
		__entry->msr = msr;
		__entry->code = code;
		__entry->reason = reason;
		ES_ASSIGN_STR(name, es_reason_name(reason));
	),

	TP_printk("vcpu %u %s %#llx reason %s", __entry->vcpu_id, __entry->msr ? "msr" : "event",
		  __entry->code, __get_str(name))
);

/* A request that is accepted in spite of a mistake. */
TRACE_EVENT(es_tolerate,
	TP_PROTO(unsigned int vcpu_id, u64 code, const char *lapse),
	TP_ARGS(vcpu_id, code, lapse),

	TP_STRUCT__entry(
		__field(unsigned int, vcpu_id)
		__field(u64, code)
		__string(lapse, lapse)
	),

	TP_fast_assign(
		__entry->vcpu_id = vcpu_id;
		__entry->code = code;
		ES_ASSIGN_STR(lapse, lapse);
	),

	TP_printk("vcpu %u event %#llx lapse %s", __entry->vcpu_id, __entry->code,
		  __get_str(lapse))
);

/* A state change of AP bring-up. */
TRACE_EVENT(es_ap,
	TP_PROTO(unsigned int vcpu_id, enum es_ap_state from, enum es_ap_state to, const char *by),
	TP_ARGS(vcpu_id, from, to, by),

	TP_STRUCT__entry(
		__field(unsigned int, vcpu_id)
		__field(int, from)
		__field(int, to)
		__string(from_name, es_ap_state_name(from))
		__string(to_name, es_ap_state_name(to))
		__string(by, by)
	),

	TP_fast_assign(
		__entry->vcpu_id = vcpu_id;
		__entry->from = from;
		__entry->to = to;
		ES_ASSIGN_STR(from_name, es_ap_state_name(from));
		ES_ASSIGN_STR(to_name, es_ap_state_name(to));
		ES_ASSIGN_STR(by, by);
	),

	TP_printk("vcpu %u from %s to %s by %s", __entry->vcpu_id, __get_str(from_name),
		  __get_str(to_name), __get_str(by))
);

/* The place of a scratch area; "rejected" is followed by es_reject. */
TRACE_EVENT(es_scratch,
	TP_PROTO(unsigned int vcpu_id, const char *place, u64 gpa, u64 len_bytes),
	TP_ARGS(vcpu_id, place, gpa, len_bytes),

	TP_STRUCT__entry(
		__field(unsigned int, vcpu_id)
		__string(place, place)
		__field(u64, gpa)
		__field(u64, len_bytes)
	),

	TP_fast_assign(
		__entry->vcpu_id = vcpu_id;
		ES_ASSIGN_STR(place, place);
		__entry->gpa = gpa;
		__entry->len_bytes = len_bytes;
	),

	TP_printk("vcpu %u %s gpa %#llx len %llu", __entry->vcpu_id, __get_str(place), __entry->gpa,
		  __entry->len_bytes)
);

/*
 * Negotiation of versions, features and the GHCB's address.  For the MSR protocol, the values of
 * the MSR.
 */
TRACE_EVENT(es_negotiate,
	TP_PROTO(unsigned int vcpu_id, const char *what, u64 request, u64 response),
	TP_ARGS(vcpu_id, what, request, response),

	TP_STRUCT__entry(
		__field(unsigned int, vcpu_id)
		__string(what, what)
		__field(u64, request)
		__field(u64, response)
	),

	TP_fast_assign(
		__entry->vcpu_id = vcpu_id;
		ES_ASSIGN_STR(what, what);
		__entry->request = request;
		__entry->response = response;
	),

	TP_printk("vcpu %u %s request %#llx response %#llx", __entry->vcpu_id, __get_str(what),
		  __entry->request, __entry->response)
);

/* The AP jump table's address was set or returned. */
TRACE_EVENT(es_jump_table,
	TP_PROTO(unsigned int vcpu_id, bool get, u64 gpa),
	TP_ARGS(vcpu_id, get, gpa),

	TP_STRUCT__entry(
		__field(unsigned int, vcpu_id)
		__field(bool, get)
		__field(u64, gpa)
	),

	TP_fast_assign(
		__entry->vcpu_id = vcpu_id;
		__entry->get = get;
		__entry->gpa = gpa;
	),

	TP_printk("vcpu %u %s gpa %#llx", __entry->vcpu_id, __entry->get ? "get" : "set",
		  __entry->gpa)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE es_trace
#include <trace/define_trace.h>
