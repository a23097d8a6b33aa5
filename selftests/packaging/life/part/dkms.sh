# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what lifecycle sets, and what boot_both wants
#
# The module removed by dkms while the package stays, and the package reinstalled.

part_dkms() {
	begin_installed || return 1
	copy_of installed dkms || return 1
	work dkms-remove 10 "dkms removes the module, the package stays" \
		on_disk "$root_dir/dkms" inside dkms remove "kvm-amd-es/$version" --all
	boots dkms-removed dkms look "both kernels boot"
	both_stock dkms-removed
	work dkms-reinstall 60 "apt reinstalls the package" on_disk "$root_dir/dkms" install_deb "$deb" --reinstall
	boots dkms-again dkms look "both kernels boot again"
	both_ours dkms-again "$version"
}
