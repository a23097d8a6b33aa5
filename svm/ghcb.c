// SPDX-License-Identifier: GPL-2.0
/*
 * The GHCB page: snapshot in, answer out.
 * AMD 56421 GHCB Specification, "GHCB Layout".
 *
 * The guest controls every byte, and other vCPUs may rewrite the page at any moment.  So each
 * byte in use is fetched once per exit, into the image; a field counts only where the bitmap
 * fetched with it says so; everything later works on es->req.
 *
 * The page is not mapped.  Its host address is cached and looked up again when the memory slots
 * change (KVM's gfn_to_hva_cache), so an exit neither maps nor pins, and nothing is left behind
 * when a VM dies.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "ghcb.h"

/* What every request needs lies together: exit code, infos, scratch, XCR0, bitmap. */
#define TAIL_OFFSET	ES_GHCB_SW_EXITCODE
#define TAIL_BYTES	(ES_GHCB_VALID_BITMAP + ES_GHCB_BITMAP_BYTES - TAIL_OFFSET)

/* RCX, RDX and RBX are neighbours, and RSI is near. */
#define GPRS_OFFSET	ES_GHCB_RCX
#define GPRS_BYTES	(ES_GHCB_RSI + 8 - GPRS_OFFSET)

/* Protocol version and usage share the page's last quadword with reserved bytes. */
#define LAST_OFFSET	(ES_GHCB_SIZE - 8)

#define CHECK_FIELD(offset, field)	static_assert(offsetof(struct ghcb, field) == (offset))
CHECK_FIELD(ES_GHCB_CPL, save.cpl);
CHECK_FIELD(ES_GHCB_RAX, save.rax);
CHECK_FIELD(ES_GHCB_RCX, save.rcx);
CHECK_FIELD(ES_GHCB_RDX, save.rdx);
CHECK_FIELD(ES_GHCB_RBX, save.rbx);
CHECK_FIELD(ES_GHCB_RSI, save.rsi);
CHECK_FIELD(ES_GHCB_SW_EXITCODE, save.sw_exit_code);
CHECK_FIELD(ES_GHCB_SW_EXITINFO1, save.sw_exit_info_1);
CHECK_FIELD(ES_GHCB_SW_EXITINFO2, save.sw_exit_info_2);
CHECK_FIELD(ES_GHCB_SW_SCRATCH, save.sw_scratch);
CHECK_FIELD(ES_GHCB_XCR0, save.xcr0);
CHECK_FIELD(ES_GHCB_VALID_BITMAP, save.valid_bitmap);
CHECK_FIELD(ES_GHCB_SHARED_BUFFER, shared_buffer);
CHECK_FIELD(ES_GHCB_PROTOCOL_VERSION, protocol_version);
CHECK_FIELD(ES_GHCB_USAGE, ghcb_usage);
static_assert(sizeof(struct ghcb) == ES_GHCB_SIZE);

/* Make the cache know the page at @gpa of this VM (a vCPU's state can move to another VM). */
static int look_up(struct kvm_vcpu *vcpu, u64 gpa)
{
	struct es_ghcb_access *access = &to_es(vcpu)->ghcb;

	if (likely(access->kvm == vcpu->kvm && access->cache.gpa == gpa))
		return 0;

	access->kvm = NULL;
	if (kvm_gfn_to_hva_cache_init(vcpu->kvm, &access->cache, gpa, ES_GHCB_SIZE))
		return -EFAULT;
	access->kvm = vcpu->kvm;
	return 0;
}

static int read_page(struct kvm_vcpu *vcpu, u32 offset, u32 len_bytes)
{
	struct es_vcpu *es = to_es(vcpu);

	return kvm_read_guest_offset_cached(vcpu->kvm, &es->ghcb.cache, (u8 *)es->image + offset,
					    offset, len_bytes);
}

static int write_page(struct kvm_vcpu *vcpu, u32 offset, u32 len_bytes)
{
	struct es_vcpu *es = to_es(vcpu);

	return kvm_write_guest_offset_cached(vcpu->kvm, &es->ghcb.cache, (u8 *)es->image + offset,
					     offset, len_bytes);
}

int es_ghcb_read_buffer(struct kvm_vcpu *vcpu, u32 offset, u32 len_bytes)
{
	return read_page(vcpu, offset, len_bytes);
}

int es_ghcb_write_buffer(struct kvm_vcpu *vcpu, u32 offset, u32 len_bytes)
{
	if (look_up(vcpu, es_ghcb_gpa(vcpu)))
		return -EFAULT;
	return write_page(vcpu, offset, len_bytes);
}

static bool marked(const struct ghcb *image, u32 offset)
{
	u32 bit = ES_GHCB_BIT(offset);

	return image->save.valid_bitmap[bit / 8] & BIT(bit % 8);
}

