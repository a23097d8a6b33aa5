// SPDX-License-Identifier: GPL-2.0
#include "launch.h"

#include <string.h>
#include <sys/ioctl.h>
#include "../vmm/env.h"
#include "flash.h"

/* The launch freezes these into the VMSA; a SIPI's vector has no meaning. */
static void start_at(struct vmm_vcpu *vcpu, uint32_t address)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) || ioctl(vcpu->fd, KVM_GET_REGS, &regs))
		vmm_fail("the registers of vCPU %u cannot be read: %m", vcpu->nr);
	sregs.cs.base = address & 0xffff0000;
	regs.rip = address & 0xffff;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) || ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		vmm_fail("the registers of vCPU %u cannot be set: %m", vcpu->nr);
}

static int launch_firmware(struct pc *pc)
{
	struct kvm_sev_launch_update_data data = {
		.uaddr = (uintptr_t)pc->flash + FLASH_BYTES - pc->firmware_bytes,
		.len = pc->firmware_bytes,
	};

	return vmm_sev_cmd(pc->vm, KVM_SEV_LAUNCH_UPDATE_DATA, &data, NULL);
}

void pc_launch(struct pc *pc)
{
	uint32_t ap_start = flash_ap_start(pc->flash);
	unsigned int i;

	if (!ap_start)
		vmm_fail(
			"the firmware does not say where APs of an SEV-ES guest start: is it an OVMF?");
	for (i = 1; i < pc->vm->nr_vcpus; i++)
		start_at(&pc->vm->vcpus[i], ap_start);
	if (vmm_launch_start(pc->vm) || launch_firmware(pc) || vmm_launch_vmsa(pc->vm) ||
	    vmm_launch_measure(pc->vm) || vmm_launch_finish(pc->vm))
		vmm_fail("the machine cannot be launched: %m");
}
