/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The locks of two VMs with one vCPU each, and all that takes more than one of them, for the model checker Spin:
 * whatever the order in which they come, none waits for ever.  What each does under its locks does not matter here.
 *
 * The order: kvm->lock before vcpu->mutex, the target of a move before its source; two moves at once are kept apart by
 * migration_in_progress, which nobody waits for.  A VMM takes its vCPUs out of KVM_RUN before it asks for what needs
 * their mutexes; a signal does that, so here KVM_RUN just ends some day.
 *
 * The environment variable MUTANT chooses a mistake, which must break it.
 */
#define INSIDE_OUT	1	/* KVM_AMD_ES_GET_VCPU takes kvm->lock under vcpu->mutex, as statistics might */
#define NO_GATE		2	/* moves do not look at migration_in_progress */
#define NO_UNLOCK	3	/* a move that is refused keeps the vCPUs' mutexes */

c_decl {
\#include <stdlib.h>
}

byte mutant;
bool lock[2], mutex[2], migrating[2];	/* kvm->lock, vcpu->mutex, migration_in_progress of each VM */

inline take(l)	{ atomic { !l -> l = true } }
inline give(l)	{ l = false }

/* kvm_vcpu_ioctl(): KVM_RUN, KVM_GET_MP_STATE and the like */
proctype vcpu_ioctl(byte vm)
{
	take(mutex[vm]);
	give(mutex[vm])
}

/* es_state_get_vcpu(), es_state_set_vcpu(), es_vcpu_lock() */
proctype vcpu_state(byte vm)
{
	take(mutex[vm]);
	if
	:: mutant == INSIDE_OUT -> take(lock[vm]); give(lock[vm])
	:: else
	fi;
	give(mutex[vm])
}

/* update_vmsa_locked(), lock_vcpu() */
proctype update_vmsa(byte vm)
{
	take(lock[vm]);
	take(mutex[vm]);
	give(mutex[vm]);
	give(lock[vm])
}

/* es_counters_show(), es_vcpus_show(), es_stats_create(), es_move_use_fd(), the kernel's own commands */
proctype command(byte vm)
{
	take(lock[vm]);
	give(lock[vm])
}

/* sev_vm_move_enc_context_from(): sev_lock_two_vms(), sev_lock_vcpus_for_migration() */
proctype move(byte to, from)
{
	if
	:: mutant == NO_GATE
	:: atomic { mutant != NO_GATE && !migrating[to] -> migrating[to] = true }
	:: mutant != NO_GATE && migrating[to] -> goto busy
	fi;
	if
	:: mutant == NO_GATE
	:: atomic { mutant != NO_GATE && !migrating[from] -> migrating[from] = true }
	:: mutant != NO_GATE && migrating[from] -> goto busy_from
	fi;
	take(lock[to]);
	take(lock[from]);
	take(mutex[to]);
	take(mutex[from]);
	if
	:: mutant == NO_UNLOCK -> skip
	:: give(mutex[from]); give(mutex[to])
	fi;
	give(lock[to]);
	give(lock[from]);
	migrating[from] = false;
busy_from:
	migrating[to] = false;
busy:
	skip
}

init {
	c_code { now.mutant = atoi(getenv("MUTANT")); };
	atomic {
		run vcpu_ioctl(0);
		run vcpu_state(0);
		run vcpu_state(1);
		run update_vmsa(0);
		run update_vmsa(1);
		run command(0);
		run move(0, 1);
		run move(1, 0)
	}
}