/* The fields outside the tail, as far as the guest marked them. */
static int fetch_registers(struct kvm_vcpu *vcpu, const struct ghcb *image)
{
	int r = 0;

	if (marked(image, ES_GHCB_RAX))
		r = read_page(vcpu, ES_GHCB_RAX, 8);
	if (!r && (marked(image, ES_GHCB_RCX) || marked(image, ES_GHCB_RDX) ||
		   marked(image, ES_GHCB_RBX) || marked(image, ES_GHCB_RSI)))
		r = read_page(vcpu, GPRS_OFFSET, GPRS_BYTES);
	if (!r && marked(image, ES_GHCB_CPL))
		r = read_page(vcpu, ES_GHCB_CPL, 1);
	return r;
}

/* UNTRUSTED: from here on only values, no longer memory that the guest can change. */
static void unpack(struct es_request *req, const struct ghcb *image)
{
	u32 valid = 0;

#define TAKE(_member, _field, _offset, _flag)		\
	do {						\
		bool _marked = marked(image, _offset);	\
							\
		req->_member = _marked ? image->save._field : 0;	\
		valid |= _marked ? (_flag) : 0;		\
	} while (0)

	TAKE(rax, rax, ES_GHCB_RAX, ES_F_RAX);
	TAKE(rbx, rbx, ES_GHCB_RBX, ES_F_RBX);
	TAKE(rcx, rcx, ES_GHCB_RCX, ES_F_RCX);
	TAKE(rdx, rdx, ES_GHCB_RDX, ES_F_RDX);
	TAKE(rsi, rsi, ES_GHCB_RSI, ES_F_RSI);
	TAKE(cpl, cpl, ES_GHCB_CPL, ES_F_CPL);
	TAKE(xcr0, xcr0, ES_GHCB_XCR0, ES_F_XCR0);
	TAKE(code, sw_exit_code, ES_GHCB_SW_EXITCODE, ES_F_CODE);
	TAKE(info1, sw_exit_info_1, ES_GHCB_SW_EXITINFO1, ES_F_INFO1);
	TAKE(info2, sw_exit_info_2, ES_GHCB_SW_EXITINFO2, ES_F_INFO2);
	TAKE(scratch_gpa, sw_scratch, ES_GHCB_SW_SCRATCH, ES_F_SCRATCH);
#undef TAKE

	req->usage = image->ghcb_usage;
	req->protocol_version = image->protocol_version;
	req->valid = valid;
}

int es_ghcb_snapshot(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);

	if (look_up(vcpu, es_ghcb_gpa(vcpu)) ||
	    read_page(vcpu, TAIL_OFFSET, TAIL_BYTES) ||
	    read_page(vcpu, LAST_OFFSET, 8) ||
	    fetch_registers(vcpu, es->image))
		return -EFAULT;

	unpack(&es->req, es->image);
	return 0;
}

static void mark(struct ghcb *image, u32 offset)
{
	u32 bit = ES_GHCB_BIT(offset);

	image->save.valid_bitmap[bit / 8] |= BIT(bit % 8);
}

static int write_register(struct kvm_vcpu *vcpu, u32 flag, u32 offset, u64 value)
{
	struct es_vcpu *es = to_es(vcpu);

	if (!(es->answer.returns & flag))
		return 0;
	memcpy((u8 *)es->image + offset, &value, sizeof(value));
	mark(es->image, offset);
	return write_page(vcpu, offset, sizeof(value));
}

/* The bitmap goes last: who polls another vCPU's page never takes half an answer for the whole. */
int es_ghcb_write_answer(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	unsigned long *regs = vcpu->arch.regs;
	struct ghcb *image = es->image;

	if (look_up(vcpu, es_ghcb_gpa(vcpu)))
		return -EFAULT;

	memset(image->save.valid_bitmap, 0, ES_GHCB_BITMAP_BYTES);
	if (write_register(vcpu, ES_F_RAX, ES_GHCB_RAX, regs[VCPU_REGS_RAX]) ||
	    write_register(vcpu, ES_F_RBX, ES_GHCB_RBX, regs[VCPU_REGS_RBX]) ||
	    write_register(vcpu, ES_F_RCX, ES_GHCB_RCX, regs[VCPU_REGS_RCX]) ||
	    write_register(vcpu, ES_F_RDX, ES_GHCB_RDX, regs[VCPU_REGS_RDX]))
		return -EFAULT;

	image->save.sw_exit_info_1 = es->answer.info1;
	image->save.sw_exit_info_2 = es->answer.info2;
	mark(image, ES_GHCB_SW_EXITINFO1);
	mark(image, ES_GHCB_SW_EXITINFO2);
	if (write_page(vcpu, ES_GHCB_SW_EXITINFO1, 16))
		return -EFAULT;
	return write_page(vcpu, ES_GHCB_VALID_BITMAP, ES_GHCB_BITMAP_BYTES);
}
