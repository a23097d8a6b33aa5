// SPDX-License-Identifier: GPL-2.0
/*
 * The module as a whole: its version, and properties of the host.
 */
#define pr_fmt(fmt) "kvm_amd_es: " fmt

#include <linux/module.h>

#include <asm/processor.h>

#include "kvm_tracepoints.h"
#include "main.h"

/* The build defines our version, and the Debian version of the imported sources. */
#define FULL_VERSION	ES_VERSION " (linux " ES_LINUX_VERSION ")"

MODULE_VERSION(FULL_VERSION);

static u8 cbit __ro_after_init;

u8 es_host_cbit(void)
{
	return cbit;
}

void __init es_hardware_setup(void)
{
	pr_info(FULL_VERSION "\n");
	if (cpuid_eax(0x80000000) >= 0x8000001f)
		cbit = cpuid_ebx(0x8000001f) & 0x3f;
	es_kvm_tracepoints_init();
}
