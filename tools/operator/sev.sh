# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # kvm-amd-es sources all of them
#
# Why SEV-ES is off: the first thing on the way from the CPU to /dev/sev that is not as it must be.

cpu_flag() {
	grep -m 1 '^flags' "$root/proc/cpuinfo" 2>/dev/null | grep -qw "$1"
}

# Word N (0 to 3: eax ebx ecx edx) of CPUID 0x8000001f; empty where the cpuid driver is not there.
cpuid_word() {
	dd if="$root/dev/cpu/0/cpuid" iflag=skip_bytes bs=16 skip=$((0x8000001f)) count=1 2>/dev/null |
		od -An -tu4 | awk -v n="$1" 'NF == 4 { print $(n + 1) }'
}

# Bit 3 of eax.  Unknown counts as absent: the sentence then names the firmware too.
cpuid_has_sev_es() {
	local eax

	[ -n "$root" ] || [ -e /dev/cpu/0/cpuid ] || modprobe -q cpuid 2>/dev/null || true
	eax=$(cpuid_word 0)
	[ -n "$eax" ] && [ $((eax >> 3 & 1)) -eq 1 ]
}

parameter() {
	case $(cat "$root/sys/module/kvm_amd/parameters/$1" 2>/dev/null) in
	Y | 1) return 0 ;;
	esac
	return 1
}

# asked_off NAME: somebody set kvm_amd.NAME=0, on the command line or in modprobe's files.
asked_off() {
	local off="$1=(0|n|N)([[:space:]]|\$)"

	grep -qsE "kvm[-_]amd\\.$off" "$root/proc/cmdline" ||
		grep -qsE "^options[[:space:]]+kvm[-_]amd[[:space:]]([^#]*[[:space:]])?$off" "$root"/etc/modprobe.d/*.conf
}

# is_blacklisted: this boot does not load kvm_amd, not even when it is asked to, or not by itself.
is_blacklisted() {
	grep -qsE '(^|[[:space:]])(module_blacklist|modprobe\.blacklist)=([^[:space:]]*,)?kvm[-_]amd(,|[[:space:]]|$)' "$root/proc/cmdline"
}

# How to load it.
how_to_load() {
	if is_blacklisted; then
		echo "the kernel's command line forbids it: boot without blacklist=kvm_amd"
	else
		echo "run \`modprobe kvm_amd\`"
	fi
}

why_cpu() {
	if ! grep -q AuthenticAMD "$root/proc/cpuinfo" 2>/dev/null; then
		echo "The CPU is not from AMD."
	elif ! cpu_flag svm; then
		echo "Virtualization (SVM) is off: enable it in the firmware's setup."
	elif ! cpu_flag sev_es && cpuid_has_sev_es; then
		echo "The CPU has SEV-ES, but the firmware leaves it off: enable SMEE (memory encryption) in its setup."
	elif ! cpu_flag sev_es; then
		echo "The CPU does not offer SEV-ES: it needs an AMD EPYC, with SMEE (memory encryption) enabled in the firmware's setup."
	fi
}

why_kvm() {
	local name

	if ! is_loaded; then
		echo "kvm_amd is not loaded: $(how_to_load); dmesg tells more."
		return
	fi
	! parameter sev_es || return 0
	for name in npt sev sev_es; do
		if asked_off "$name"; then
			echo "kvm_amd.$name=0 is set: remove it from the kernel's command line or /etc/modprobe.d and reload kvm_amd."
			return
		fi
	done
	if [ "$(cpuid_word 3)" = 1 ]; then
		echo "The firmware gives SEV-ES no ASIDs: raise the minimum SEV non-ES ASID in its setup."
	elif [ ! -e "$root/dev/sev" ]; then
		echo "The security processor's driver gives no /dev/sev: run \`modprobe ccp\` and see \`dmesg | grep ccp\`."
	else
		echo "KVM turned it off: see \`dmesg | grep -i sev\`."
	fi
}

why_driver() {
	if [ ! -e "$root/dev/sev" ]; then
		echo "KVM is ready, but there is no /dev/sev: run \`modprobe ccp\` and see \`dmesg | grep ccp\`."
	fi
}

# One sentence, or nothing when SEV-ES is on.
why_sev_es_is_off() {
	local why

	why=$(why_cpu)
	why=${why:-$(why_kvm)}
	echo "${why:-$(why_driver)}"
}
