/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory encryption keys: what the memory controller does with one
 *
 * AMD 24593 APM Volume 2, 15.34.4 "SEV Encryption Behavior".
 */
#ifndef TARGET_I386_SEV_KEY_H
#define TARGET_I386_SEV_KEY_H

#include "sev_firmware.h"

/* In place, one frame; @addr (its address in RAM) is the tweak. */
void sev_key_encrypt(SevKey *key, uint64_t addr, uint8_t *frame);
void sev_key_decrypt(SevKey *key, uint64_t addr, uint8_t *frame);

/* Before the first key: room for ASIDs 1 to @nr_asids. */
void sev_asid_init(uint32_t nr_asids);
/* The key bound to @asid with a reference for the caller, or NULL. */
SevKey *sev_asid_key(uint32_t asid);
/* The ASID that @key is bound to, 0: none. */
uint32_t sev_key_asid(const SevKey *key);

#endif
