/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a vCPU is held and woken, with everybody who takes part in it, for the model checker Spin.
 *
 * Here: one vCPU whose guest parks again and again, another that wakes it with INIT and SIPI each time, and a VMM
 * with its own ideas.  Spin tries every order in which their steps can come.  Each piece names the function that
 * it stands for; who changes that function changes its piece.  The state machine is no piece: es_ap_next() of
 * svm/rules/ap.c is compiled in and called.
 *
 * What one step is: between any two, other tasks may see or change pending_events, requests, sleep and signals.
 * mp_state and ap_state belong to the task that has the vCPU's mutex, so their changes are part of a step.  A store
 * and the barrier behind it are one step; where a mistake leaves the barrier out, the store comes late.
 *
 * Left out: SMI and interrupts (as NMI, which INIT drops and a hold keeps), nested guests, an APIC in userspace,
 * vcpu->mode and its IPI (a guest in this model leaves by itself), spurious wake-ups (they lose none), the contents
 * of answers.
 *
 * The environment variable SCENARIO chooses what the VMM does, MUTANT a mistake; `run` has the tables.
 */
#ifndef ROUNDS
#define ROUNDS		2	/* holds */
#endif
#ifndef DEEDS
#define DEEDS		1	/* of the VMM, each any of its list */
#endif

/* What the VMM does. */
#define DISTURB		0	/* NMI, signal, KVM_GET_MP_STATE, KVM_SET_MP_STATE of what was read */
#define MOVE		1	/* a move or snapshot in place of a disturbance */
#define RELEASE		2	/* KVM_SET_MP_STATE(RUNNABLE) whenever it likes */
#define DESTROY		3	/* closes the vCPU while the other one sends */
#define ALONE		4	/* DISTURB, and nobody wakes the vCPU */
#define LET_GO_ALONE	5	/* RELEASE of a held vCPU, perhaps after an NMI, and nobody wakes it */
#define TWICE		6	/* nothing; the other one may send INIT and SIPI twice */
#define INIT_ALONE	7	/* DISTURB; the other one sends INIT only, whenever it likes, and the VMM ends holds */

/* Mistakes, each of which must break a statement. */
#define NO_KICK		1	/* __apic_accept_irq(): a SIPI without kvm_vcpu_kick() */
#define LATE_SLEEP	2	/* kvm_vcpu_block(): no barrier between the announced sleep and the look */
#define LATE_BIT	3	/* __apic_accept_irq(): no barrier between the bits and the kick */
#define NO_KEEP		4	/* es_ap_restore_mp_state() does nothing */
#define NO_UNBLOCK	5	/* es_ap_block_entry() makes no KVM_REQ_UNBLOCK */
#define NO_PUT		6	/* es_ap_vcpu_put() does not put mp_state back */
#define FORGET_SIPI	7	/* RUNNING_SIPI is taken for RUNNING */
#define BSP_SHOWN	8	/* clear_bsp_flag() does nothing */
#define BSP_EARLY	9	/* es_ap_vcpu_put() shows the flag whatever mp_state is */
#define NMI_ALLOWED	10	/* es_hook_nmi_allowed() does not look at the hold */
#define NO_IN_RUN	11	/* es_ap_vcpu_put() does not look at in_run */
#define MOVE_UNREAD	12	/* the VMM moves the guest without KVM_GET_MP_STATE */
#define NO_RESTORE	13	/* the VMM restores all but ap_state */
#define FREE_EARLY	14	/* the vCPU is freed when its own file is closed */
#define DROP_NMI	15	/* es_ap_restore_mp_state() takes NMIs away with the wake-up */
#define NO_MUTEX	16	/* KVM_GET_MP_STATE without the vCPU's mutex */
#define EAT_EVENTS	17	/* es_ap_restore_mp_state() takes INIT and SIPI away with the wake-up */
#define NO_OWN_SIPI	19	/* es_ap_deliver_init() sets no SIPI bit: the BSP stops at INIT */
#define OWN_COUNTS	20	/* ... and takes the bit that it has set for another vCPU's */
#define VECTOR_BLIND	21	/* ... and another vCPU's, under that bit, for its own */
#define EXPECT_NONE	22	/* es_ap_prepare_sipi() does not make the BSP wait for a SIPI */
#define KEEP_VECTOR	23	/* the vector of a SIPI that means nothing stays */
#define FORGET_BLIND	24	/* forget_sipi() does not look at INIT */
#define INIT_FORGOTTEN	25	/* a vCPU that runs on after INIT is RUNNING again at its next VMGEXIT */

