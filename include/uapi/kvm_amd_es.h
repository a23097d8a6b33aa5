/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What this module adds to KVM's interface for SEV-ES guests.
 *
 * KVM_SEV_INIT2 (KVM_MEMORY_ENCRYPT_OP).  Linux 6.12 has it for VMs of type KVM_X86_SEV_ES_VM; this
 * module brings it to 6.1, on the default VM type, always for an SEV-ES guest.  ghcb_version: 1 or
 * 2, 0 means 2; vmsa_features and flags must be 0.  EINVAL: a bad value, or the VM is initialized or
 * has vCPUs; EFAULT: the structure cannot be read; ENOTTY: no SEV-ES.  A failure changes nothing.
 * KVM_AMD_ES_GET_API says that it is there.
 *
 * KVM_EXIT_SYSTEM_EVENT, type KVM_SYSTEM_EVENT_SEV_TERM.  The guest has ended; as with the kernel's own
 * module ndata is 1, and data[0] the value of the GHCB MSR, which of a page-based request is only the
 * address of the GHCB.  KVM_AMD_ES_GET_VCPU tells more: end and end_reason.
 * KVM_RUN reports the same end until the vCPU is reset.  Where a SIPI or INIT ends the hold of a vCPU
 * whose GHCB page has gone meanwhile, kvm.ko leaves no way to report it in the same KVM_RUN: that one
 * returns KVM_EXIT_SHUTDOWN, the next one reports KVM_AMD_ES_TERM_NO_GHCB.
 *
 * State of an SEV-ES guest that no other ioctl tells (Documentation/state.md has the rest, and what a
 * VMM does for a snapshot, a move and a migration).  All commands below are KVM_MEMORY_ENCRYPT_OP with
 * struct kvm_sev_cmd.  The kernel's own module answers EINVAL, and so does ours for a VM that is no SEV-ES
 * guest (as there, EPERM for SEND_UPDATE_VMSA and RECEIVE_UPDATE_VMSA of an SNP guest).  Common errors:
 * ENOTTY: the host has no SEV; EFAULT: a structure cannot be read or written; EINVAL: a value that is not
 * defined, or not zero where it must be.  A command that fails changes nothing.
 *
 * KVM_AMD_ES_GET_API, on any VM: what this module has.
 * KVM_AMD_ES_GET_VM, KVM_AMD_ES_SET_VM: struct kvm_amd_es_vm.
 * KVM_AMD_ES_GET_VCPU, KVM_AMD_ES_SET_VCPU: struct kvm_amd_es_vcpu.  The caller gives vcpu_id (as to
 *   KVM_CREATE_VCPU); EINVAL where there is no such vCPU.  As every vCPU ioctl they wait until the vCPU
 *   has left KVM_RUN (EINTR: the process is being killed).  GET writes an answer that is
 *   due to the guest into its memory.  EBUSY: userspace works on an exit that KVM_RUN returned; KVM_RUN
 *   with immediate_exit takes the result from kvm_run.  EBUSY from SET too: an answer is due.  What
 *   GET gave can be set, before or after KVM_AMD_ES_RECEIVE_UPDATE_VMSA and after KVM_SET_CPUID2, in any
 *   vCPU whose host, CPUID and VM type are as good.
 * KVM_AMD_ES_SEND_UPDATE_VMSA, KVM_AMD_ES_RECEIVE_UPDATE_VMSA (the numbers that linux/kvm.h reserves
 *   as KVM_SEV_SEND_UPDATE_VMSA and KVM_SEV_RECEIVE_UPDATE_VMSA): struct kvm_amd_es_update_vmsa.
 *   AMD 55766 SEV API, "SEND_UPDATE_VMSA" and "RECEIVE_UPDATE_VMSA".
 */
#ifndef _UAPI_KVM_AMD_ES_H
#define _UAPI_KVM_AMD_ES_H

#include <linux/types.h>

#define KVM_AMD_ES_TERM_MSR		1	/* request through the GHCB MSR */
#define KVM_AMD_ES_TERM_NAE		2	/* request through the GHCB page */
#define KVM_AMD_ES_TERM_UNSUPPORTED	3	/* the guest met an exception it cannot handle */
#define KVM_AMD_ES_TERM_NO_GHCB		4	/* the GHCB page cannot be reached */

/* KVM_SEV_INIT2 and its structure under names that no version of linux/kvm.h has. */
#define KVM_AMD_ES_INIT2		22

struct kvm_amd_es_init2 {
	__u64 vmsa_features;
	__u32 flags;
	__u16 ghcb_version;
	__u16 pad1;
	__u32 pad2[8];
};

#define KVM_AMD_ES_SEND_UPDATE_VMSA	10
#define KVM_AMD_ES_RECEIVE_UPDATE_VMSA	14
#define KVM_AMD_ES_GET_API		0x45530000
#define KVM_AMD_ES_GET_VM		0x45530001
#define KVM_AMD_ES_SET_VM		0x45530002
#define KVM_AMD_ES_GET_VCPU		0x45530003
#define KVM_AMD_ES_SET_VCPU		0x45530004

#define KVM_AMD_ES_STATE_VERSION	1

