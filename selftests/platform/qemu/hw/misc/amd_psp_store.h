/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Persistent storage: the chip's own, or host memory that INIT_EX names.
 */

#ifndef HW_MISC_AMD_PSP_STORE_H
#define HW_MISC_AMD_PSP_STORE_H

#include "amd_psp.h"

/* @nv_spa is the storage's address, 0 for the chip's own. */
uint32_t psp_store_load(AmdPsp *psp, uint64_t nv_spa, PspSaved *saved);
uint32_t psp_store_save(AmdPsp *psp, uint64_t nv_spa, const PspSaved *saved);

/* FACTORY_RESET: the chip's own storage only. */
void psp_store_erase(AmdPsp *psp);

#endif
