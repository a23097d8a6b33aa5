// SPDX-License-Identifier: GPL-2.0
#include "ports.h"

#include <string.h>
#include "../spec/compiler.h"
#include "flash.h"

#define COM1_PORT	0x3f8
#define COM2_PORT	0x2f8

#define DEVICE(member, first_port, nr, name) \
	{ .first = (first_port), .ports = (nr), .offset = offsetof(struct pc, member),	\
	  .in = name##_in, .out = name##_out }

static const struct {
	uint16_t first, ports;
	size_t offset;
	uint32_t (*in)(void *device, uint16_t offset, unsigned int bytes);
	void (*out)(void *device, uint16_t offset, unsigned int bytes, uint32_t value);
} devices[] = {
	DEVICE(cmos, CMOS_PORT, CMOS_PORTS, cmos),
	DEVICE(line, COM2_PORT, SERIAL_PORTS, serial),
	DEVICE(console, COM1_PORT, SERIAL_PORTS, serial),
	DEVICE(fw_cfg, FW_CFG_PORT, FW_CFG_PORTS, fw_cfg),
	DEVICE(pci, PCI_PORT, PCI_PORTS, pci),
	DEVICE(pm, PM_BASE, PM_PORTS, pm),
};

/* Make one access; a port without device reads as ones. */
static void access_port(struct pc *pc, uint16_t port, bool out, unsigned int bytes, uint8_t *data)
{
	uint32_t value = 0, in = ~0u;
	unsigned int i;

	if (out)
		memcpy(&value, data, bytes);
	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		void *device = (uint8_t *)pc + devices[i].offset;
		uint16_t offset = port - devices[i].first;

		if (port < devices[i].first || offset >= devices[i].ports)
			continue;
		if (out)
			devices[i].out(device, offset, bytes, value);
		else
			in = devices[i].in(device, offset, bytes);
	}
	if (!out)
		memcpy(data, &in, bytes);
}

static void on_io(struct pc *pc, struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	uint32_t i;

	for (i = 0; i < run->io.count; i++, data += run->io.size)
		access_port(pc, run->io.port, run->io.direction == KVM_EXIT_IO_OUT, run->io.size,
			    data);
}

/* Handle MMIO: only the flash responds; a guest with SEV-ES writes to it by MMIO. */
static void on_mmio(struct pc *pc, struct kvm_run *run)
{
	uint64_t at = run->mmio.phys_addr - FLASH_GPA;
	bool flash = run->mmio.phys_addr >= FLASH_GPA &&
		     at + run->mmio.len <= FLASH_BYTES - pc->firmware_bytes;

	if (run->mmio.is_write) {
		if (flash)
			memcpy(pc->flash + at, run->mmio.data, run->mmio.len);
		return;
	}
	memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
	if (flash)
		memcpy(run->mmio.data, pc->flash + at, run->mmio.len);
}

bool pc_on_exit(struct vmm_vcpu *vcpu, struct kvm_run *run)
{
	struct pc *pc = vcpu->vm->context;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		on_io(pc, run);
		return true;
	case KVM_EXIT_MMIO:
		on_mmio(pc, run);
		return true;
	default:
		return false;
	}
}