/* features of struct kvm_amd_es_api */
#define KVM_AMD_ES_API_STATE		(1ULL << 0)	/* GET and SET of VM and vCPU; the GHCB MSR by KVM_GET_MSRS */
#define KVM_AMD_ES_API_MOVE		(1ULL << 1)	/* KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM moves all of it */
#define KVM_AMD_ES_API_SEND_VMSA	(1ULL << 2)	/* SEND_UPDATE_VMSA */
#define KVM_AMD_ES_API_INIT2		(1ULL << 3)	/* KVM_AMD_ES_INIT2, on 6.1 too */
#define KVM_AMD_ES_API_RECEIVE_VMSA	(1ULL << 4)	/* RECEIVE_UPDATE_VMSA */

struct kvm_amd_es_api {
	__u32 state_version;		/* KVM_AMD_ES_STATE_VERSION */
	__u32 pad;
	__u64 features;			/* KVM_AMD_ES_API_* */
	__u64 reserved[6];
};

struct kvm_amd_es_vm {
	__u32 version;			/* in: KVM_AMD_ES_STATE_VERSION */
	__u32 ghcb_version;		/* the highest on offer; SET: as the VM has it */
	__u64 ap_jump_table;		/* guest address, page aligned, without C-bit; 0: none */
	__u64 vmsa_features;		/* as KVM_SEV_INIT2 was given them; SET: as the VM has them */
	__u64 reserved[5];		/* 0 */
};

/* ap_state of struct kvm_amd_es_vcpu; KVM_RUN holds a vCPU while it and the MP state (9, or 2 after INIT) say so */
#define KVM_AMD_ES_AP_WAITING		0	/* has not run; the first SIPI starts the launch VMSA */
#define KVM_AMD_ES_AP_RUNNING		1
#define KVM_AMD_ES_AP_RUNNING_INIT	2	/* INIT came, and no SIPI yet */
#define KVM_AMD_ES_AP_RUNNING_SIPI	3	/* ... and SIPI: the next hold ends at once */
#define KVM_AMD_ES_AP_HELD_NAE		4	/* AP reset hold by the GHCB page */
#define KVM_AMD_ES_AP_HELD_NAE_INIT	5	/* ... and INIT came */
#define KVM_AMD_ES_AP_HELD_MSR		6	/* AP reset hold by the GHCB MSR */
#define KVM_AMD_ES_AP_HELD_MSR_INIT	7
#define KVM_AMD_ES_AP_HELD_USER		8	/* KVM_SET_MP_STATE(9) on a vCPU that had not asked for it */

/* flags of struct kvm_amd_es_vcpu */
#define KVM_AMD_ES_VCPU_FIRST_SIPI	(1U << 0)	/* a first SIPI has come */
#define KVM_AMD_ES_VCPU_INTERRUPTS_ON	(1U << 1)	/* the guest's RFLAGS.IF at its last exit */
#define KVM_AMD_ES_VCPU_KICKED		(1U << 2)	/* by KVM_HC_KICK_CPU: the next HLT ends at once */

struct kvm_amd_es_vcpu {
	__u32 version;			/* in: KVM_AMD_ES_STATE_VERSION */
	__u32 vcpu_id;			/* in */
	__u32 ap_state;			/* KVM_AMD_ES_AP_* */
	__u32 flags;			/* KVM_AMD_ES_VCPU_* */
	__u64 dr7;			/* as the guest last wrote it; bits 63:32 are 0 */
	__u32 end;			/* KVM_AMD_ES_TERM_*, 0: the guest has not ended */
	__u32 pad;			/* 0 */
	/*
	 * The guest's reason in the form of the MSR request: bits 11:0 0x100, 15:12 reason set, 23:16 reason
	 * code; 0 if it gave none.  AMD 56421 GHCB Specification, "Termination Request"
	 */
	__u64 end_reason;
	/*
	 * The control registers as KVM knows them: by the guest's writes, and by its requests for CPUID, where
	 * OSXSAVE, OSPKE and the sizes of leaf 0xd are made of them.  The registers themselves are in the VMSA.
	 * SET: EINVAL for what the host's CPU or, of xcr0, the vCPU's CPUID does not have.
	 */
	__u64 cr0;
	__u64 cr4;
	__u64 efer;			/* without SVME */
	__u64 xcr0;
	__u64 xss;
	__u64 reserved[6];		/* 0 */
};

/*
 * Header and transport buffer as for KVM_SEV_SEND_UPDATE_DATA and KVM_SEV_RECEIVE_UPDATE_DATA, and a vCPU
 * in place of guest memory.  The layout is the one that VMMs with these commands use, with its padding
 * spelled out: nobody looks at it.  SEND: hdr_len or trans_len 0 asks for both, with EIO and the
 * firmware's error 4 (INVALID_LENGTH).  trans_len must be 4096 else.  EINVAL too: no such vCPU; its
 * registers are not encrypted (SEND), or are already (RECEIVE); it is being debugged (RECEIVE, as
 * KVM_SEV_LAUNCH_UPDATE_VMSA).  EBUSY: a vCPU is being created.
 * EBADF: no KVM_SEV_LAUNCH_START or KVM_SEV_RECEIVE_START gave a file of /dev/sev.
 * EOPNOTSUPP: SEND on a host that runs SNP, where the kernel's ccp driver takes the command apart wrongly.
 * EIO: the firmware refuses; error in struct kvm_sev_cmd says why.
 */
struct kvm_amd_es_update_vmsa {
	__u32 vcpu_id;
	__u32 pad0;
	__u64 hdr_uaddr;
	__u32 hdr_len;			/* bytes, at most 4096 */
	__u32 pad1;
	__u64 trans_uaddr;
	__u32 trans_len;		/* bytes */
	__u32 pad2;
};

#endif
