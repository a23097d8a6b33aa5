# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # kvm-amd-es sources all of them
#
# try: loads our module into the running kernel without installing it, runs the smoke test (tools/smoke) where there is
# SEV-ES, and offers to go back.  Going back is `modprobe kvm_amd`: what an installed system loads.

# The build that dkms keeps, or the one of a source tree; built now if there is none.
find_build() {
	local kver=$1 version

	version=$(our_version)
	first_of "$root/var/lib/dkms/kvm-amd-es/${version:-none}/$kver/x86_64/module/kvm-amd.ko"* "$here/../build/$kver/kvm-amd.ko"
}

build_module() {
	local version

	version=$(our_version)
	[ -n "$version" ] || refuse 1 "There is nothing to load: install kvm-amd-es-dkms, or run \`make module KVER=$1\` in the source tree."
	echo "Building the module for kernel $1 (about 30 s) ..."
	dkms build -m kvm-amd-es -v "$version" -k "$1" >/dev/null 2>&1 ||
		refuse 1 "The module does not build for kernel $1: run \`dkms build kvm-amd-es/$version -k $1\` and see what it says."
}

# Options of modprobe's files and of the command line, which insmod does not read.
options() {
	modprobe -c 2>/dev/null | sed -nE 's/^options kvm[-_]amd //p'
	tr ' ' '\n' <"$root/proc/cmdline" | sed -nE 's/^kvm[-_]amd\.//p'
}

# insmod wants a plain file.
plain_copy() {
	case $1 in
	*.xz) xz -dc "$1" ;;
	*) cat "$1" ;;
	esac >"$2"
}

unload() {
	! is_loaded || rmmod kvm_amd ||
		refuse 1 "kvm_amd cannot be unloaded: stop all VMs and try again."
}

go_back() {
	unload
	modprobe kvm_amd || refuse 1 "kvm_amd cannot be loaded: see dmesg."
	echo "The installed module is loaded again."
}

# why_refused FILE WHAT_INSMOD_SAID: one sentence.
why_refused() {
	local by

	by=$(modinfo -F signer "$1" 2>/dev/null || true)
	if ! signatures_enforced || [[ $2 != *'Key was rejected'* && $2 != *'not permitted'* ]]; then
		echo "The kernel refuses the module (${2##*: }): see the last lines of dmesg, and build it again for kernel $kver."
	elif [ -z "$by" ]; then
		echo "The kernel refuses the module, because Secure Boot is on and it has no signature: let dkms build and sign it."
	elif refused_for_its_key; then
		echo "The kernel refuses the module, because Secure Boot is on and \"$by\", who signed it, is not enrolled: $(how_to_enroll)"
	else
		echo "The kernel refuses the module, because Secure Boot is on and the signature of \"$by\" is not right: build it again with \`kvm-amd-es build $kver\`."
	fi
}

load() {
	local copy said
	local -a with

	copy=$(mktemp)
	plain_copy "$1" "$copy"
	mapfile -t with < <(options | tr ' ' '\n' | sed '/^$/d')
	unload
	modprobe -a kvm ccp 2>/dev/null || modprobe kvm || true
	if ! said=$(insmod "$copy" "${with[@]}" 2>&1); then
		rm -f "$copy"
		echo "kvm-amd-es: $(why_refused "$1" "$said")" >&2
		go_back
		exit 1
	fi
	rm -f "$copy"
	echo "Loaded: kvm-amd-es $(cat "$root/sys/module/kvm_amd/version")"
}

# Real SEV-ES guests; nothing to run on a host without it.
smoke_test() {
	local why smoke

	why=$(why_sev_es_is_off)
	smoke=$(first_of "$root/usr/lib/kvm-amd-es/smoke" "$here/../build/es-smoke")
	if [ -n "$why" ]; then
		echo "No test: SEV-ES is off. $why"
	elif [ -z "$smoke" ]; then
		echo "No test: it is not built; run \`make tools\` in the source tree."
	else
		"$smoke"
	fi
}

wants_to_stay() {
	local answer=

	[ "$keep" = 0 ] || return 0
	[ -t 0 ] && read -rp "Keep it until the next boot? [y/N] " answer
	[ "$answer" = y ]
}

verb_try() {
	local keep=0 kver file

	[ "${1:-}" != --keep ] || { keep=1; shift; }
	[ $# -eq 0 ] || refuse 2 "'$1' is not an option of try: only --keep is."
	need_root
	[ "$(users)" = 0 ] || refuse 1 "kvm_amd is used by $(users): stop all VMs and try again."
	kver=$(running_kernel)
	is_supported "$kver" || refuse 1 "Kernel $kver is not supported: boot a kernel 6.1 or 6.12 of Debian 12, or 6.12 of Debian 13, not a cloud or real-time one."
	file=$(find_build "$kver")
	[ -n "$file" ] || build_module "$kver"
	file=${file:-$(find_build "$kver")}
	# Whoever ends it meanwhile gets the installed module back, too.
	trap 'go_back; exit 1' HUP INT TERM
	load "$file"
	smoke_test || { echo "kvm-amd-es: A test failed: please send the file that \`kvm-amd-es report\` writes." >&2; go_back; exit 1; }
	wants_to_stay || go_back
}
