// SPDX-License-Identifier: GPL-2.0
/*
 * A guest with something to hide, for the tests of the operator's command: `marked-guest HEX` runs
 * an SEV-ES guest that has the 8 bytes of HEX in shared and in private memory and writes them to an
 * MSR that nobody has, so that KVM may put them into the kernel's log.  Then "ready"; for each line
 * that comes in the guest answers a request, and "alive" goes out.  At the end of the input it ends
 * the guest.
 */
#include <stdio.h>
#include <stdlib.h>
#include "env.h"
#include "order.h"

#define MSR_NOBODY_HAS	0x12345678

static void mark(struct vmm_vcpu *vcpu, uint64_t value)
{
	uint8_t *ghcb;

	/* The agent writes the complement. */
	vmm_order(vcpu, AGENT_WRITE8, AGENT_PLAIN_GPA, ~value);
	vmm_order(vcpu, AGENT_WRITE8, AGENT_SPARE_GPA, ~value);
	ghcb = vmm_request(vcpu, SPEC_EXIT_MSR, 1, 0);
	spec_ghcb_put(ghcb, SPEC_GHCB_RCX, MSR_NOBODY_HAS);
	spec_ghcb_put(ghcb, SPEC_GHCB_RAX, (uint32_t)value);
	spec_ghcb_put(ghcb, SPEC_GHCB_RDX, value >> 32);
	vmm_send(vcpu);
}

int main(int argc, char **argv)
{
	struct vmm_vm vm;
	char line[80];

	if (argc != 2)
		vmm_fail("Usage: marked-guest HEX");
	vmm_vm_create(&vm, &(struct vmm_vm_options){ .nr_vcpus = 1 });
	vmm_vm_launch(&vm);
	vmm_boot(&vm);
	mark(&vm.vcpus[0], strtoull(argv[1], NULL, 16));
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		puts(vmm_guest_answers(&vm.vcpus[0]) ? "alive" : "dead");
		fflush(stdout);
	}
	vmm_vm_destroy(&vm);
	return 0;
}
