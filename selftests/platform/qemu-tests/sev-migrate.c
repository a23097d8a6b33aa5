// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule: a guest that was sent and received runs on where it stopped, and only
 *       when it is complete.
 * Source: AMD 55766 SEV API, chapter 6 "SEND_START" to "RECEIVE_FINISH"; AMD
 *       24593 APM Volume 2, 15.35.8 "VMRUN".
 * Why it matters: live migration hands a VMSA over that no CPU here has saved.
 * Not covered: two machines (psp-tests do that); here one is both.
 */
#include "sev.h"

enum {
	PSP_PDH_CERT_EXPORT = 0x008,
	PSP_SEND_START = 0x040, PSP_SEND_UPDATE_DATA = 0x041, PSP_SEND_UPDATE_VMSA = 0x042,
	PSP_SEND_FINISH = 0x043, PSP_RECEIVE_START = 0x050, PSP_RECEIVE_UPDATE_DATA = 0x051,
	PSP_RECEIVE_UPDATE_VMSA = 0x052, PSP_RECEIVE_FINISH = 0x053,
};

#define ASID          3
#define NEW_ASID      4
#define POLICY_ES     4
#define CERT_BYTES    2084
#define CHAIN_BYTES   (3 * CERT_BYTES)
#define SESSION_BYTES 128
#define EXIT_REFUSED  0xffffffff

struct packet {
	u8 header[64];
	u8 data[4096];
};

static u8 old_vmsa[4096] __attribute__((aligned(4096)));
static u8 new_vmsa[4096] __attribute__((aligned(4096)));
static u8 pdh[4096], chain[8192], session[SESSION_BYTES];
static struct packet memory, registers;

extern u8 guest_page[4096], guest_entry[];

/* The code after the first VMGEXIT succeeds only with the memory and registers from before it. */
asm(".balign 4096\n"
	"guest_page:\n"
	"guest_entry:\n"
	"	mov $0x5eed, %ebx\n"
	"	movups guest_words, %xmm3\n"
	"	incl guest_count\n"
	VMGEXIT
	"	movups %xmm3, guest_words + 16\n"
	"	cmp $0x5eed, %ebx\n"
	"	jne guest_wrong\n"
	"	cmpl $8, guest_count\n"
	"	jne guest_wrong\n"
	"	cmpl $0x1234, guest_words + 16\n"
	"	jne guest_wrong\n"
	VMGEXIT
	"guest_wrong:\n"
	"	ud2\n"
	".balign 16\n"
	"guest_words:\n"
	"	.long 0x1234, 0, 0, 0, 0, 0, 0, 0\n"
	"guest_count:\n"
	"	.long 7\n"
	".balign 4096\n");

static int launch(u32 *handle)
{
	*handle = psp_launch(ASID);
	sev_vmsa(old_vmsa, guest_entry, guest_page + 4096);
	return *handle && psp_launch_page(PSP_LAUNCH_UPDATE_DATA, *handle, guest_page) &&
	       psp_launch_page(PSP_LAUNCH_UPDATE_VMSA, *handle, old_vmsa) && psp_launch_finish(*handle);
}

/* Status of a command whose buffer is @nr words. */
static u32 psp_words(u32 id, const u32 *words, int nr)
{
	memset(psp_buffer, 0, sizeof(psp_buffer));
	memcpy(psp_buffer, words, nr * sizeof(*words));
	return psp_command(id);
}

static int send_start(u32 handle)
{
	u32 export[] = { (u32)pdh, 0, CERT_BYTES, 0, (u32)chain, 0, CHAIN_BYTES };
	u32 start[] = { handle, 0, (u32)pdh, 0, CERT_BYTES, 0, (u32)chain, 0, CHAIN_BYTES, 0,
			0, 0, 0, 0, (u32)session, 0, SESSION_BYTES };

	return !psp_words(PSP_PDH_CERT_EXPORT, export, 7) && !psp_words(PSP_SEND_START, start, 17);
}

static int transport(u32 id, u32 handle, u8 *page, struct packet *packet)
{
	u32 words[] = { handle, 0, (u32)packet->header, 0, 52, 0, (u32)page, 0, 4096, 0,
			(u32)packet->data, 0, 4096 };

	return !psp_words(id, words, 13);
}

static int send_all(u32 handle)
{
	return send_start(handle) && transport(PSP_SEND_UPDATE_DATA, handle, guest_page, &memory) &&
	       transport(PSP_SEND_UPDATE_VMSA, handle, old_vmsa, &registers) &&
	       !psp(PSP_SEND_FINISH, handle, 0, 0, 0, 0);
}

static int receive_start(u32 *handle)
{
	u32 start[] = { 0, POLICY_ES, (u32)pdh, 0, CERT_BYTES, 0, (u32)session, 0, SESSION_BYTES };

	if (psp_words(PSP_RECEIVE_START, start, 9))
		return 0;
	*handle = psp_buffer[0];
	return !psp(PSP_ACTIVATE, *handle, NEW_ASID, 0, 0, 0);
}

static int receive_all(u32 handle)
{
	memset(guest_page, 0xff, 4096);
	return transport(PSP_RECEIVE_UPDATE_DATA, handle, guest_page, &memory) &&
	       transport(PSP_RECEIVE_UPDATE_VMSA, handle, new_vmsa, &registers);
}

static u32 run(u32 asid, u8 *vmsa)
{
	sev_vmcb(vmcb, asid, vmsa);
	return svm_run();
}

void main(void)
{
	u32 handle = 0, received = 0;

	check(psp_find() && !psp_init(), "there is a security processor");
	paging_on();
	if (!check(launch(&handle), "a SEV-ES guest is launched"))
		return;
	check_equal(run(ASID, old_vmsa), EXIT_VMGEXIT, "it runs up to its first VMGEXIT");
	if (!check(send_all(handle), "it is sent"))
		return;
	if (!check(receive_start(&received) && receive_all(received), "it is received"))
		return;
	check_equal(run(NEW_ASID, new_vmsa), EXIT_REFUSED, "it does not run before RECEIVE_FINISH");
	check(!psp(PSP_RECEIVE_FINISH, received, 0, 0, 0, 0), "it is complete");
	check_equal(run(NEW_ASID, old_vmsa), EXIT_REFUSED, "the VMSA that stayed behind is not its own");
	check_equal(run(NEW_ASID, new_vmsa), EXIT_VMGEXIT, "it runs on with its memory and registers");
	check(!psp(PSP_DEACTIVATE, handle, 0, 0, 0, 0) && !psp(PSP_DECOMMISSION, handle, 0, 0, 0, 0),
	      "the guest that was sent is given up");
}
