// SPDX-License-Identifier: GPL-2.0
#include "pc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "../vmm/env.h"
#include "flash.h"
#include "irq.h"
#include "launch.h"
#include "linux.h"
#include "ports.h"

#define COM1_IRQ	4
#define COM2_IRQ	3

static uint8_t *map(uint64_t bytes)
{
	uint8_t *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			       0);

	if (memory == MAP_FAILED)
		vmm_fail("mapping %llu bytes of guest memory failed: %m",
			 (unsigned long long)bytes);
	return memory;
}

static void map_memory(struct pc *pc, const char *firmware)
{
	pc->ram = map(PC_RAM_BYTES);
	pc->flash = map(FLASH_BYTES);
	pc->slots[0] = (struct vmm_slot){ .bytes = PC_RAM_BYTES, .memory = pc->ram };
	pc->slots[1] = (struct vmm_slot){ .gpa = FLASH_GPA,
					  .bytes = FLASH_BYTES,
					  .memory = pc->flash };
	pc->firmware_bytes = flash_load(pc->flash, firmware);
	if (!pc->firmware_bytes)
		vmm_fail("the firmware %s cannot be read or is larger than 2 MiB", firmware);
}

/*
 * Show no topology: each CPU is a separate package.  The TSC may change with a move, so the clock
 * is KVM's.
 */
static void edit_cpuid(struct kvm_cpuid_entry2 *entry)
{
	switch (entry->function) {
	case 1:
		entry->ecx |= 1u << 31 | 1u << 24;	/* hypervisor, TSC deadline timer */
		entry->ebx &= 0xff00ffff;
		entry->edx &= ~(1u << 28);
		break;
	case 0xb:
	case 0x1f:
	case 0x8000001e:
		entry->eax = entry->ebx = entry->ecx = entry->edx = 0;
		break;
	case 0x80000001:
		entry->ecx &= ~(1u << 22 | 1u << 1);	/* topology extensions, CmpLegacy */
		break;
	case 0x80000007:
		entry->edx &= ~(1u << 8);	/* invariant TSC */
		break;
	case 0x80000008:
		entry->ecx = 0;
		break;
	}
}

/* Edit CPUID in the same way, without memory encryption. */
static void edit_plain_cpuid(struct kvm_cpuid_entry2 *entry)
{
	edit_cpuid(entry);
	if (entry->function == 0x8000001f)
		entry->eax = entry->ebx = entry->ecx = entry->edx = 0;
}

static void init_devices(struct pc *pc, const struct pc_options *options)
{
	fw_cfg_init(&pc->fw_cfg, pc->ram, PC_RAM_BYTES);
	acpi_init(&pc->acpi, &pc->fw_cfg, options->nr_vcpus);
	linux_load(pc, options);
	cmos_init(&pc->cmos, PC_RAM_BYTES);
	pci_init(&pc->pci);
	serial_init(&pc->console, COM1_IRQ, pc_set_irq, pc);
	serial_init(&pc->line, COM2_IRQ, pc_set_irq, pc);
}

void pc_create(struct pc *pc, const struct pc_options *options)
{
	memset(pc, 0, sizeof(*pc));
	map_memory(pc, options->firmware);
	pc->options = (struct vmm_vm_options){
		.nr_vcpus = options->nr_vcpus,
		.ghcb_version = options->ghcb_version,
		.plain = options->plain,
		.slots = pc->slots,
		.nr_slots = 2,
		.edit_cpuid = options->plain ? edit_plain_cpuid : edit_cpuid,
	};
	pc->vm = &pc->vms[0];
	vmm_vm_create(pc->vm, &pc->options);
	pc_create_timer(pc->vm);
	init_devices(pc, options);
	pc->vm->on_exit = pc_on_exit;
	pc->vm->context = pc;
	if (!options->plain)
		pc_launch(pc);
}

void pc_destroy(struct pc *pc)
{
	vmm_vm_close(pc->vm);
	munmap(pc->ram, PC_RAM_BYTES);
	munmap(pc->flash, FLASH_BYTES);
	free(pc->kernel);
	free(pc->initrd);
}

void pc_go(struct pc *pc)
{
	unsigned int i;

	for (i = 0; i < pc->vm->nr_vcpus; i++)
		vmm_vcpu_go(&pc->vm->vcpus[i]);
}

bool pc_runs(struct pc *pc)
{
	unsigned int i;

	for (i = 0; i < pc->vm->nr_vcpus; i++) {
		if (pc->vm->vcpus[i].stopped)
			return false;
	}
	return true;
}
