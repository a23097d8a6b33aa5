/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ports of the devices, and the exits of vCPUs to them.
 */
#ifndef ES_PC_PORTS_H
#define ES_PC_PORTS_H

#include "pc.h"

/* Handle an exit as on_exit() of struct vmm_vm, whose context is the struct pc. */
bool pc_on_exit(struct vmm_vcpu *vcpu, struct kvm_run *run);

#endif
