# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what lifecycle sets, and what boot_both wants
#
# The shortest way through a life: installed, rebooted, guests run, removed, rebooted, stock again.

part_short() {
	begin_installed || return 1
	boots short installed look,tests "both kernels boot with it"
	both_ours short "$version"
	both_run short small_guests_run
	mv "$root_dir/installed" "$root_dir/short"
	work short-remove 10 "apt removes the package" on_disk "$root_dir/short" apt_inside remove kvm-amd-es-dkms
	boots short-removed short look "both kernels boot without it"
	both_stock short-removed
}
