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

# msr_bit MSR BIT: 0 or 1 on CPU 0; empty where the msr driver is not there, or only root may ask.
msr_bit() {
	local value

	[ -n "$root" ] || [ -e /dev/cpu/0/msr ] || modprobe -q msr 2>/dev/null || true
	value=$(dd if="$root/dev/cpu/0/msr" iflag=skip_bytes bs=8 skip=$(($1)) count=1 2>/dev/null | od -An -td8)
	[ -z "$value" ] || echo $((value >> $2 & 1))
}

# is_off MODULE PARAMETER: as the module has it; what an older kernel has no parameter for is not off.
is_off() {
	case $(cat "$root/sys/module/$1/parameters/$2" 2>/dev/null) in
	N | 0) return 0 ;;
	esac
	return 1
}

on_6_12() { [[ $(running_kernel) == 6.12.* ]]; }

# turned_off MODULE PARAMETER WHERE
turned_off() {
	echo "$1.$2=0 is set $3: remove it and reload kvm_amd$([ "$1" != kvm ] || echo " and kvm")."
}

why_svm() {
	if ! grep -qE 'AuthenticAMD|HygonGenuine' "$root/proc/cpuinfo" 2>/dev/null; then
		echo "The CPU is not from AMD."
	elif ! cpu_flag svm || [ "$(msr_bit 0xc0010114 4)" = 1 ]; then
		echo "Virtualization (SVM) is off: enable it in the firmware's setup."
	fi
}

# The kernel shows SEV only where the firmware enabled memory encryption and locked SMM's memory.
why_flag() {
	if cpu_flag sev_es; then
		return
	elif on_command_line clearcpuid=; then
		echo "The kernel hides features of the CPU: remove clearcpuid= from its command line."
	elif ! cpuid_has_sev_es; then
		echo "The CPU does not offer SEV-ES: it needs an AMD EPYC, with SMEE (memory encryption) enabled in the firmware's setup."
	elif [ "$(msr_bit 0xc0010010 23)" = 1 ] && [ "$(msr_bit 0xc0010015 0)" = 0 ]; then
		echo "The CPU has SEV-ES, but the firmware did not lock SMM: enable the SMM lock in its setup."
	else
		echo "The CPU has SEV-ES, but the firmware leaves it off: enable SMEE (memory encryption) in its setup."
	fi
}

why_cpu() {
	local why

	why=$(why_svm)
	echo "${why:-$(why_flag)}"
}

# why_parameter MODULE PARAMETER SENTENCE: it is off, by whom, or else the sentence.
why_parameter() {
	local where

	is_off "$1" "$2" || return 0
	where=$(where_off "$1" "$2")
	if [ -n "$where" ]; then turned_off "$1" "$2" "$where"; else echo "$3"; fi
}

# What KVM's set-up of SEV and SEV-ES wants of other parameters.
why_parameters() {
	local name where

	why_parameter kvm_amd npt "The CPU gives KVM no nested paging (NPT), which SEV needs."
	! on_6_12 || why_parameter kvm_amd nrips "The CPU gives KVM no saved instruction pointers (nrip_save), which SEV needs."
	for name in sev sev_es; do
		where=$(where_off kvm_amd $name)
		[ -z "$where" ] || turned_off kvm_amd $name "$where"
	done
	why_parameter kvm mmio_caching "The CPU's addresses leave KVM no bit for MMIO caching (kvm.mmio_caching), which SEV-ES needs."
	! on_6_12 || why_parameter kvm_amd lbrv "The CPU gives KVM no LBR virtualization (lbrv), which SEV-ES needs."
}

# What keeps the security processor from serving SEV-ES, in its driver's words, since it was loaded last: a failure that no
# success followed, or that there was no memory for SEV-ES, which no success cures.
why_security_processor() {
	dmesg 2>/dev/null | sed -nE 's/.*ccp [^ ]*: ((SEV|psp|sev):? .*)/\1/p' | awk '
		/psp enabled|sev enabled/ { said = tmr = "" }
		/SEV API:/ { said = "" }
		/TMR allocation failed/ { tmr = $0 }
		/failed to INIT|INIT failed|INIT_EX failed|DF_FLUSH failed|initialization failed|NV memory|disabling PSP|unable to/ { said = $0 }
		END { if (said == "") said = tmr; if (said != "") print "The driver of the security processor says \"" said "\": see `dmesg | grep ccp`." }'
}

why_kvm() {
	local why

	if ! is_loaded; then
		echo "kvm_amd is not loaded: $(how_to_load); dmesg tells more."
		return
	fi
	[ ! -e "$root/sys/module/kvm_amd/parameters/sev_es" ] || is_off kvm_amd sev_es || return 0
	why=$(why_parameters | sed -n 1p)
	if [ -n "$why" ]; then
		echo "$why"
	elif [ "$(cpuid_word 2)" = 0 ]; then
		echo "The CPU has no ASIDs for encrypted guests: see the firmware's setup, or the hypervisor's if this host is a guest."
	elif [ "$(cpuid_word 3)" = 1 ]; then
		echo "The firmware gives SEV-ES no ASIDs: raise the minimum SEV non-ES ASID in its setup."
	elif [ ! -e "$root/dev/sev" ]; then
		why_no_device
	else
		why=$(why_security_processor)
		echo "${why:-KVM turned it off: see \`dmesg | grep -i sev\`.}"
	fi
}

why_no_device() {
	local why

	why=$(why_security_processor)
	echo "${why:-The driver of the security processor gives no /dev/sev: run \`modprobe ccp\` and see \`dmesg | grep ccp\`.}"
}

why_driver() {
	if [ ! -e "$root/dev/sev" ]; then
		why_no_device
	elif ! on_6_12; then # whose KVM asks the security processor itself
		why_security_processor
	fi
}

# One sentence, or nothing when SEV-ES is on.
why_sev_es_is_off() {
	local why

	why=$(why_cpu)
	why=${why:-$(why_kvm)}
	echo "${why:-$(why_driver)}"
}
