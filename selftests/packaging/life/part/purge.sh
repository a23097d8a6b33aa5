# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what lifecycle sets, and what boot_both wants
#
# Purged: the stock module, and no trace of ours.

part_purge() {
	begin_installed || return 1
	copy_of installed purge || return 1
	work purge 10 "apt purges the package" on_disk "$root_dir/purge" apt_inside purge kvm-amd-es-dkms
	boots purged purge look,traces "both kernels boot"
	both_stock purged
	for kver in "$k61" "$k612"; do
		check "nothing of it is left ($kver)" wants "purged-$kver" package unknown traces ""
	done
}
