/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The smallest PC on which OVMF starts a Linux kernel: memory, firmware, KVM's interrupt
 * controllers and timer, fw_cfg, CMOS, power management registers, a host bridge, two serial ports.
 * With SEV-ES, or plain to look into a guest that does not start.
 */
#ifndef ES_PC_PC_H
#define ES_PC_PC_H

#include "acpi.h"
#include "cmos.h"
#include "fw_cfg.h"
#include "pci.h"
#include "pm.h"
#include "serial.h"
#include "../vmm/vm.h"

#define PC_RAM_BYTES	0x10000000ull

struct pc_options {
	const char *firmware, *kernel;	/* files */
	const uint8_t *init;		/* the guest's first program */
	uint32_t init_bytes;
	const char *cmdline;
	unsigned int nr_vcpus;
	unsigned int ghcb_version;	/* as in struct vmm_vm_options */
	bool plain;
};

struct pc {
	struct vmm_vm vms[2];
	struct vmm_vm *vm;		/* where the guest is */
	struct vmm_vm_options options;
	struct vmm_slot slots[2];
	uint8_t *ram, *flash, *kernel, *initrd;
	uint32_t firmware_bytes;
	struct fw_cfg fw_cfg;
	struct acpi acpi;
	struct cmos cmos;
	struct pm pm;
	struct pci pci;
	struct serial console, line;	/* COM1: the kernel's console; COM2 */
};

/*
 * Build the machine and launch it; its vCPUs do not run yet.  Failures end the case with one
 * sentence.
 */
void pc_create(struct pc *pc, const struct pc_options *options);
void pc_destroy(struct pc *pc);
/* Let all vCPUs run, or resume. */
void pc_go(struct pc *pc);
/* Return false when a vCPU has left KVM_RUN by an exit that this machine does not know. */
bool pc_runs(struct pc *pc);

#endif