/*
 * No mistake of ours, but of KVM itself, for every guest: kvm_apic_accept_events() tests INIT, then SIPI.  Called for
 * a second SIPI that nobody waits for, it takes away and drops the SIPI of a whole new INIT and SIPI that come between
 * the two tests.  So the other vCPU of this model waits until KVM is done with its last SIPI.
 */
#define STALE_SIPI	18	/* none of ours: INIT and SIPI while KVM drops a second SIPI */

/*
 * What is left of ours, on the safe side (svm/ap.c): a second SIPI, to a BSP that runs, while KVM drops the first,
 * leaves its vector behind, and the next INIT counts as INIT and SIPI.  So the other vCPU waits here, too.
 */
#define SIPI_ON_SIPI	26	/* the known one: a second SIPI while KVM drops the first */

#define RUNNABLE	0	/* KVM_MP_STATE_* */
#define UNINITIALIZED	1
#define INIT_RECEIVED	2
#define HALTED		3
#define RESET_HOLD	9

#define INIT		1	/* pending_events */
#define SIPI		2

#define RUNNING		1	/* enum es_ap_state */
#define RUNNING_INIT	2

#define VMGEXIT		0	/* enum es_ap_event */
#define HOLD_NAE	1
#define HOLD_MSR	2
#define HOLD_USER	3
#define GOT_INIT	4
#define GOT_SIPI	5
#define LET_GO		6

c_decl {
\#include <stdlib.h>
\#include "rules/ap.h"
	_Static_assert(ES_AP_RUNNING == RUNNING && ES_AP_RUNNING_INIT == RUNNING_INIT, "the states' numbers");
	_Static_assert(ES_AP_VMGEXIT == VMGEXIT && ES_AP_HOLD_NAE == HOLD_NAE && ES_AP_HOLD_MSR == HOLD_MSR &&
		       ES_AP_HOLD_USER == HOLD_USER && ES_AP_INIT == GOT_INIT && ES_AP_SIPI == GOT_SIPI &&
		       ES_AP_RELEASE == LET_GO, "the events' numbers");
}

byte scenario, mutant;

/* --- the vCPU in KVM */
byte mp = UNINITIALIZED, ap;
bool held, init_held;		/* es_ap_held(ap), es_ap_held_after_init(ap) */
byte pending;			/* apic->pending_events */
bool vector;			/* apic->sipi_vector is not NO_SIPI */
bool own_sipi;			/* es->own_sipi */
bool req_event, req_nmi, req_unblock;
bool nmi_pending, nmi_injected;
bool in_run, wants;		/* es->in_run, vcpu->wants_to_run */
bool boot, bsp_flag, bsp_flag_cleared;
bool mutex;
bool asleep;			/* the task's state and wait->task */
bool sig;			/* a signal is pending for the task */
byte users = 2;			/* files that keep the VM */
bool freed;

/* --- the VMM */
bool immediate_exit, stop, quit;
bool world;			/* the other vCPU runs, or may not */
bool released;

/* --- the guest */
bool hold_open;			/* it has asked for a hold and not come back */
byte extra;			/* SIPIs beyond one for each pass */
byte passes, ends;		/* "I park now", "I am back", in memory */
byte sent;			/* the last of these passes for which a SIPI was sent */
byte answer;			/* 0: none, 1: no SIPI, 2: a SIPI */
bool nmi_owed;			/* an NMI was sent, and no INIT has dropped it */
byte sent_init;			/* as sent, for INIT */
bool doubt;			/* an INIT came while a SIPI was taken or dropped: it counts as INIT and SIPI */
bool done;			/* ROUNDS holds have ended, or the VM has */

/* --- what must never be */
bool ran_held, ended_otherwise, woken_falsely, unanswered, ran_past_nmi, injected_held;
byte inside;			/* tasks that have the vCPU */

