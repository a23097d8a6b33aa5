# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # kvm-amd-es sources all of them
#
# remove: every kernel gets its stock module back, and dkms forgets ours, also where its state or our source is gone.  The
# package's scripts run this when it is removed; an upgrade builds anew, and looks at the initramfs then.

# Kernels whose image is gone may still have a module of ours.
kernels_with_ours() {
	find "$root/lib/modules/" -path '*/updates/dkms/kvm-amd.ko*' 2>/dev/null | sed "s|^$root/lib/modules/||; s|/.*||"
}

verb_remove() {
	local kver for_upgrade=0 failed=0 all=()

	[ "${1:-}" != --for-upgrade ] || { for_upgrade=1; shift; }
	[ $# -eq 0 ] || refuse 2 "remove takes no arguments: it is for all kernels."
	need_root
	begin_change
	mapfile -t all < <(kernels_with_ours)
	for kver in "${all[@]}"; do
		drop_module "$kver"
	done
	rm -rf "$root/var/lib/dkms/kvm-amd-es"
	[ "$for_upgrade" = 0 ] || return 0
	mapfile -t all < <(kernels)
	for kver in "${all[@]}"; do
		! is_supported "$kver" || refresh_initramfs "$kver" || failed=1
	done
	return $failed
}
