# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what lifecycle sets, and what boot_both wants
#
# A host that does not come up: the boot with module_blacklist=kvm_amd, and the removal there, on a disk for each kernel.

part_recover() {
	begin_installed || return 1
	copy_of installed "recover-$k61" "recover-$k612" || return 1
	work recover 150 "both kernels boot with module_blacklist=kvm_amd, and the package is removed there" \
		boot_both recover 1200 "$root_dir/recover-%" look,blacklist,remove module_blacklist=kvm_amd
	for kver in "$k61" "$k612"; do
		check "$kver loads no kvm_amd then, not even when asked to, and apt removes the package" wants "recover-$kver" \
			kernel "$kver" loaded no modprobe-loads no package config-files half-done 0
	done
	work recovered 90 "both boot again, without the option" boot_both recovered 600 "$root_dir/recover-%" look
	both_stock recovered
}
