// SPDX-License-Identifier: GPL-2.0
/*
 * Rule: GHCB MSR values are taken apart and put together as the specification lays them out.
 * Source: AMD 56421 GHCB Specification, section "GHCB MSR Protocol".
 * Why it matters: Firmware negotiates the protocol and reads CPUID this way before it has a GHCB.
 * Not covered: The host's handling of a request (kselftests).
 */
#include <kselftest.h>
#include "../lib/oracle/msr.h"

#define NR_ANSWERS	17

static void decodes_every_code(unsigned int version, u64 data, const char *name)
{
	unsigned int info, wrong = 0;

	for (info = 0; info < 0x1000; info++)
		wrong += es_msr_decode(data << 12 | info, version) !=
			 spec_msr_request(info, version);
	ksft_test_result(!wrong, "all 4096 codes, version %u, %s (%u differ)\n", version, name,
			 wrong);
}

static void decodes_cpuid(uint32_t function, uint32_t reg)
{
	struct es_cpuid_request request = es_msr_cpuid_decode(SPEC_MSR_CPUID(function, reg));

	ksft_test_result(request.function == function && request.reg == reg,
			 "CPUID request for 0x%x, register %u\n", function, reg);
}

static void builds_answers(void)
{
	/* Written by hand from the bit positions. */
	const struct { const char *name; u64 got, want; } rows[NR_ANSWERS] = {
		{ "SEV info, versions 1 to 2, C-bit 51", es_msr_sev_info(2, 1, 51),
		  0x0002000133000001ull },
		{ "SEV info, version 1 only, C-bit 47", es_msr_sev_info(1, 1, 47),
		  0x000100012f000001ull },
		{ "SEV info, largest fields", es_msr_sev_info(0xffff, 0xffff, 0xff),
		  0xffffffffff000001ull },
		{ "CPUID answer in EAX", es_msr_cpuid_response(0x12345678, 0),
		  0x1234567800000005ull },
		{ "CPUID answer in EDX", es_msr_cpuid_response(0x12345678, 3),
		  0x12345678c0000005ull },
		{ "CPUID answer of all bits in EBX", es_msr_cpuid_response(~0u, 1),
		  0xffffffff40000005ull },
		{ "CPUID answer keeps to two register bits", es_msr_cpuid_response(1, ~1u),
		  0x180000005ull },
		{ "hold ended by a SIPI", es_msr_hold_response(true), 0x1007 },
		{ "hold ended by something else", es_msr_hold_response(false), 0x7 },
		{ "no features", es_msr_features_response(0), 0x81 },
		{ "features 0 and 1", es_msr_features_response(3), 0x3081 },
		{ "no preferred GPA", es_msr_pref_gpa_response(), 0xfffffffffffff011ull },
		{ "GPA registered", es_msr_reg_gpa_response(0x12345678, true), 0x12345013 },
		{ "GPA not registered", es_msr_reg_gpa_response(0x12345678, false),
		  0xfffffffffffff013ull },
		{ "page state change refused", es_msr_psc_error(), 0x100000015ull },
		{ "another VMPL refused", es_msr_vmpl_error(), 0x100000017ull },
		{ "reason set 15, code 255", es_msr_terminate_reason(~0u, ~0u), 0xfff100 },
	};
	unsigned int i;

	for (i = 0; i < NR_ANSWERS; i++)
		ksft_test_result(rows[i].got == rows[i].want, "%s is 0x%llx\n", rows[i].name,
				 (unsigned long long)rows[i].want);
}

static void names_differ(void)
{
	unsigned int i, j, same = 0;

	for (i = 0; i < ES_NR_MSR_REQUESTS; i++) {
		for (j = 0; j < i; j++)
			same += es_msr_request_name(i) == es_msr_request_name(j);
	}
	ksft_test_result(!same, "every request has a name of its own\n");
}

int main(void)
{
	static const uint32_t functions[] = { 0, 1, 0xd, 0x80000001, 0x8000001f, 0xffffffff };
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(NR_ANSWERS + 4 + ARRAY_SIZE(functions) * 4 + 1);
	builds_answers();
	for (i = 1; i <= 2; i++) {
		decodes_every_code(i, 0, "no data");
		decodes_every_code(i, ~0ull >> 12, "all data bits set");
	}
	for (i = 0; i < ARRAY_SIZE(functions) * 4; i++)
		decodes_cpuid(functions[i / 4], i % 4);
	names_differ();
	ksft_finished();
}
