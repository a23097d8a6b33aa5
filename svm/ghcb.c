// SPDX-License-Identifier: GPL-2.0
/*
 * The GHCB page: fetch the request, write the response.
 * AMD 56421 GHCB Specification, "GHCB Layout".
 *
 * The guest controls every byte, and other vCPUs may rewrite the page at any moment.  So fetch the
 * valid bitmap first, then each valid field, once per exit; everything later uses es->req.
 *
 * The page is not mapped.  Its host address is cached, and looked up again when the memory slots
 * change (KVM's gfn_to_hva_cache), so an exit neither maps nor pins, and nothing is left when a VM
 * dies.  The fastpath calls this with page faults disabled; an access then fails if the page is not
 * present.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "ghcb.h"

/* Protocol version and usage are the upper half of the page's last quadword. */
#define LAST_OFFSET	(ES_GHCB_SIZE - 8)

#define CHECK_FIELD(offset, field)	static_assert(offsetof(struct ghcb, field) == (offset))
CHECK_FIELD(ES_GHCB_CPL, save.cpl);
CHECK_FIELD(ES_GHCB_XSS, save.xss);
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

static noinline int look_up_slow(struct kvm_vcpu *vcpu, u64 gpa)
{
	struct es_ghcb_access *access = &to_es(vcpu)->ghcb;

	access->known = false;
	/*
	 * Userspace may have set any value.  KVM's cache has no memory slot for an area in two
	 * pages.
	 */
	if (!PAGE_ALIGNED(gpa) ||
	    kvm_gfn_to_hva_cache_init(vcpu->kvm, &access->cache, gpa, ES_GHCB_SIZE))
		return -EFAULT;
	access->known = true;
	return 0;
}

/*
 * Make the cache hold the GHCB page.  The cached address belongs to the VM's process, and is valid
 * while the generation of the VM's memory slots is the same.  A move invalidates the cache
 * (es_ghcb_forget()), because the generations of two VMs are unrelated.  Does not sleep.
 */
static __always_inline int look_up(struct kvm_vcpu *vcpu)
{
	const struct es_ghcb_access *access = &to_es(vcpu)->ghcb;
	u64 gpa = es_ghcb_msr(vcpu);

	es_assert_own_process(vcpu);
	if (likely(access->known && access->cache.gpa == gpa &&
		   access->cache.generation == kvm_memslots(vcpu->kvm)->generation))
		return 0;
	return look_up_slow(vcpu, gpa);
}

static u8 __user *page_of(const struct es_vcpu *es)
{
	return (u8 __user *)es->ghcb.cache.hva;
}

int es_ghcb_read_buffer(struct kvm_vcpu *vcpu, u32 offset, u32 len_bytes)
{
	struct es_vcpu *es = to_es(vcpu);
	u8 *to = (u8 *)es->shadow + offset;
	const u8 __user *from;

	if (look_up(vcpu))
		return -EFAULT;

	from = page_of(es) + offset;
	if (!user_access_begin(page_of(es), ES_GHCB_SIZE))
		return -EFAULT;
	for (; len_bytes >= 8; len_bytes -= 8, to += 8, from += 8)
		unsafe_get_user(*(u64 *)to, (u64 __user *)from, fault);
	if (len_bytes & 4) {
		unsafe_get_user(*(u32 *)to, (u32 __user *)from, fault);
		to += 4;
		from += 4;
	}
	for (len_bytes &= 3; len_bytes; len_bytes--, to++, from++)
		unsafe_get_user(*to, from, fault);
	user_access_end();
	return 0;

fault:
	user_access_end();
	return -EFAULT;
}

static bool is_field_valid(const u64 bitmap[2], u32 offset)
{
	return bitmap[ES_GHCB_BIT(offset) / 64] & BIT(ES_GHCB_BIT(offset) % 64);
}

/* Fetch one field, if it is valid. */
#define FETCH_FIELD(_member, _offset, _flag)						\
	do {									\
		if (is_field_valid(bitmap, _offset)) {				\
			unsafe_get_user(req->_member,				\
					(typeof(req->_member) __user *)(page + (_offset)), fault); \
			req->valid |= (_flag);					\
		}								\
	} while (0)

#define VALID_GPRS	(BIT(ES_GHCB_BIT(ES_GHCB_RBX) % 64) | BIT(ES_GHCB_BIT(ES_GHCB_RCX) % 64) | \
			 BIT(ES_GHCB_BIT(ES_GHCB_RDX) % 64) | BIT(ES_GHCB_BIT(ES_GHCB_RSI) % 64) | \
			 BIT(ES_GHCB_BIT(ES_GHCB_XCR0) % 64))