bool waits, counts;		/* of the task that has the vCPU */

byte event;

/* es_ap_handle_event(), es_ap_next() */
inline feed(what) {
	assert(!freed);
	d_step {
		event = what;
		c_code {
			enum es_ap_state from = now.ap;
			struct es_ap_step step;

			if (now.mutant == FORGET_SIPI && from == ES_AP_RUNNING_SIPI)
				from = ES_AP_RUNNING;
			step = es_ap_next(from, now.event);
			if (es_ap_held(from) && from != ES_AP_HELD_USER && !es_ap_held(step.next) &&
			    now.event != ES_AP_SIPI && now.event != ES_AP_RELEASE)
				now.ended_otherwise = 1;
			now.ap = step.next;
			now.held = es_ap_held(step.next);
			now.init_held = es_ap_held_after_init(step.next);
			if (step.action == ES_AP_RESPOND_NAE || step.action == ES_AP_RESPOND_MSR)
				now.answer = now.event == ES_AP_RELEASE ? 1 : 2;
			now.event = 0;
		}
	};
	assert(!ended_otherwise)
}

/* es_ap_restore_mp_state() */
inline keep_held() {
	if
	:: mp == RUNNABLE && mutant != NO_KEEP ->
		if
		:: init_held -> mp = INIT_RECEIVED
		:: else -> mp = RESET_HOLD
		fi
	:: else
	fi;
	if
	:: mutant == EAT_EVENTS -> pending = 0
	:: mutant == DROP_NMI -> nmi_pending = false
	:: else
	fi
}

/* es_hook_vcpu_put(), es_ap_vcpu_put() */
inline put() {
	if
	:: held && wants && (in_run || mutant == NO_IN_RUN) && mutant != NO_PUT -> keep_held()
	:: else
	fi;
	if
	:: bsp_flag_cleared && (mp != RESET_HOLD || mutant == BSP_EARLY) -> bsp_flag = true; bsp_flag_cleared = false
	:: else
	fi
}

/* es_hook_vcpu_load(), es_vcpu_load() */
inline load() {
	in_run = in_run && wants
}

/* kvm_sched_out() and kvm_sched_in(), where they make a difference; not ALONE: it might be there each time, for ever */
inline preempted() {
	if
	:: scenario != ALONE -> put(); load()
	:: true
	fi
}

/* kvm_arch_vcpu_runnable(), kvm_vcpu_has_events() */
#define MAY_RUN	(mp == RUNNABLE || pending || req_nmi || (nmi_pending && (!held || mutant == NMI_ALLOWED)))

/* kvm_vcpu_kick(), rcuwait_wake_up(), and how a signal wakes */
#define KICK	asleep = false

/* forget_sipi() */
inline forget() {
	if
	:: mutant != KEEP_VECTOR -> vector = false
	:: else
	fi;
	atomic {
		if
		:: (pending & INIT) && mutant != FORGET_BLIND -> vector = true; doubt = true
		:: else
		fi
	}
}

/* es_hook_apic_init_signal_blocked(), es_ap_prepare_sipi(), which sees pending_events as they were for a moment */
inline expect() {
	if
	:: atomic { pending == SIPI && mp != INIT_RECEIVED ->
		if
		:: ap == RUNNING_INIT && mutant != EXPECT_NONE -> mp = INIT_RECEIVED; waits = true
		:: else -> waits = false
		fi };
		if
		:: waits -> waits = false
		:: else -> forget()
		fi
	:: atomic { pending != SIPI || mp == INIT_RECEIVED -> skip }
	fi
}

/* In kvm_apic_accept_events(): kvm_vcpu_reset(), es_ap_deliver_init() */
inline take_init() {
	if
	:: atomic { (pending & INIT) -> pending = pending & SIPI;
		nmi_pending = false; req_nmi = false; nmi_injected = false; nmi_owed = false;
		feed(GOT_INIT);
		if
		:: boot && mutant != BSP_SHOWN ->
			mp = RESET_HOLD;
			bsp_flag = false;
			bsp_flag_cleared = true;
			if
			:: ap == RUNNING_INIT && mutant != NO_OWN_SIPI ->
				own_sipi = !(pending & SIPI);
				pending = pending | SIPI
			:: else
			fi
		:: else
		fi;
		preempted();
		if
		:: bsp_flag -> mp = RUNNABLE
		:: else -> mp = INIT_RECEIVED
		fi;
		preempted() }
	:: atomic { !(pending & INIT) -> skip }
	fi
}

