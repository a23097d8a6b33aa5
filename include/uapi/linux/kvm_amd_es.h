/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface of this module for SEV-ES guests, in addition to KVM's.  Documentation/api.md
 * describes each command, its parameters and its errors.
 *
 * All commands are KVM_MEMORY_ENCRYPT_OP with struct kvm_sev_cmd.  KVM_AMD_ES_GET_API returns which
 * of them the module has; a module without it returns EINVAL.
 */
#ifndef _UAPI_LINUX_KVM_AMD_ES_H
#define _UAPI_LINUX_KVM_AMD_ES_H

#include <linux/const.h>
#include <linux/types.h>

/* KVM_SEV_INIT2 and its structure, under names that no version of linux/kvm.h defines. */
#define KVM_AMD_ES_INIT2		22

/* Numbers that linux/kvm.h reserves as KVM_SEV_SEND_UPDATE_VMSA and KVM_SEV_RECEIVE_UPDATE_VMSA. */
#define KVM_AMD_ES_SEND_UPDATE_VMSA	10
#define KVM_AMD_ES_RECEIVE_UPDATE_VMSA	14

/* A private range ("ES"), which enum sev_cmd_id will not reach. */
#define KVM_AMD_ES_GET_API		0x45530000
#define KVM_AMD_ES_GET_VM		0x45530001
#define KVM_AMD_ES_SET_VM		0x45530002
#define KVM_AMD_ES_GET_VCPU		0x45530003
#define KVM_AMD_ES_SET_VCPU		0x45530004

/* features of struct kvm_amd_es_api */
#define KVM_AMD_ES_API_STATE		_BITULL(0)	/* GET and SET, the GHCB MSR */
#define KVM_AMD_ES_API_MOVE		_BITULL(1)	/* KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM */
#define KVM_AMD_ES_API_SEND_VMSA	_BITULL(2)	/* KVM_AMD_ES_SEND_UPDATE_VMSA */
#define KVM_AMD_ES_API_INIT2		_BITULL(3)	/* KVM_AMD_ES_INIT2, on 6.1, too */
#define KVM_AMD_ES_API_RECEIVE_VMSA	_BITULL(4)	/* KVM_AMD_ES_RECEIVE_UPDATE_VMSA */

struct kvm_amd_es_api {
	__u64 features;			/* out: KVM_AMD_ES_API_* */
	__u64 reserved[7];		/* out: 0 */
};

struct kvm_amd_es_init2 {
	__u64 vmsa_features;		/* 6.1: must be 0 */
	__u32 flags;			/* must be 0 */
	__u16 ghcb_version;		/* 1 or 2; 0: 2 */
	__u16 pad1;
	__u32 pad2[8];
};

struct kvm_amd_es_vm {
	__u32 flags;			/* must be 0 */
	__u32 ghcb_version;		/* the highest on offer; SET: that of the VM */
	__u64 ap_jump_table;		/* guest address, page aligned, without C-bit; 0: none */
	__u64 vmsa_features;		/* of KVM_SEV_INIT2; SET: those of the VM */
	__u64 reserved[5];		/* must be 0 */
};

/* ap_state of struct kvm_amd_es_vcpu: see Documentation/ap-bringup.md */
#define KVM_AMD_ES_AP_WAITING		0	/* the first SIPI starts the launch VMSA */
#define KVM_AMD_ES_AP_RUNNING		1
#define KVM_AMD_ES_AP_RUNNING_INIT	2	/* INIT came, and no SIPI yet */
#define KVM_AMD_ES_AP_RUNNING_SIPI	3	/* ... and SIPI, for the next hold */
#define KVM_AMD_ES_AP_HELD_NAE		4	/* AP reset hold by the GHCB page */
#define KVM_AMD_ES_AP_HELD_NAE_INIT	5	/* ... and INIT came */
#define KVM_AMD_ES_AP_HELD_MSR		6	/* AP reset hold by the GHCB MSR */
#define KVM_AMD_ES_AP_HELD_MSR_INIT	7
#define KVM_AMD_ES_AP_HELD_USER		8	/* held by KVM_SET_MP_STATE */

/* status of struct kvm_amd_es_vcpu */
#define KVM_AMD_ES_VCPU_FIRST_SIPI	_BITUL(0)	/* the first SIPI was delivered */
#define KVM_AMD_ES_VCPU_INTERRUPTS_ON	_BITUL(1)	/* RFLAGS.IF at the last exit */
#define KVM_AMD_ES_VCPU_KICKED		_BITUL(2)	/* by KVM_HC_KICK_CPU, for the next HLT */

/* end of struct kvm_amd_es_vcpu */
#define KVM_AMD_ES_TERM_MSR		1	/* requested by the GHCB MSR */
#define KVM_AMD_ES_TERM_NAE		2	/* requested by the GHCB page */
#define KVM_AMD_ES_TERM_UNSUPPORTED	3	/* the guest cannot handle an exception */
#define KVM_AMD_ES_TERM_NO_GHCB		4	/* the GHCB page is not accessible */

struct kvm_amd_es_vcpu {
	__u32 flags;			/* must be 0 */
	__u32 vcpu_id;			/* in: as to KVM_CREATE_VCPU */
	__u32 ap_state;			/* KVM_AMD_ES_AP_* */
	__u32 status;			/* KVM_AMD_ES_VCPU_* */
	__u64 dr7;			/* as the guest last wrote it; bits 63:32 are 0 */
	__u32 end;			/* KVM_AMD_ES_TERM_*; 0: the guest has not ended */
	__u32 pad;			/* must be 0 */
	__u64 end_reason;		/* bits 11:0 0x100, 15:12 set, 23:16 code; 0: none given */
	/* KVM's copies; the registers themselves are in the VMSA. */
	__u64 cr0;
	__u64 cr4;
	__u64 efer;			/* without SVME */
	__u64 xcr0;
	__u64 xss;
	__u64 reserved[6];		/* must be 0 */
};

/* The layout that VMMs use for these two commands, with the compiler's padding spelled out. */
struct kvm_amd_es_update_vmsa {
	__u32 vcpu_id;
	__u32 pad0;
	__u64 hdr_uaddr;
	__u32 hdr_len;			/* bytes, at most 4096; 0: return both lengths (SEND) */
	__u32 pad1;
	__u64 trans_uaddr;
	__u32 trans_len;		/* bytes: 4096; 0: return both lengths (SEND) */
	__u32 pad2;
};

#endif
