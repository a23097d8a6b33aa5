# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # kvm-amd-es sources all of them
#
# status: which module each kernel would load, which one is loaded, and whether SEV-ES is on; why it is not.
# Ends with 1 where a supported kernel is left with the stock module, on disk or in its initramfs, else with 0.

# Who signed a module, for Secure Boot.
signer() {
	local name

	name=$(modinfo -F signer "$1" 2>/dev/null || true)
	echo "${name:+, signed by \"$name\"}"
}

# Ours for this kernel's very version, ours for another one, damaged, stock, or none.
describe_kernel() {
	local file version

	file=$(preferred_module "$1")
	if [ -z "$file" ]; then
		echo "no kvm-amd module"
		return
	fi
	version=$(module_version "$file")
	if [ ! -e "$file" ]; then
		echo "MISSING: modules.dep names ${file#"$root"}. Run: depmod $1"
	elif [ -z "$version" ] && [ "$file" != "$(our_module "$1")" ]; then
		echo "stock"
	elif ! is_whole "$1" "$file"; then
		echo "DAMAGED: ${file#"$root"} is not whole. Run: kvm-amd-es build $1"
	elif ! is_of_kernel "$1" "$file"; then
		echo "OUTDATED: kvm-amd-es $version, but the kernel is $(kernel_version "$1"). Run: kvm-amd-es build $1"
	else
		echo "kvm-amd-es $version$(signer "$file")"
	fi
}

show_kernel() {
	local what why other running=

	what=$(describe_kernel "$1")
	[ "$1" != "$(running_kernel)" ] || running=" (running)"
	echo "  $1$running: $what"
	why=$(why_not "$1")
	[ -z "$why" ] || echo "    $why"
	other=$(other_in_initramfs "$1")
	[ -z "$other" ] || echo "    Its initramfs has another kvm-amd ($other), which is loaded first: run \`$(initramfs_command "$1")\`."
	case $what,$other in
	kvm-amd-es*,) ;;
	*) ! is_supported "$1" || missing=1 ;;
	esac
}

# The loaded one may be older than the one on disk.  Debian's own have no srcversion.
show_loaded() {
	local version disk loaded

	if ! is_loaded; then
		echo "Loaded: none: $(how_to_load)."
		return
	fi
	version=$(cat "$root/sys/module/kvm_amd/version" 2>/dev/null || true)
	[ -z "$version" ] || version="kvm-amd-es $version"
	echo "Loaded: ${version:-stock}, used by $(users)"
	disk=$(preferred_module "$(running_kernel)")
	loaded=$(cat "$root/sys/module/kvm_amd/srcversion" 2>/dev/null || true)
	[ -z "$disk" ] || [ "$(modinfo -F srcversion "$disk" 2>/dev/null)" = "$loaded" ] ||
		echo "  It is not the one on disk. Stop all VMs and run: modprobe -r kvm_amd && modprobe kvm_amd"
}

# ASIDs, from KVM if it set them, and how many are taken.
show_asids() {
	local kind max now

	for kind in sev_es sev; do
		max=$(sed -n "s/^$kind //p" "$root/sys/fs/cgroup/misc.capacity" 2>/dev/null || true)
		now=$(sed -n "s/^$kind //p" "$root/sys/fs/cgroup/misc.current" 2>/dev/null || true)
		[ -z "$max" ] || echo "  ASIDs for $kind guests: $max${now:+, $now taken}"
	done
}

show_sev() {
	local why

	why=$(why_sev_es_is_off)
	echo "SEV-ES: $([ -z "$why" ] && echo on || echo "off. $why")"
	show_asids
	echo "  /dev/sev: $([ -e "$root/dev/sev" ] && echo "there" || echo "missing")"
}

# Nothing where every module may be loaded.
show_secure_boot() {
	signatures_enforced || return 0
	if refused_for_its_key; then
		echo "Secure Boot: on, and the key with which dkms signs is not enrolled, so the kernel refuses what it builds: $(how_to_enroll)"
	else
		echo "Secure Boot: on, signed with the key of $(signing_certificate)"
	fi
}

verb_status() {
	local kver version missing=0

	version=$(our_version)
	if [ -n "$version" ]; then echo "Source: kvm-amd-es $version"; else echo "Source: none in /usr/src"; fi
	echo "Kernels, and what each would load:"
	for kver in $(kernels); do
		show_kernel "$kver"
	done
	show_loaded
	show_secure_boot
	show_sev
	return $missing
}