/* ... sev_vcpu_deliver_sipi_vector(), es_ap_restore_bsp_flag() */
inline take_sipi() {
	if
	:: atomic { (pending & SIPI) -> pending = pending & INIT };
		if
		:: mp == INIT_RECEIVED ->
			atomic {
				bsp_flag = bsp_flag || bsp_flag_cleared;
				bsp_flag_cleared = false;
				counts = !own_sipi || mutant == OWN_COUNTS || (vector && mutant != VECTOR_BLIND);
				own_sipi = false
			};
			forget();
			atomic {
				if
				:: counts -> feed(GOT_SIPI); counts = false
				:: else
				fi;
				mp = RUNNABLE
			}
		:: else
		fi
	:: atomic { !(pending & SIPI) -> skip }
	fi
}

/* kvm_apic_accept_events() */
inline accept_events() {
	if
	:: !pending
	:: else -> expect(); take_init(); take_sipi()
	fi
}

/* kvm_vcpu_block(), kvm_vcpu_check_block(): it announces that it sleeps, looks, and sleeps */
inline block() {
	do
	:: mutant == LATE_SLEEP ->
		if
		:: MAY_RUN || sig || req_unblock -> break
		:: else
		fi;
		asleep = true;
		!asleep
	:: else ->
		asleep = true;
		if
		:: MAY_RUN || sig || req_unblock -> break
		:: else
		fi;
		!asleep
	od;
	atomic { asleep = false; req_unblock = false }
}

/* vcpu_block() */
inline vcpu_block() {
	if
	:: MAY_RUN
	:: else -> block()
	fi;
	if
	:: MAY_RUN ->
		accept_events();
		atomic {
			if
			:: mp == HALTED || mp == RESET_HOLD -> mp = RUNNABLE; preempted()
			:: else
			fi
		}
	:: else
	fi
}

/* process_nmi(), kvm_check_and_inject_events() */
inline inject() {
	atomic {
		if
		:: nmi_pending && (!held || mutant == NMI_ALLOWED) ->
			nmi_pending = false;
			nmi_injected = true;
			injected_held = held;
			assert(!injected_held)
		:: else
		fi
	}
}

/* The guest: "I park" in memory, perhaps with HLT, then AP reset hold, by the page and the MSR in turn. */
inline guest_runs() {
	ran_held = held;
	assert(!ran_held);
	ran_past_nmi = nmi_owed && !nmi_injected;
	assert(!ran_past_nmi);
	nmi_owed = false;
	nmi_injected = false;
	if
	:: hold_open ->
		unanswered = !answer;
		assert(!unanswered);
		woken_falsely = (answer == 2 && sent < passes && !(doubt && sent_init >= passes)) || (answer == 1 && !released);
		assert(!woken_falsely);
		released = false;
		hold_open = false;
		if
		:: answer == 2 || scenario == INIT_ALONE -> ends++
		:: else
		fi;
		answer = 0
	:: !hold_open && ends == passes && ends < ROUNDS ->
		passes++;
		if
		:: scenario != INIT_ALONE -> mp = HALTED	/* kvm_emulate_halt() */
		:: true
		fi
	:: !hold_open && ends == passes && ends == ROUNDS -> done = true
	:: !hold_open && ends < passes ->
		/* es_vmgexit_fastpath(): es_ap_note_vmgexit(); es_ap_hold() */
		hold_open = true;
		if
		:: mutant == INIT_FORGOTTEN && ap == RUNNING_INIT -> ap = RUNNING
		:: else
		fi;
		if
		:: ap != RUNNING -> feed(VMGEXIT)
		:: else
		fi;
		if
		:: passes % 2 -> feed(HOLD_NAE)
		:: else -> feed(HOLD_MSR)
		fi;
		if
		:: init_held -> mp = INIT_RECEIVED
		:: held && !init_held -> mp = RESET_HOLD
		:: else
		fi
	fi
}

