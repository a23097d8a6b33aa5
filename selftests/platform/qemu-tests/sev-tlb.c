// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: a CPU may use a guest's translation until it is instructed to forget it:
 *       by TLB_CONTROL, by INVLPGA, or by the guest itself.  What was in a
 *       page table in the meantime, and what other CPUs forgot, does not count.
 * Source: AMD 24593 APM Volume 2, 15.16 "TLB Control", 5.5 "TLB Management".
 * Why it matters: a host that forgets a flush must not get away with it.
 * Needs: -smp 2.
 * Not covered: SEV-ES guests (the way is the same), PCID, a CPU without
 *       flush by ASID.
 */
#include "ap.h"
#include "sev.h"

#define ASID        20
#define OTHER_ASID  21
#define SPOT        0x1800000u /* the guest reads here: separate 2 MiB pages */
#define GLOBAL_SPOT 0x1a00000u
#define OTHER       0x1c00000u /* where the host moves them */
#define CODE        0x1000     /* from a spot to a function */

#define CR4_PAE_PGE 0xa0
#define PTE_GLOBAL  0x100
#define PTE_WRITE   0x2

#define FLUSH_ALL   1
#define FLUSH_ASID  3
#define FLUSH_LOCAL 7

#define EXIT_NPF    0x400

static u64 nested_directories[4][512] __attribute__((aligned(4096)));
static u64 nested_pointers[4] __attribute__((aligned(4096)));
static u64 guest_directories[4][512] __attribute__((aligned(4096)));
static u64 guest_pointers[4] __attribute__((aligned(4096)));

/* 1 or 2: which frame each spot leads to; the guest does what EAX says first. */
enum { DO_NOTHING, DO_INVLPG, DO_CR3, DO_WRITE, DO_CR4, DO_CALL };

static void guest(void)
{
	asm volatile("1:\n"
		     "	cmp $1, %%eax\n"
		     "	jne 2f\n"
		     "	invlpg %c0\n"
		     "2:	cmp $2, %%eax\n"
		     "	jne 3f\n"
		     "	mov %%cr3, %%ecx\n"
		     "	mov %%ecx, %%cr3\n"
		     "3:	cmp $3, %%eax\n"
		     "	jne 4f\n"
		     "	movl $3, %c0\n"
		     "4:	cmp $4, %%eax\n"
		     "	jne 5f\n"
		     "	mov %%cr4, %%ecx\n"
		     "	xor $0x80, %%ecx\n"
		     "	mov %%ecx, %%cr4\n"
		     "	xor $0x80, %%ecx\n"
		     "	mov %%ecx, %%cr4\n"
		     "5:	cmp $5, %%eax\n"
		     "	jne 6f\n"
		     "	mov %2, %%ecx\n"
		     "	call *%%ecx\n"
		     "	vmmcall\n"
		     "6:	mov %c1, %%eax\n"
		     "	shl $4, %%eax\n"
		     "	or %c0, %%eax\n"
		     "	vmmcall\n"
		     : : "i"(SPOT), "i"(GLOBAL_SPOT), "i"(SPOT + CODE));
}

static void tables(u64 (*directories)[512], u64 *pointers)
{
	memcpy(directories, page_directories, sizeof(page_directories));
	pointers[0] = (u32)directories[0] | 1;
	pointers[1] = (u32)directories[1] | 1;
	pointers[2] = (u32)directories[2] | 1;
	pointers[3] = (u32)directories[3] | 1;
}

#define NESTED(_address) (nested_directories[0][(_address) >> 21])
#define GUEST(_address) (guest_directories[0][(_address) >> 21])

/* Both spots lead to their own frame, where 1 is, or to the other, where 2 is. */
static void lead_to(int number)
{
	NESTED(SPOT) = (number == 1 ? SPOT : OTHER) | 0x1e7;
	NESTED(GLOBAL_SPOT) = (number == 1 ? GLOBAL_SPOT : OTHER) | 0x1e7;
}

/* The same by the guest's own tables. */
static void guest_leads_to(int number)
{
	GUEST(SPOT) = (number == 1 ? SPOT : OTHER) | 0xe7;
	GUEST(GLOBAL_SPOT) = (number == 1 ? GLOBAL_SPOT : OTHER) | 0xe7 | PTE_GLOBAL;
}

