# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # results is of those who source this
#
# What a boot must have shown.  Each function names all that is not as wanted.

# fact BOOT NAME: the last line of that name.
fact() { sed -n "s/^$2 //p" "$results/$1/facts" | tail -n 1; }

# wants BOOT NAME VALUE [NAME VALUE]...
wants() {
	local boot=$1 found wrong=0
	shift

	while [ $# -gt 0 ]; do
		found=$(fact "$boot" "$1")
		[ "$found" = "$2" ] || { echo "$1: wanted '$2', found '$found'"; wrong=1; }
		shift 2
	done
	[ "$wrong" -eq 0 ] || { echo "Logs: $results/$boot"; return 1; }
}

# tells BOOT LINE...: each is among the facts as it stands.
tells() {
	local boot=$1 line wrong=0
	shift

	for line in "$@"; do
		grep -qxF -- "$line" "$results/$boot/facts" || { echo "wanted the line '$line'"; wrong=1; }
	done
	[ "$wrong" -eq 0 ] || { grep -E '^(dkms|status) ' "$results/$boot/facts"; echo "Logs: $results/$boot"; return 1; }
}

# same BOOT NAME NAME: two findings that must be equal, and not empty.
same() {
	[ -n "$(fact "$1" "$2")" ] && wants "$1" "$3" "$(fact "$1" "$2")"
}

# runs_ours BOOT KVER VERSION LINUX_VERSION: taint 12288 is out-of-tree (O) and signed by a key that the kernel does not
# know (E).
runs_ours() {
	local ours="$3 (linux $4)"

	wants "$1" kernel "$2" init systemd loaded yes version "$ours" sev-es Y log-lines "kvm_amd_es: $ours;" \
		tainted 12288 module-taint OE disk-file "/lib/modules/$2/updates/dkms/kvm-amd.ko" &&
		same "$1" build disk-build && same "$1" srcversion disk-srcversion &&
		tells "$1" "dkms kvm-amd-es/$3, $2, x86_64: installed" "status Source: kvm-amd-es $3" \
			"status   $2 (running): kvm-amd-es $ours, signed by \"DKMS module signing key\"" \
			"status Loaded: kvm-amd-es $ours, used by 0" "status SEV-ES: on"
}

# runs_stock BOOT KVER: Debian's own file, of that build, and an untainted kernel.
runs_stock() {
	wants "$1" kernel "$2" init systemd loaded yes version none srcversion none sev-es Y log-lines "" tainted 0 &&
		same "$1" stock-build build && same "$1" stock-build disk-build &&
		case $(fact "$1" disk-file) in
		/lib/modules/"$2"/kernel/arch/x86/kvm/kvm-amd.ko*) ;;
		*) echo "modprobe would load $(fact "$1" disk-file)"; return 1 ;;
		esac
}

small_guests_run() { wants "$1" es_launch 0 es_ap_boot 0; }

big_guest_runs() {
	wants "$1" guest-features "AMD SEV SEV-ES" guest-cpus 2 guest-cpu-back "online 1 of 2 CPUs" guest-stopped yes
}
