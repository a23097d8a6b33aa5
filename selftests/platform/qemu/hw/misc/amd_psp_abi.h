/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SEV firmware's mailbox ABI: command ids, status codes and command
 * buffers, as laid out in AMD 55766 "SEV API" (chapter 4 for ids and status
 * codes, chapters 5 and 6 for the buffers). All fields are little endian.
 *
 * Everything in these buffers is written by the host operating system and is
 * untrusted.
 */

#ifndef HW_MISC_AMD_PSP_ABI_H
#define HW_MISC_AMD_PSP_ABI_H

#include "qemu/units.h"

/* The version that this firmware reports; also part of every measurement. */
#define PSP_API_MAJOR 1
#define PSP_API_MINOR 51
#define PSP_BUILD     3

enum {
    PSP_CMD_INIT               = 0x001,
    PSP_CMD_SHUTDOWN           = 0x002,
    PSP_CMD_FACTORY_RESET      = 0x003,
    PSP_CMD_PLATFORM_STATUS    = 0x004,
    PSP_CMD_PEK_GEN            = 0x005,
    PSP_CMD_PEK_CSR            = 0x006,
    PSP_CMD_PEK_CERT_IMPORT    = 0x007,
    PSP_CMD_PDH_CERT_EXPORT    = 0x008,
    PSP_CMD_PDH_GEN            = 0x009,
    PSP_CMD_DF_FLUSH           = 0x00a,
    PSP_CMD_DOWNLOAD_FIRMWARE  = 0x00b,
    PSP_CMD_GET_ID             = 0x00c,
    PSP_CMD_INIT_EX            = 0x00d,
    PSP_CMD_DECOMMISSION       = 0x020,
    PSP_CMD_ACTIVATE           = 0x021,
    PSP_CMD_DEACTIVATE         = 0x022,
    PSP_CMD_GUEST_STATUS       = 0x023,
    PSP_CMD_COPY               = 0x024,
    PSP_CMD_LAUNCH_START       = 0x030,
    PSP_CMD_LAUNCH_UPDATE_DATA = 0x031,
    PSP_CMD_LAUNCH_UPDATE_VMSA = 0x032,
    PSP_CMD_LAUNCH_MEASURE     = 0x033,
    PSP_CMD_LAUNCH_SECRET      = 0x034,
    PSP_CMD_LAUNCH_FINISH      = 0x035,
    PSP_CMD_ATTESTATION_REPORT = 0x036,
    PSP_CMD_SEND_START         = 0x040,
    PSP_CMD_SEND_UPDATE_DATA   = 0x041,
    PSP_CMD_SEND_UPDATE_VMSA   = 0x042,
    PSP_CMD_SEND_FINISH        = 0x043,
    PSP_CMD_SEND_CANCEL        = 0x044,
    PSP_CMD_RECEIVE_START      = 0x050,
    PSP_CMD_RECEIVE_UPDATE_DATA = 0x051,
    PSP_CMD_RECEIVE_UPDATE_VMSA = 0x052,
    PSP_CMD_RECEIVE_FINISH     = 0x053,
    PSP_CMD_DBG_DECRYPT        = 0x060,
    PSP_CMD_DBG_ENCRYPT        = 0x061,
};

enum {
    PSP_SUCCESS                = 0x00,
    PSP_INVALID_PLATFORM_STATE = 0x01,
    PSP_INVALID_GUEST_STATE    = 0x02,
    PSP_INVALID_CONFIG         = 0x03,
    PSP_INVALID_LENGTH         = 0x04,
    PSP_ALREADY_OWNED          = 0x05,
    PSP_INVALID_CERTIFICATE    = 0x06,
    PSP_POLICY_FAILURE         = 0x07,
    PSP_INACTIVE               = 0x08,
    PSP_INVALID_ADDRESS        = 0x09,
    PSP_BAD_SIGNATURE          = 0x0a,
    PSP_BAD_MEASUREMENT        = 0x0b,
    PSP_ASID_OWNED             = 0x0c,
    PSP_INVALID_ASID           = 0x0d,
    PSP_WBINVD_REQUIRED        = 0x0e,
    PSP_DF_FLUSH_REQUIRED      = 0x0f,
    PSP_INVALID_GUEST          = 0x10,
    PSP_INVALID_COMMAND        = 0x11,
    PSP_ACTIVE                 = 0x12,
    PSP_HWERROR_PLATFORM       = 0x13,
    PSP_UNSUPPORTED            = 0x15,
    PSP_INVALID_PARAM          = 0x16,
    PSP_RESOURCE_LIMIT         = 0x17,
    PSP_SECURE_DATA_INVALID    = 0x18,
};

#define PSP_INIT_ES            0x1       /* INIT flags: SEV-ES wanted */
#define PSP_TMR_BYTES          (1 * MiB)
#define PSP_NV_BYTES           (32 * KiB)
#define PSP_ID_BYTES           64
#define PSP_VMSA_BYTES         4096
#define PSP_DIGEST_BYTES       32        /* SHA-256 */
#define PSP_NONCE_BYTES        16
#define PSP_KEY_BYTES          16        /* TEK, TIK, KEK, KIK */
#define PSP_MEASURE_BYTES      (PSP_DIGEST_BYTES + PSP_NONCE_BYTES)
#define PSP_PACKET_MAX_BYTES   (16 * KiB)
#define PSP_PACKET_COMPRESSED  0x1
#define PSP_PLATFORM_OWNED     0x1       /* an owner imported a PEK */