static void make_guest(void)
{
	svm_guest(guest);
	VMCB64(VMCB_NP) = 1;
	VMCB64(VMCB_NCR3) = (u32)nested_pointers;
	VMCB64(VMCB_SAVE + SAVE_CR0) = 0x80000011;
	VMCB64(VMCB_SAVE + SAVE_CR4) = CR4_PAE_PGE;
	VMCB64(VMCB_SAVE + SAVE_CR3) = (u32)guest_pointers;
	VMCB32(VMCB_ASID) = ASID;
	*(volatile u32 *)SPOT = 1;
	*(volatile u32 *)GLOBAL_SPOT = 1;
	*(volatile u32 *)OTHER = 2;
}

/* What the guest reads: at the local spot, and times 16 at the global one. */
static u32 run(u32 control, u32 order)
{
	u32 code;

	vmcb[VMCB_ASID + 4] = control;
	VMCB64(VMCB_SAVE + SAVE_RIP) = (u32)guest;
	VMCB64(VMCB_SAVE + SAVE_RAX) = order;
	VMCB64(VMCB_SAVE + SAVE_RSP) = (u32)(guest_stack + sizeof(guest_stack));
	code = svm_run();
	vmcb[VMCB_ASID + 4] = 0;
	return code == EXIT_VMMCALL ? VMCB32(VMCB_SAVE + SAVE_RAX) : code;
}

static u32 run_as(u32 asid)
{
	u32 result;

	VMCB32(VMCB_ASID) = asid;
	result = run(0, DO_NOTHING);
	VMCB32(VMCB_ASID) = ASID;
	return result;
}

/* Frame 1 is kept, the tables say frame 2. */
static void stale(void)
{
	lead_to(1);
	run(FLUSH_ASID, DO_NOTHING);
	lead_to(2);
}

static void host_flushes(void)
{
	lead_to(1);
	check_equal(run(FLUSH_ALL, DO_NOTHING), 0x11, "the guest reads its memory");
	lead_to(2);
	check_equal(run(0, DO_NOTHING), 0x11, "without a flush it still reads what the nested table said before");
	asm volatile("mov %%cr3, %%eax; mov %%eax, %%cr3" : : : "eax");
	check_equal(run(0, DO_NOTHING), 0x11, "a flush of the host's own translations is none of the guest's");
	check_equal(run_as(OTHER_ASID), 0x22, "another ASID reads what it says now");
	check_equal(run(FLUSH_LOCAL, DO_NOTHING), 0x12, "TLB_CONTROL 7 forgets all but global pages");
	check_equal(run(FLUSH_ASID, DO_NOTHING), 0x22, "TLB_CONTROL 3 forgets the ASID's");
	lead_to(1);
	check_equal(run(FLUSH_ASID, DO_NOTHING), 0x11, "each time");
	check_equal(run_as(OTHER_ASID), 0x22, "but not those of another ASID");
	check_equal(run(FLUSH_ALL, DO_NOTHING), 0x11, "TLB_CONTROL 1 forgets everything");
	check_equal(run_as(OTHER_ASID), 0x11, "that of the other ASID, too");
	stale();
	asm volatile("invlpga" : : "a"(SPOT + 0x100000), "c"(OTHER_ASID));
	check_equal(run(0, DO_NOTHING), 0x11, "INVLPGA with another ASID does nothing");
	asm volatile("invlpga" : : "a"(SPOT + 0x100000), "c"(ASID));
	check_equal(run(0, DO_NOTHING), 0x12, "INVLPGA forgets the page, a large one, too");
}

/* Frame 1 is kept, the guest's tables say frame 2. */
static void guest_stale(void)
{
	lead_to(1);
	guest_leads_to(1);
	run(FLUSH_ASID, DO_NOTHING);
	guest_leads_to(2);
}

