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
	for event in es_ap es_reject es_jump_table; do
		[ ! -e /sys/kernel/tracing/events/kvm_amd_es/$event ] || echo 1 >/sys/kernel/tracing/events/kvm_amd_es/$event/enable
	done
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

# Kernel messages that make a run a failure, whatever its job says; and a hint at boot that only looks like one.
forbidden='BUG:|WARNING:|Oops|general protection fault|Kernel panic|Call Trace|soft lockup|hard LOCKUP|blocked for more than|detected stall|KASAN|UBSAN|refcount_t:|corruption|Bad page|scheduling while atomic|possible recursive locking'
harmless='Speculative Return Stack Overflow: WARNING: See'

# The complaints among the kernel messages of standard input.
kernel_complaints() { grep -aE "$forbidden" | grep -avF "$harmless"; }