enum {
    PSP_POLICY_NODBG  = 1 << 0,
    PSP_POLICY_NOKS   = 1 << 1,          /* no key sharing with other guests */
    PSP_POLICY_ES     = 1 << 2,
    PSP_POLICY_NOSEND = 1 << 3,          /* bound to this platform, or else: */
    PSP_POLICY_DOMAIN = 1 << 4,          /* only to one of our owner's */
    PSP_POLICY_SEV    = 1 << 5,          /* only to one that AMD vouches for */
};
#define PSP_POLICY_RESERVED    0x0000ffc0u

typedef struct QEMU_PACKED PspInit {
    uint16_t flags;
    uint8_t reserved[6];
    uint64_t tmr_paddr;
    uint32_t tmr_len;
} PspInit;

typedef struct QEMU_PACKED PspInitEx {
    uint32_t length;
    uint16_t flags;
    uint16_t reserved1;
    uint64_t tmr_paddr;
    uint32_t tmr_len;
    uint32_t reserved2;
    uint64_t nv_paddr;
    uint32_t nv_len;
} PspInitEx;

typedef struct QEMU_PACKED PspPlatformStatus {
    uint8_t api_major;
    uint8_t api_minor;
    uint8_t state;
    uint8_t platform_flags;
    uint16_t config_flags;
    uint8_t reserved;
    uint8_t build;
    uint32_t nr_guests;
} PspPlatformStatus;

typedef struct QEMU_PACKED PspBlob { /* GET_ID, PEK_CSR, DOWNLOAD_.. */
    uint64_t paddr;
    uint32_t len;
} PspBlob;

typedef struct QEMU_PACKED PspPekCertImport {
    uint64_t pek_paddr;
    uint32_t pek_len;
    uint32_t reserved;
    uint64_t oca_paddr;
    uint32_t oca_len;
} PspPekCertImport;

typedef struct QEMU_PACKED PspPdhCertExport {
    uint64_t pdh_paddr;
    uint32_t pdh_len;
    uint32_t reserved;
    uint64_t chain_paddr;
    uint32_t chain_len;
} PspPdhCertExport;

typedef struct QEMU_PACKED PspGuestHandle { /* DECOMMISSION, .._FINISH .. */
    uint32_t handle;
} PspGuestHandle;

typedef struct QEMU_PACKED PspActivate {
    uint32_t handle;
    uint32_t asid;
} PspActivate;

typedef struct QEMU_PACKED PspGuestStatus {
    uint32_t handle;
    uint32_t policy;
    uint32_t asid;
    uint8_t state;
} PspGuestStatus;

typedef struct QEMU_PACKED PspGuestStart { /* LAUNCH_START, RECEIVE_START */
    uint32_t handle;
    uint32_t policy;
    uint64_t dh_cert_paddr;
    uint32_t dh_cert_len;
    uint32_t reserved;
    uint64_t session_paddr;
    uint32_t session_len;
} PspGuestStart;

typedef struct QEMU_PACKED PspRange {    /* LAUNCH_UPDATE_*, LAUNCH_MEASURE */
    uint32_t handle;
    uint32_t reserved;
    uint64_t paddr;
    uint32_t len;
} PspRange;

typedef struct QEMU_PACKED PspPacket { /* LAUNCH_SECRET, .._UPDATE_DATA, .. */
    uint32_t handle;
    uint32_t reserved1;
    uint64_t hdr_paddr;
    uint32_t hdr_len;
    uint32_t reserved2;
    uint64_t guest_paddr;
    uint32_t guest_len;
    uint32_t reserved3;
    uint64_t trans_paddr;
    uint32_t trans_len;
} PspPacket;

typedef struct QEMU_PACKED PspPacketHeader {
    uint32_t flags;
    uint8_t iv[16];
    uint8_t mac[PSP_DIGEST_BYTES];
} PspPacketHeader;

/* Session data of .._START: the other side's wrapped transport keys. */
typedef struct QEMU_PACKED PspSession {
    uint8_t nonce[PSP_NONCE_BYTES];
    uint8_t wrap_tk[2 * PSP_KEY_BYTES];  /* TEK, TIK under the KEK */
    uint8_t wrap_iv[16];
    uint8_t wrap_mac[PSP_DIGEST_BYTES];  /* of wrap_tk under the KIK */
    uint8_t policy_mac[PSP_DIGEST_BYTES]; /* of the policy under the TIK */
} PspSession;

typedef struct QEMU_PACKED PspSendStart {
    uint32_t handle;
    uint32_t policy;
    uint64_t pdh_paddr;
    uint32_t pdh_len;
    uint32_t reserved1;
    uint64_t chain_paddr;                /* PEK, OCA, CEK of the target */
    uint32_t chain_len;
    uint32_t reserved2;
    uint64_t amd_paddr;                  /* AMD's ASK, ARK */
    uint32_t amd_len;
    uint32_t reserved3;
    uint64_t session_paddr;
    uint32_t session_len;
} PspSendStart;

typedef struct QEMU_PACKED PspDebug {    /* DBG_DECRYPT, DBG_ENCRYPT */
    uint32_t handle;
    uint32_t reserved;
    uint64_t src_paddr;
    uint64_t dst_paddr;
    uint32_t len;
} PspDebug;

typedef struct QEMU_PACKED PspCopy {
    uint32_t handle;
    uint32_t len;
    uint64_t src_paddr;
    uint64_t dst_paddr;
} PspCopy;

typedef struct QEMU_PACKED PspReportCommand {
    uint32_t handle;
    uint32_t reserved;
    uint64_t paddr;
    uint8_t mnonce[PSP_NONCE_BYTES];
    uint32_t len;
} PspReportCommand;

#endif