static void guest_flushes(void)
{
	guest_stale();
	check_equal(run(0, DO_NOTHING), 0x11, "the guest reads what its own tables said before");
	check_equal(run(0, DO_INVLPG), 0x12, "its INVLPG forgets the page");
	guest_stale();
	check_equal(run(0, DO_CR3), 0x12, "its write of CR3 forgets all but global pages");
	guest_stale();
	check_equal(run(0, DO_CR4), 0x22, "its write of CR4.PGE forgets everything");
	guest_leads_to(1);
	stale();
	check_equal(run(0, DO_CR4), 0x11, "neither ends what the nested tables said");
	check_equal(run(FLUSH_ASID, DO_NOTHING), 0x22, "only the host does");
}

static void rights(void)
{
	lead_to(1);
	NESTED(SPOT) &= ~(u64)PTE_WRITE;
	check_equal(run(FLUSH_ASID, DO_NOTHING), 0x11, "the guest reads a page it may not write");
	check_equal(run(0, DO_WRITE), EXIT_NPF, "it may not write it");
	NESTED(SPOT) |= PTE_WRITE;
	check_equal(run(0, DO_WRITE), 0x13, "rights grow without a flush");
	NESTED(SPOT) &= ~(u64)PTE_WRITE;
	check_equal(run(0, DO_WRITE), 0x13, "they do not shrink without one");
	check_equal(run(FLUSH_ASID, DO_WRITE), EXIT_NPF, "but with one");
	*(volatile u32 *)SPOT = 1;
}

/* A function that returns that number. */
static void put_code(u32 address, u8 number)
{
	const u8 code[] = { 0xb8, number, 0, 0, 0, 0xc3 };

	memcpy((void *)address, code, sizeof(code));
}

/* One address, the host's own and the guest's: data and code. */
static void worlds(void)
{
	u32 (*function)(void) = (u32 (*)(void))(SPOT + CODE);
	u32 i, bad = 0;

	put_code(SPOT + CODE, 1);
	put_code(OTHER + CODE, 2);
	lead_to(1);
	guest_leads_to(2);
	check_equal(run(FLUSH_ASID, DO_CALL), 2, "guest and host have an address that leads each elsewhere");
	for (i = 0; i < 100; i++) {
		bad += function() != 1 || *(volatile u32 *)SPOT != 1;
		bad += run(0, DO_CALL) != 2 || run(0, DO_NOTHING) != 0x22;
	}
	check_equal(bad, 0, "neither sees what is the other's there, however often they take turns");
	guest_leads_to(1);
	check_equal(run(FLUSH_ASID, DO_CALL), 1, "until the guest's leads there, too");
}

static void refusals(void)
{
	lead_to(1);
	check_equal(run(2, DO_NOTHING), EXIT_INVALID, "a reserved value of TLB_CONTROL is refused");
	check_equal(run_as(0x8000), EXIT_INVALID, "so is an ASID out of range");
	make_guest();
	check_equal(run(FLUSH_ALL, DO_NOTHING), 0x11, "the guest runs on");
}

static volatile u32 ap_turn, ap_result;
static u8 ap_host_save[4096] __attribute__((aligned(4096)));

void ap_main(void)
{
	paging_on();
	svm_enable(ap_host_save);
	ap_entered = 1;
	for (;;) {
		while (!ap_turn)
			asm volatile("pause");
		ap_result = run(FLUSH_ASID, DO_NOTHING);
		ap_turn = 0;
	}
}

static void other_cpu(void)
{
	start_ap();
	check(ap_entered, "there is another CPU");
	stale();
	ap_turn = 1;
	while (ap_turn)
		asm volatile("pause");
	check_equal(ap_result, 0x22, "the guest moves there and is flushed");
	check_equal(run(0, DO_NOTHING), 0x11, "back here it reads what this CPU remembers");
	check_equal(run(FLUSH_ASID, DO_NOTHING), 0x22, "until it is flushed here");
}

void main(void)
{
	u32 i;

	paging_on();
	tables(nested_directories, nested_pointers);
	tables(guest_directories, guest_pointers);
	for (i = 0; i < 512; i++)
		nested_directories[0][i] |= PTE_GLOBAL; /* means nothing there */
	guest_directories[0][GLOBAL_SPOT >> 21] |= PTE_GLOBAL;
	make_guest();
	host_flushes();
	guest_flushes();
	rights();
	worlds();
	refusals();
	other_cpu();
}