/* UNTRUSTED: the guest can change the page, but not the copy that this makes. */
static int fetch_fields(struct es_request *req, const u8 __user *page)
{
	u64 bitmap[2], last;

	*req = (struct es_request) { };
	if (!user_access_begin(page, ES_GHCB_SIZE))
		return -EFAULT;
	unsafe_get_user(bitmap[0], (u64 __user *)(page + ES_GHCB_VALID_BITMAP), fault);
	unsafe_get_user(bitmap[1], (u64 __user *)(page + ES_GHCB_VALID_BITMAP + 8), fault);
	unsafe_get_user(last, (u64 __user *)(page + LAST_OFFSET), fault);
	FETCH_FIELD(code, ES_GHCB_SW_EXITCODE, ES_F_CODE);
	FETCH_FIELD(info1, ES_GHCB_SW_EXITINFO1, ES_F_INFO1);
	FETCH_FIELD(info2, ES_GHCB_SW_EXITINFO2, ES_F_INFO2);
	FETCH_FIELD(scratch_gpa, ES_GHCB_SW_SCRATCH, ES_F_SCRATCH);
	if (bitmap[0]) {
		FETCH_FIELD(rax, ES_GHCB_RAX, ES_F_RAX);
		FETCH_FIELD(cpl, ES_GHCB_CPL, ES_F_CPL);
		FETCH_FIELD(xss, ES_GHCB_XSS, ES_F_XSS);
	}
	if (bitmap[1] & VALID_GPRS) {
		FETCH_FIELD(rbx, ES_GHCB_RBX, ES_F_RBX);
		FETCH_FIELD(rcx, ES_GHCB_RCX, ES_F_RCX);
		FETCH_FIELD(rdx, ES_GHCB_RDX, ES_F_RDX);
		FETCH_FIELD(rsi, ES_GHCB_RSI, ES_F_RSI);
		FETCH_FIELD(xcr0, ES_GHCB_XCR0, ES_F_XCR0);
	}
	user_access_end();

	req->protocol_version = last >> 16;
	req->usage = last >> 32;
	return 0;

fault:
	user_access_end();
	return -EFAULT;
}

int es_ghcb_snapshot(struct kvm_vcpu *vcpu)
{
	if (look_up(vcpu))
		return -EFAULT;
	return fetch_fields(&to_es(vcpu)->req, page_of(to_es(vcpu)));
}

struct ghcb *es_ghcb_fill_shadow(struct es_vcpu *es, u64 info1, u64 info2)
{
	es->shadow->save.sw_exit_code = es->req.code;
	es->shadow->save.sw_exit_info_1 = info1;
	es->shadow->save.sw_exit_info_2 = info2;
	return es->shadow;
}

/* Store one register, if the response returns it. */
#define STORE_REG(_reg, _offset, _flag)						\
	do {									\
		if (response->returned & (_flag)) {				\
			unsafe_put_user(regs[_reg], (u64 __user *)(page + (_offset)), fault); \
			bitmap[ES_GHCB_BIT(_offset) / 64] |= BIT(ES_GHCB_BIT(_offset) % 64); \
		}								\
	} while (0)

/* Call between user_access_begin() and user_access_end(). */
static __always_inline int store_payload(const struct es_scratch *scratch, u8 __user *to)
{
	const u8 *from = scratch->data;
	u32 len_bytes = scratch->len_bytes;

	unsafe_copy_to_user(to, from, len_bytes, fault);
	return 0;

fault:
	return -EFAULT;
}

/*
 * Write the bitmap last, so that a vCPU that polls another vCPU's GHCB never sees a partial
 * response marked valid.  Call between user_access_begin() and user_access_end().
 */
static __always_inline int store_response(const struct es_response *response,
					  const unsigned long *regs, u8 __user *page)
{
	u64 bitmap[2] = { 0, BIT(ES_GHCB_BIT(ES_GHCB_SW_EXITINFO1) % 64) |
			     BIT(ES_GHCB_BIT(ES_GHCB_SW_EXITINFO2) % 64) };

	STORE_REG(VCPU_REGS_RAX, ES_GHCB_RAX, ES_F_RAX);
	STORE_REG(VCPU_REGS_RBX, ES_GHCB_RBX, ES_F_RBX);
	STORE_REG(VCPU_REGS_RCX, ES_GHCB_RCX, ES_F_RCX);
	STORE_REG(VCPU_REGS_RDX, ES_GHCB_RDX, ES_F_RDX);
	unsafe_put_user(response->info1, (u64 __user *)(page + ES_GHCB_SW_EXITINFO1), fault);
	unsafe_put_user(response->info2, (u64 __user *)(page + ES_GHCB_SW_EXITINFO2), fault);
	unsafe_put_user(bitmap[0], (u64 __user *)(page + ES_GHCB_VALID_BITMAP), fault);
	unsafe_put_user(bitmap[1], (u64 __user *)(page + ES_GHCB_VALID_BITMAP + 8), fault);
	return 0;

fault:
	return -EFAULT;
}

int es_ghcb_write_response(struct kvm_vcpu *vcpu, const struct es_scratch *payload)
{
	struct es_vcpu *es = to_es(vcpu);
	const struct gfn_to_hva_cache *cache = &es->ghcb.cache;
	int r = 0;

	if (look_up(vcpu))
		return -EFAULT;

	if (!user_access_begin(page_of(es), ES_GHCB_SIZE))
		return -EFAULT;
	if (payload)
		r = store_payload(payload, page_of(es) + offset_in_page(payload->gpa));
	if (!r)
		r = store_response(&es->response, vcpu->arch.regs, page_of(es));
	user_access_end();

	if (kvm_slot_dirty_track_enabled(cache->memslot)) {
		mark_page_dirty_in_slot(vcpu->kvm, cache->memslot, gpa_to_gfn(cache->gpa));
		es_compat_marked_dirty(vcpu);
	}
	return r;
}
