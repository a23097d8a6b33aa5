# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what lifecycle sets, and what boot_both wants
#
# Installed, rebooted: ours is loaded on both kernels, small guests and a stock one run.

part_install() {
	begin_installed || return 1
	work install 400 "both kernels boot from this disk, and run stock QEMU, OVMF and Debian as a guest" \
		boot_both install 1500 "$root_dir/installed,snapshot=on" look,tests,guest
	both_ours install "$version"
	both_run install small_guests_run
	both_run install big_guest_runs
}
