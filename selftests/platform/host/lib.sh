# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the scripts of the emulated host share.
# shellcheck disable=SC2154 # es_* come from the kernel command line

mount_all() {
	mount -t proc proc /proc
	mount -t sysfs sys /sys
	mount -t devtmpfs dev /dev 2>/dev/null
	mkdir -p /dev/shm /tmp /run
	mount -t tmpfs shm /dev/shm
	mount -t tmpfs tmp /tmp
	mount -t tmpfs run /run
	mount -t debugfs debugfs /sys/kernel/debug
	mount -t tracefs tracefs /sys/kernel/tracing
	ip link set lo up
}

# The stock modules under ours: irqbypass, ccp and kvm stay Debian's own.
load_kvm() {
	for module in irqbypass ccp kvm; do
		insmod "/mod/stock/$module.ko" || { echo "# insmod $module failed"; return 1; }
	done
	load_kvm_amd "$es_module"
}

# load_kvm_amd es|stock
load_kvm_amd() {
	insmod "/mod/$1/kvm-amd.ko" sev=1 sev_es=1 || {
		echo "# insmod kvm-amd ($1) failed; the last kernel messages:"
		dmesg | tail -n 10 | sed 's/^/# /'
		return 1
	}
	trace_rare_events
	case $(cat /sys/module/kvm_amd/parameters/sev_es) in
	Y | 1) ;;
	*) echo "# kvm_amd says that this host has no SEV-ES"; return 1 ;;
	esac
}

# Our module's events that are rare enough to be recorded always; the stock module has none.
trace_rare_events() {
	for event in es_ap es_reject es_tolerate es_jump_table; do
		[ ! -e /sys/kernel/tracing/events/kvm_amd_es/$event ] || echo 1 >/sys/kernel/tracing/events/kvm_amd_es/$event/enable
	done
}

# The checks of a debug kernel (build-debug-kernel); there is nothing to do on others.
leaks=/sys/kernel/debug/kmemleak
is_debug_kernel() { case $(uname -r) in *+debug) ;; *) return 1 ;; esac; }

# Their being there is checked too: a check that is not on finds nothing.
debug_begin() {
	is_debug_kernel || return 0
	dmesg | grep -q 'KernelAddressSanitizer initialized' || { echo "# KASAN is not on"; return 1; }
	[ -e /proc/lockdep_stats ] || { echo "# lockdep is not on"; return 1; }
	[ -e $leaks ] || { echo "# kmemleak is not on"; return 1; }
	echo scan=off >$leaks
	echo scan >$leaks
	echo clear >$leaks # what the kernel lost before the job is not the job's
}

# What was lost since then, with kvm_amd unloaded: its own memory holds nothing any more.  kmemleak
# takes no object for lost that is younger than 5 s.
debug_end() {
	is_debug_kernel || return 0
	rmmod kvm_amd || { echo "# kvm_amd cannot be unloaded after the job"; return 1; }
	sleep 6
	echo scan >$leaks
	echo scan >$leaks
	cat $leaks >/tmp/leaks
	grep -q 'debug_locks: *1$' /proc/lockdep_stats || {
		echo "# lockdep has turned itself off: see the host's log"
		return 1
	}
	[ -s /tmp/leaks ] || { echo "# debug kernel: kvm_amd unloaded, no memory lost, lockdep still on"; return 0; }
	echo "# kmemleak found memory that nobody refers to any more:"
	head -n 60 /tmp/leaks | sed 's/^/# /'
	return 1
}

# finish STATUS: the last line of the run's output, then power off.
finish() {
	sleep 0.2
	echo "ES-EXIT $1"
	sync
	sleep 0.2
	poweroff -f
	sleep 60
}

# Kernel messages that make a run a failure, whatever its job says, those about a program that crashed or was killed for want
# of memory too; and a hint at boot that only looks like one.
forbidden='BUG:|WARNING:|Oops|general protection fault|Kernel panic|Call Trace|soft lockup|hard LOCKUP|blocked for more than|detected stall|KASAN|UBSAN|refcount_t:|corruption|Bad page|scheduling while atomic|[Pp]ossible (recursive|circular|irq|interrupt)|suspicious RCU|inconsistent lock|lock held (freed|when returning)|held lock freed|locking correctness validator|Invalid wait context|new suspected memory leaks|: segfault at|traps: |oom-kill'
harmless='Speculative Return Stack Overflow: WARNING: See'

# The complaints among the kernel messages of standard input.
kernel_complaints() { grep -aE "$forbidden" | grep -avF "$harmless"; }

# What the kernel complained about since the last call.
complaints() { dmesg -c | tee -a /tmp/dmesg | kernel_complaints; }

# limited SECONDS COMMAND [ARGUMENT...]: its status; after that time the host's state is shown and the command's whole
# session is killed.  Nothing that it started outlives it.  (The guard's sleep must not hold our output open.)
limited() {
	seconds=$1
	status=0
	shift
	setsid "$@" &
	session=$!
	{ sleep "$seconds" >/dev/null 2>&1; /es/state; kill -9 "-$session"; } &
	guard=$!
	wait "$session" || status=$?
	kill "$guard" 2>/dev/null
	kill -9 "-$session" 2>/dev/null
	return "$status"
}
