/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Properties of a CPU that can host SEV and SEV-ES guests
 *
 * AMD 24593 APM Volume 2, 15.34.1 "Determining Support for SEV": the numbers
 * that CPUID Fn8000_001F reports.  cpu.h includes this header to give every
 * X86CPU the properties; only sev_host.c acts on them.
 */
#ifndef TARGET_I386_SEV_HOST_PROPS_H
#define TARGET_I386_SEV_HOST_PROPS_H

#define SEV_HOST_NR_ASIDS 0x8000 /* Fn8000_000A_EBX: of all kinds of guests */

typedef struct SevHostProps {
    bool enabled;
    uint32_t cbitpos;              /* position of the C-bit in a PTE */
    uint32_t phys_bits_reduction;  /* address bits lost to encryption */
    uint32_t nr_asids;             /* highest ASID with a key */
    uint32_t min_asid;             /* first ASID of guests without SEV-ES */
    bool debug_swap;               /* SEV-ES guests may have DR0 to DR3 */
} SevHostProps;

#define DEFINE_PROPS_SEV_HOST(_type, _field)                                  \
    DEFINE_PROP_BOOL("sev-es-host", _type, _field.enabled, false),            \
    DEFINE_PROP_UINT32("sev-cbitpos", _type, _field.cbitpos, 51),             \
    DEFINE_PROP_UINT32("sev-phys-bits-reduction", _type,                      \
                       _field.phys_bits_reduction, 1),                        \
    DEFINE_PROP_UINT32("sev-asids", _type, _field.nr_asids, 31),              \
    DEFINE_PROP_UINT32("sev-min-asid", _type, _field.min_asid, 16),           \
    DEFINE_PROP_BOOL("sev-debug-swap", _type, _field.debug_swap, false)

struct CPUArchState;
#if defined(CONFIG_TCG) && !defined(CONFIG_USER_ONLY)
/* Fill in Fn8000_001F; change nothing on a CPU without sev-es-host=on. */
void sev_host_cpuid(struct CPUArchState *env, uint32_t *eax, uint32_t *ebx,
                    uint32_t *ecx, uint32_t *edx);
#else
static inline void sev_host_cpuid(struct CPUArchState *env, uint32_t *eax,
                                  uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
}
#endif

#endif
