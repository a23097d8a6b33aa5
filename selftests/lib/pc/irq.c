// SPDX-License-Identifier: GPL-2.0
#include "irq.h"

#include <sys/ioctl.h>
#include "../vmm/env.h"

void pc_create_timer(struct vmm_vm *vm)
{
	struct kvm_pit_config config = { .flags = KVM_PIT_SPEAKER_DUMMY };	/* port 0x61 */

	if (ioctl(vm->fd, KVM_CREATE_PIT2, &config))
		vmm_fail("KVM_CREATE_PIT2 failed: %m");
}

void pc_set_irq(void *context, unsigned int irq, bool level)
{
	struct kvm_irq_level line = { .irq = irq, .level = level };
	struct pc *pc = context;

	if (ioctl(pc->vm->fd, KVM_IRQ_LINE, &line))
		vmm_fail("KVM_IRQ_LINE %u failed: %m", irq);
}