/* vcpu_enter_guest(); es_ap_block_entry() is what prepare_switch_to_guest comes to */
inline enter_guest() {
	atomic {
		if
		:: req_nmi -> req_nmi = false; nmi_pending = true; req_event = true
		:: else
		fi
	};
	if
	:: atomic { req_event -> req_event = false };
		accept_events();
		if
		:: mp != INIT_RECEIVED -> inject()
		:: else
		fi
	:: atomic { !req_event -> skip }
	fi;
	if
	:: mp != INIT_RECEIVED ->
		atomic {
			if
			:: held ->
				keep_held();
				req_unblock = req_unblock || (mutant != NO_UNBLOCK)
			:: else
			fi
		};
		atomic {
			if
			:: req_event || req_nmi || req_unblock || sig	/* kvm_vcpu_exit_request() */
			:: else -> guest_runs()
			fi
		}
	:: else
	fi
}

/* es_vcpu_pre_run(), es_ap_follow_mp_state() */
inline pre_run() {
	if
	:: held && mp != RESET_HOLD && mp != INIT_RECEIVED -> feed(LET_GO); req_event = true
	:: held && mp == INIT_RECEIVED -> feed(GOT_INIT)
	:: held && mp == RESET_HOLD && init_held -> mp = INIT_RECEIVED
	:: !held && mp == RESET_HOLD -> feed(HOLD_USER)
	:: else
	fi;
	in_run = true
}

/* vcpu_run(); a signal ends it */
inline vcpu_run() {
	do
	:: true ->
		if
		:: mp == RUNNABLE -> enter_guest()
		:: else -> vcpu_block()
		fi;
		atomic {
			req_unblock = false;
			if
			:: sig || done -> break
			:: else
			fi
		}
	od
}

/* kvm_vcpu_ioctl(KVM_RUN), kvm_arch_vcpu_ioctl_run() */
inline kvm_run() {
	atomic { !mutex -> mutex = true; inside++; wants = !immediate_exit; load(); preempted() };
	if
	:: mp == UNINITIALIZED && wants ->
		block();
		accept_events()
	:: mp != UNINITIALIZED && wants ->
		atomic { pre_run() };
		vcpu_run()
	:: else
	fi;
	atomic { put(); wants = false; inside--; mutex = false }
}

/* kvm_put_kvm(), es_vcpu_free() */
inline close_file() {
	atomic {
		users--;
		freed = freed || !users || mutant == FREE_EARLY
	}
}

/* The thread that runs the vCPU: vmm_vcpu thread of lib/vmm/vcpu.c, or QEMU's. */
proctype task()
{
	do
	:: atomic { !stop && !quit && !done -> immediate_exit = false; sig = false };
		kvm_run()
	:: atomic { quit || done -> break }
	od;
	close_file()
}

/* Another vCPU, inside its KVM_RUN: __apic_accept_irq() */
inline send_init(nr) {
	atomic { !world -> world = true; assert(!freed); sent_init = nr + extra };
	if
	:: mutant == LATE_BIT -> KICK; atomic { pending = INIT; req_event = true }
	:: else -> atomic { pending = INIT; req_event = true }; KICK
	fi;
	world = false
}

inline send_sipi(nr) {
	atomic { !world -> world = true; assert(!freed); sent = nr + extra };
	vector = true;
	if
	:: mutant == NO_KICK -> atomic { pending = pending | SIPI; req_event = true }
	:: mutant == LATE_BIT -> KICK; atomic { pending = pending | SIPI; req_event = true }
	:: else -> atomic { pending = pending | SIPI; req_event = true }; KICK
	fi;
	world = false
}

