// SPDX-License-Identifier: GPL-2.0
/*
 * The module as a whole: version, load-time line, and what the host offers to every guest.
 */
#include <linux/kvm_host.h>
#include <linux/module.h>

#include <asm/processor.h>

#include "kvm_events.h"
#include "main.h"
#include "stock.h"

/* The build gives our version, and the Debian version of the imported sources. */
#define FULL_VERSION	ES_VERSION " (linux " ES_LINUX_VERSION ")"

MODULE_VERSION(FULL_VERSION);

static u8 cbit __ro_after_init;

u8 es_host_cbit(void)
{
	return cbit;
}

/* Takes the place of the kernel's function, once, when the module is loaded. */
void __init sev_hardware_setup(void)
{
	pr_info("kvm_amd_es: " FULL_VERSION "\n");
	if (cpuid_eax(0x80000000) >= 0x8000001f)
		cbit = cpuid_ebx(0x8000001f) & 0x3f;
	es_kvm_events_init();
	stock_sev_hardware_setup();
}
