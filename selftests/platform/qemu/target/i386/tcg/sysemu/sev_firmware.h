/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory encryption views: which key's owner sees a frame of RAM as plain text
 *
 * AMD 24593 APM Volume 2, 15.34.5 "Encrypted Memory" and 15.35 "SEV-ES".
 * Every 4 KiB frame of RAM is stored under exactly one view: the host's (no
 * key) or that of one memory encryption key.  An access under another view
 * converts the frame in place, so each side reads the other's bytes as cipher
 * text and each side's writes are garbage to the other.
 *
 * The security processor makes the keys and binds them to ASIDs; the CPU
 * selects a view by ASID and C-bit.  This header is all that both share.
 */
#ifndef TARGET_I386_SEV_FIRMWARE_H
#define TARGET_I386_SEV_FIRMWARE_H

#include "exec/hwaddr.h"

/* One memory encryption key.  Tagged frames keep it alive after its guest. */
typedef struct SevKey SevKey;

/* A fresh random key with one reference; NULL with @errp set on failure. */
SevKey *sev_key_new(Error **errp);
SevKey *sev_key_ref(SevKey *key);
void sev_key_unref(SevKey *key);

/* ACTIVATE and DEACTIVATE.  Binding fails if @asid is bound or out of range. */
bool sev_asid_bind(uint32_t asid, SevKey *key);
void sev_asid_unbind(uint32_t asid);

/*
 * LAUNCH_UPDATE: the bytes that the host sees in [spa, spa + len) become the
 * bytes that the guest will see under @key.  Any alignment; false: not RAM.
 */
bool sev_frames_encrypt(hwaddr spa, uint64_t len, SevKey *key);

/* LAUNCH_UPDATE_VMSA: encrypt one page and let VMRUN accept it for @key. */
bool sev_vmsa_encrypt(hwaddr spa, SevKey *key);

/*
 * SEND_UPDATE_VMSA and RECEIVE_UPDATE_VMSA: get the plain page of a VMSA that
 * VMRUN would accept now for @key; make a page a VMSA with these plain bytes.
 */
bool sev_vmsa_read(hwaddr spa, void *page, SevKey *key);
bool sev_vmsa_install(hwaddr spa, const void *page, SevKey *key);

/* Copies by firmware; false: [spa, spa + len) is not all RAM. */
bool sev_guest_read(hwaddr spa, void *buf, uint64_t len, SevKey *key);
bool sev_guest_write(hwaddr spa, const void *buf, uint64_t len, SevKey *key);
bool sev_host_read(hwaddr spa, void *buf, uint64_t len);
bool sev_host_write(hwaddr spa, const void *buf, uint64_t len);

/* Require a WBINVD of every CPU; check whether each has executed it since. */
void sev_wbinvd_demand(void);
bool sev_wbinvd_done(void);

/* Limits, from the properties of the CPU; enabled: sev-es-host=on somewhere. */
bool sev_host_enabled(void);
uint32_t sev_host_asids(void);
uint32_t sev_host_min_asid(void);
uint32_t sev_host_cbitpos(void);

#endif