proctype other()
{
	byte nr = 1;

	if
	:: mp == UNINITIALIZED -> send_init(0); send_sipi(0)
	:: else
	fi;
	do
	:: nr <= ROUNDS && !quit && (scenario < ALONE || scenario == TWICE) ->
		if
		:: passes >= nr ->
			send_init(nr);
			send_sipi(nr);
			if
			:: (!boot || !(pending & SIPI) || mutant == SIPI_ON_SIPI || quit);
				send_sipi(nr)		/* a second one means nothing */
			:: scenario == TWICE && (!(pending & SIPI) || quit);
				extra = 1;
				send_init(nr);
				send_sipi(nr)
			:: true
			fi
		:: quit
		fi;
		(ends >= nr || quit);
		(!(pending & SIPI) || mutant == STALE_SIPI || quit);
		nr++
	:: nr <= ROUNDS && !quit && scenario == INIT_ALONE -> send_init(nr); nr++
	:: else -> break
	od;
	close_file()
}

/* --- the VMM's deeds */

inline pause() {
	atomic { stop = true; immediate_exit = true; sig = true; KICK };
	atomic { !mutex || mutant == NO_MUTEX -> assert(!inside); mutex = true; inside++; load() }
}

inline resume() {
	atomic { put(); inside--; mutex = false; stop = false }
}

/* KVM_NMI of userspace, or another vCPU's */
inline send_nmi() {
	atomic { nmi_owed = true; req_nmi = true }; KICK
}

/*
 * The vCPUs are out of KVM_RUN; what lib/vmm/state.c does.  KVM_GET_VCPU_EVENTS takes NMIs in (process_nmi()).
 * The new vCPU has an APIC without INIT and SIPI; mp_state and events are set (KVM_REQ_EVENT), ap_state as well.
 */
inline move() {
	atomic { !world -> world = true };
	pause();
	if
	:: mutant != MOVE_UNREAD -> accept_events()
	:: else
	fi;
	atomic {
		put();
		nmi_pending = nmi_pending || req_nmi;
		req_nmi = false;
		pending = 0;
		req_event = true;
		req_unblock = false;
		in_run = false;
		if
		:: mutant == NO_RESTORE -> ap = 0; held = false; init_held = false
		:: else
		fi
	};
	resume();
	world = false
}

/* KVM_SET_MP_STATE(RUNNABLE): kvm_arch_vcpu_ioctl_set_mpstate() */
inline let_go() {
	pause();
	atomic {
		if
		:: mp != UNINITIALIZED ->
			released = released || held;
			mp = RUNNABLE;
			req_event = true;
			preempted()
		:: else
		fi
	};
	resume()
}

proctype vmm()
{
	byte nr = 0;

	do
	:: nr < DEEDS && scenario == MOVE -> move(); nr++
	:: nr < DEEDS && scenario == LET_GO_ALONE && held ->
		if
		:: send_nmi()
		:: true
		fi;
		let_go();
		nr++
	:: scenario == INIT_ALONE && held && mp != RUNNABLE -> let_go()
	:: nr < DEEDS && scenario != MOVE && scenario != DESTROY && scenario != LET_GO_ALONE && scenario != TWICE ->
		if
		:: send_nmi()
		:: atomic { sig = true; KICK }
		:: scenario == DISTURB || scenario == ALONE || scenario == INIT_ALONE -> pause(); accept_events(); resume()
		:: scenario == RELEASE -> let_go()
		fi;
		nr++
	:: nr == DEEDS && scenario != INIT_ALONE -> break
	:: scenario == INIT_ALONE && (done || quit) -> break
	:: scenario == DESTROY || scenario == TWICE -> break
	od;
	if
	:: scenario == DESTROY -> atomic { quit = true; immediate_exit = true; sig = true; KICK }
	:: else
	fi
}
init {
	c_code {
		now.scenario = atoi(getenv("SCENARIO"));
		now.mutant = atoi(getenv("MUTANT"));
	};
	atomic {
		if
		:: scenario != INIT_ALONE			/* an AP */
		:: mp = RUNNABLE; ap = RUNNING; boot = true; bsp_flag = true	/* the BSP, which has started the other one */
		fi;
		run task();
		run other();
		run vmm()
	}
}

/* --- what must happen, if each who can go on does so some day; the assertions above are what must not */
ltl wakes	{ <> done }
ltl sleeps	{ <> [] (held && asleep) }
ltl lets_go	{ [] (released -> <> !released) }
ltl is_freed	{ <> freed }
ltl nothing	{ [] (mp <= RESET_HOLD) }
