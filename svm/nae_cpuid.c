// SPDX-License-Identifier: GPL-2.0
/*
 * CPUID.
 * AMD 56421 GHCB Specification, "NAE Events" (CPUID).
 *
 * The guest controls the leaf, the subleaf, its XCR0, XSS and CPL.  Leaf 0xd depends on XCR0 and
 * XSS, which KVM learns from the request only.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "cpuid.h"
#include "cpuid_cache.h"
#include "nae.h"
#include "respond.h"

/*
 * Return the XCR0 that the guest reported, limited to what userspace could set, or else what KVM
 * has.
 */
static u64 reported_xcr0(struct kvm_vcpu *vcpu)
{
	const struct es_vcpu *es = to_es(vcpu);

	if (!(es->req.valid & ES_F_XCR0))
		return vcpu->arch.xcr0;
	return es_xcr0_usable(es->req.xcr0, es->limits.xcr0);
}

static u64 reported_xss(struct kvm_vcpu *vcpu)
{
	const struct es_vcpu *es = to_es(vcpu);

	return es->req.valid & ES_F_XSS ? es->req.xss & es->limits.xss : vcpu->arch.ia32_xss;
}

static bool changes_xstate(struct kvm_vcpu *vcpu)
{
	return (u32)to_es(vcpu)->req.rax == 0xd &&
	       (reported_xcr0(vcpu) != vcpu->arch.xcr0 ||
		reported_xss(vcpu) != vcpu->arch.ia32_xss);
}

static void return_leaf(struct kvm_vcpu *vcpu, const u32 regs[4])
{
	vcpu->arch.regs[VCPU_REGS_RAX] = regs[0];
	vcpu->arch.regs[VCPU_REGS_RBX] = regs[1];
	vcpu->arch.regs[VCPU_REGS_RCX] = regs[2];
	vcpu->arch.regs[VCPU_REGS_RDX] = regs[3];
}

/* With CPUID faulting, which the guest enables by an MSR, CPUID raises #GP outside CPL 0. */
static bool raises_gp(struct kvm_vcpu *vcpu)
{
	return unlikely(cpuid_fault_enabled(vcpu)) && to_es(vcpu)->req.cpl;
}

bool es_nae_cpuid_fastpath(struct kvm_vcpu *vcpu)
{
	const struct es_request *req = &to_es(vcpu)->req;
	u32 regs[4];

	if (raises_gp(vcpu) || changes_xstate(vcpu) ||
	    !es_cpuid_lookup_cached(vcpu, req->rax, req->rcx, regs))
		return false;
	return_leaf(vcpu, regs);
	return true;
}

int es_nae_cpuid(struct kvm_vcpu *vcpu)
{
	const struct es_request *req = &to_es(vcpu)->req;
	u32 regs[4];

	if (raises_gp(vcpu)) {
		es_respond_inject_exception(to_es(vcpu), GP_VECTOR);
		return 1;
	}
	if (changes_xstate(vcpu)) {
		vcpu->arch.xcr0 = reported_xcr0(vcpu);
		vcpu->arch.ia32_xss = reported_xss(vcpu);
		kvm_update_cpuid_runtime(vcpu);
	}
	es_cpuid_lookup(vcpu, req->rax, req->rcx, regs);
	return_leaf(vcpu, regs);
	return 1;
}
