// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: what the host may read and write of SEV's model-specific registers;
 *       VM_PAGE_FLUSH wants an ASID of an encrypted guest and changes nothing
 *       that memory holds.
 * Source: AMD 24593 APM Volume 2, 15.34 "Secure Encrypted Virtualization"
 *       (VM_PAGE_FLUSH, SEV_STATUS), 15.35 (GHCB), 15.30.5 "TSC Ratio MSR".
 * Why it matters: KVM flushes pages it takes back with it.
 * Not covered: addresses that are not canonical or not there.
 */
#include "sev.h"

#define MSR_VM_PAGE_FLUSH 0xc001011e
#define MSR_GHCB          0xc0010130
#define MSR_SEV_STATUS    0xc0010131
#define MSR_TSC_RATIO     0xc0000104
#define LAST_ASID         31
#define GP                13

static u64 host_idt[GP + 1] __attribute__((aligned(16)));
static u8 page[4096] __attribute__((aligned(4096)));
static volatile u32 nr_gp;

/* RDMSR and WRMSR have two bytes; the error code goes. */
extern u8 host_gp[];
asm("host_gp:\n"
	"	incl nr_gp\n"
	"	addl $2, 4(%esp)\n"
	"	add $4, %esp\n"
	"	iret\n");

static u32 reads(u32 msr)
{
	u32 before = nr_gp;

	rdmsr(msr);
	return nr_gp == before;
}

static u32 writes(u32 msr, u64 value)
{
	u32 before = nr_gp;

	wrmsr(msr, value);
	return nr_gp == before;
}

static void page_flush(void)
{
	u64 address = (u32)page;
	u32 i, sum = 0;

	memset(page, 0x5a, sizeof(page));
	check(!reads(MSR_VM_PAGE_FLUSH), "VM_PAGE_FLUSH cannot be read");
	check(writes(MSR_VM_PAGE_FLUSH, address | 1), "it takes a page with the first ASID");
	check(writes(MSR_VM_PAGE_FLUSH, address | LAST_ASID), "with the last");
	check(!writes(MSR_VM_PAGE_FLUSH, address), "not with the host's");
	check(!writes(MSR_VM_PAGE_FLUSH, address | (LAST_ASID + 1)), "not with one behind the last");
	for (i = 0; i < sizeof(page); i++)
		sum += page[i] == 0x5a;
	check_equal(sum, sizeof(page), "the page holds what it held");
}

void main(void)
{
	host_idt[GP] = interrupt_gate(host_gp);
	load_idt(host_idt, sizeof(host_idt));
	page_flush();
	check(reads(MSR_SEV_STATUS) && rdmsr(MSR_SEV_STATUS) == 0, "the host's SEV_STATUS is zero");
	check(!writes(MSR_SEV_STATUS, 0), "and cannot be written");
	check(!reads(MSR_GHCB) && !writes(MSR_GHCB, 0), "the host has no GHCB");
	check(!writes(MSR_TSC_RATIO, 1), "without TSC scaling there is no TSC_RATIO");
}
