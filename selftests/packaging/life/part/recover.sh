# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what lifecycle sets, and what boot_both wants
#
# A host that does not come up: the boot with module_blacklist=kvm_amd, and the removal there.  That is for both kernels of
# the disk; it is done in one boot only, because depmod takes minutes on an emulated CPU.

recover_boots() {
	boot "recover-$k612" 600 "$k612" "$root_dir/installed,snapshot=on" look,blacklist module_blacklist=kvm_amd &
	boot "recover-$k61" 1500 "$k61" "$root_dir/recover" look,blacklist,remove module_blacklist=kvm_amd && wait "$!"
}

part_recover() {
	begin_installed || return 1
	copy_of installed recover || return 1
	work recover 500 "both kernels boot with module_blacklist=kvm_amd" recover_boots
	for kver in "$k61" "$k612"; do
		check "$kver loads no kvm_amd then, not even when asked to" wants "recover-$kver" \
			kernel "$kver" loaded no modprobe-loads no
	done
	check "apt removes the package there" wants "recover-$k61" package config-files half-done 0
	boots recovered recover look "both boot from that disk, without the option"
	both_stock recovered
}
