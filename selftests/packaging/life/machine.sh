# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what lifecycle sets, and what boot_both wants
#
# The disks that a part begins with, each made once in a run: a Debian 12 host with both kernels, and the same with our
# package.

put_deb() { cp "$1" "$root_dir/system/kvm-amd-es-dkms.deb"; }

# kernel_packages KVER VERSION
kernel_packages() { echo "linux-image-$1" "linux-headers-$1" "linux-source-$(cut -d . -f 1,2 <<<"$1")=$2"; }

put_host() { apt_inside install "${host_packages[@]}"; }

# shellcheck disable=SC2046 # several packages are meant
put_kernels() {
	put_host && apt_inside install $(kernel_packages "$k61" "$l61") $(kernel_packages "$k612" "$l612")
}

put_images() { image_make "$k61" "$image_dir" && image_make "$k612" "$image_dir"; }

# A Debian 12 host with both kernels, which boots.
machine() {
	[ ! -f "$root_dir/machine" ] || return 0
	disk_make "$root_dir/machine.new" && on_disk "$root_dir/machine.new" put_kernels &&
		mv "$root_dir/machine.new" "$root_dir/machine"
}

# install_deb FILE [OPTION]...: apt, and what it said about our module.
install_deb() {
	put_deb "$1" && apt_inside install "${@:2}" /kvm-amd-es-dkms.deb && rm "$root_dir/system/kvm-amd-es-dkms.deb"
	grep '^kvm-amd-es: ' "$said"
}

# The same with our package.
installed() {
	[ ! -f "$root_dir/installed" ] || return 0
	machine && cp --sparse=always "$root_dir/machine" "$root_dir/installed.new" &&
		on_disk "$root_dir/installed.new" install_deb "$deb" && mv "$root_dir/installed.new" "$root_dir/installed"
}

# copy_of DISK NAME...
copy_of() {
	local name

	for name in "${@:2}"; do
		cp --sparse=always "$root_dir/$1" "$root_dir/$name" || return 1
	done
}

begin_installed() {
	[ -f "$root_dir/machine" ] ||
		work machine 90 "a Debian 12 host with both kernels is made" machine || return 1
	[ -f "$root_dir/installed" ] ||
		work installed 90 "apt installs the package, and the module is built for both" installed || return 1
	[ -d "$image_dir/$k612" ] || on_disk "$root_dir/machine" put_images
}
