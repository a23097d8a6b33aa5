# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what lifecycle sets, and what boot_both wants
#
# An older kernel of the same line, as the archive still has it, and its upgrade to the newest.

older_kernel() {
	apt-cache pkgnames linux-image-6.1.0- | grep -xE 'linux-image-6\.1\.0-[0-9]+-amd64' | sed 's/^linux-image-//' | sort -V |
		grep -xF -B 1 "$k61" | grep -vxF "$k61"
}

# put_kernel KVER VERSION: image, headers and source at once, as an upgrade brings them.
# shellcheck disable=SC2046 # several packages are meant
put_kernel() {
	apt_inside install $(kernel_packages "$1" "$2") && image_make "$1" "$image_dir" && ! grep '^kvm-amd-es: .* keeps' "$said"
}

put_old_host() { put_host && put_kernel "$@"; }
old_machine() { disk_make "$root_dir/upgrade" && on_disk "$root_dir/upgrade" put_old_host "$@"; }

part_upgrade() {
	local old linux both

	old=$(older_kernel) && linux=$(deb_version "linux-headers-$old") || return 1
	both=("$old" "$k61")
	work old-machine 90 "a Debian 12 host with $old (linux $linux) is made" old_machine "$old" "$linux" || return 1
	work old-install 60 "apt installs the package there" on_disk "$root_dir/upgrade" install_deb "$deb"
	work old-boot 90 "$old boots" boot "old-boot-$old" 600 "$old" "$root_dir/upgrade,snapshot=on" look,tests
	check "$old has ours" runs_ours "old-boot-$old" "$old" "$version" "$linux"
	check "SEV-ES guests run on $old" small_guests_run "old-boot-$old"
	work upgrade 90 "apt brings $k61 with its source" on_disk "$root_dir/upgrade" put_kernel "$k61" "$l61"
	boots upgraded upgrade look,tests "both kernels boot"
	check "$old keeps its build" runs_ours "upgraded-$old" "$old" "$version" "$linux"
	check "$k61 has its own" runs_ours "upgraded-$k61" "$k61" "$version" "$l61"
	check "SEV-ES guests run on $k61" small_guests_run "upgraded-$k61"
}
