// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's control registers as KVM knows them.
 * AMD 24593 APM Volume 2, "Encrypted State": CR0, CR4 and EFER write traps.
 *
 * The registers themselves are in the VMSA.  KVM learns CR0, CR4 and EFER when the guest has
 * changed them (write traps), XCR0 and XSS when it requests CPUID, and all five before the launch.
 * The guest sees them in CPUID: OSXSAVE and OSPKE come from CR4, the sizes in leaf 0xd from XCR0.
 *
 * KVM's setters check a register against other registers and the vCPU's CPUID.  A write trap comes
 * after the write, which the CPU has checked, for one register at a time.  So a guest can set CR4
 * bits that its CPUID hides, and (if it came from a host whose VMM transferred no registers) a CR0
 * that does not fit KVM's CR4 yet.  Accept here whatever a guest can cause.
 *
 * The guest controls all of these, within the limits of the CPU.
 */
#include <linux/kvm_host.h>

#include <asm/processor.h>

#include "x86.h"
#include "cpuid.h"
#include "es.h"
#include "known_regs.h"

/* CPUID leaf 7, ECX: shadow stacks. */
#define HAS_CET		BIT(7)

void es_known_regs_get(const struct kvm_vcpu *vcpu, struct es_known_regs *regs)
{
	*regs = (struct es_known_regs) {
		.cr0 = vcpu->arch.cr0,
		.cr4 = vcpu->arch.cr4,
		.efer = vcpu->arch.efer & ~(u64)EFER_SVME,
		.xcr0 = vcpu->arch.xcr0,
		.xss = vcpu->arch.ia32_xss,
	};
}

static bool cr0_is_valid(u64 cr0)
{
	if (upper_32_bits(cr0))
		return false;
	if ((cr0 & X86_CR0_NW) && !(cr0 & X86_CR0_CD))
		return false;
	return !(cr0 & X86_CR0_PG) || (cr0 & X86_CR0_PE);
}

/* KVM offers CET to no guest, but does not stop an SEV-ES guest from using it. */
static bool cr4_is_valid(u64 cr4)
{
	u64 reserved = __cr4_reserved_bits(cpu_has, &boot_cpu_data);

	if (boot_cpu_data.cpuid_level >= 7 && (cpuid_ecx(7) & HAS_CET))
		reserved &= ~(u64)X86_CR4_CET;
	return !(cr4 & reserved);
}

/* LME, LMA and NX every host with SEV has. */
static bool efer_is_valid(struct kvm_vcpu *vcpu, u64 efer)
{
	if (efer & EFER_SVME)
		return false;
	if ((efer & EFER_FFXSR) && !boot_cpu_has(X86_FEATURE_FXSR_OPT))
		return false;
	return kvm_valid_efer(vcpu, efer & ~(u64)(EFER_LME | EFER_LMA | EFER_NX | EFER_FFXSR));
}

/*
 * A vCPU whose registers are not yet encrypted runs with these, so nothing may come through here
 * that XSETBV or WRMSR would reject.
 */
static bool xstate_is_valid(const struct kvm_vcpu *vcpu, u64 xcr0, u64 xss)
{
	u64 offered = vcpu->arch.guest_supported_xcr0 | XFEATURE_MASK_FP;

	return es_xcr0_usable(xcr0, offered) == xcr0 && !(xss & ~kvm_caps.supported_xss);
}

bool es_known_regs_valid(struct kvm_vcpu *vcpu, const struct es_known_regs *regs)
{
	return cr0_is_valid(regs->cr0) && cr4_is_valid(regs->cr4) &&
	       efer_is_valid(vcpu, regs->efer) &&
	       xstate_is_valid(vcpu, regs->xcr0, regs->xss);
}

/* KVM's own way to set them, each with all that depends on it: as KVM_SET_SREGS. */
static void set_control_regs(struct kvm_vcpu *vcpu, u64 cr0, u64 cr4, u64 efer)
{
	if (vcpu->arch.cr0 == cr0 && vcpu->arch.cr4 == cr4 && vcpu->arch.efer == efer)
		return;

	/* CR0 changes LMA, so set EFER after it.  It can only fail where SVME changes. */
	svm_set_cr0(vcpu, cr0);
	svm_set_efer(vcpu, efer);
	svm_set_cr4(vcpu, cr4);
	kvm_mmu_reset_context(vcpu);
	kvm_make_request(KVM_REQ_TLB_FLUSH_GUEST, vcpu);
}

/*
 * SVME belongs to the nested state that svm_set_efer() allocates, and to KVM_SET_NESTED_STATE,
 * which takes it for a proof of that.
 */
void es_known_regs_set(struct kvm_vcpu *vcpu, const struct es_known_regs *regs)
{
	u64 svme = vcpu->arch.efer & EFER_SVME;

	lockdep_assert(mutex_is_locked(&vcpu->mutex));
	set_control_regs(vcpu, regs->cr0, regs->cr4, (regs->efer & ~(u64)EFER_SVME) | svme);
	vcpu->arch.xcr0 = regs->xcr0;
	vcpu->arch.ia32_xss = regs->xss;
	kvm_update_cpuid_runtime(vcpu);
}
