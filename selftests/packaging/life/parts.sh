# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what lifecycle sets, and what boot_both wants
#
# The parts of a life.  Each begins with a disk of its own, so that it can be run alone.

# --- disks to begin with, each made once in a run

put_deb() { cp "$1" "$root_dir/system/kvm-amd-es-dkms.deb"; }

# kernel_packages KVER VERSION
kernel_packages() { echo "linux-image-$1" "linux-headers-$1" "linux-source-$(cut -d . -f 1,2 <<<"$1")=$2"; }

put_host() { host_settings && apt_inside install "${host_packages[@]}"; }

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
	[ -f "$root_dir/machine" ] || work machine 90 "a Debian 12 host with both kernels is made" machine || return 1
	[ -f "$root_dir/installed" ] || work installed 90 "apt installs the package, and the module is built for both" installed || return 1
	[ -d "$image_dir/$k612" ] || on_disk "$root_dir/machine" put_images
}

# --- what both kernels must show

both_ours() {
	check "$k61 has ours loaded by udev, and all tools tell so" runs_ours "$1-$k61" "$k61" "$2" "$l61"
	check "$k612 has ours, of its own build" runs_ours "$1-$k612" "$k612" "$2" "$l612"
}

both_stock() {
	check "$k61 has the stock module, untainted" runs_stock "$1-$k61" "$k61"
	check "$k612 has the stock module, untainted" runs_stock "$1-$k612" "$k612"
}

both_run() {
	check "SEV-ES guests run on $k61" "$2" "$1-$k61"
	check "SEV-ES guests run on $k612" "$2" "$1-$k612"
}

# boots NAME DISK JOBS SENTENCE: both kernels, side by side; the disk is left as it is.
boots() { work "$1" 90 "$4" boot_both "$1" 400 "$root_dir/$2,snapshot=on" "$3"; }

# --- the parts

part_install() {
	begin_installed || return 1
	work install 400 "both kernels boot from this disk, and run stock QEMU, OVMF and Debian as a guest" \
		boot_both install 1500 "$root_dir/installed,snapshot=on" look,tests,guest
	both_ours install "$version"
	both_run install small_guests_run
	both_run install big_guest_runs
}

part_short() {
	begin_installed || return 1
	boots short installed look,tests "both kernels boot with it"
	both_ours short "$version"
	both_run short small_guests_run
	work short-remove 10 "apt removes the package" on_disk "$root_dir/installed" apt_inside remove kvm-amd-es-dkms
	boots short-removed installed look "both kernels boot without it"
	both_stock short-removed
}

# Each kernel recovers a disk of its own.
part_recover() {
	begin_installed || return 1
	copy_of installed "recover-$k61" "recover-$k612" || return 1
	work recover 150 "both kernels boot with module_blacklist=kvm_amd, and the package is removed there" \
		boot_both recover 600 "$root_dir/recover-%" look,blacklist,remove module_blacklist=kvm_amd
	for kver in "$k61" "$k612"; do
		check "$kver loads no kvm_amd then, not even when asked to, and apt removes the package" wants "recover-$kver" \
			kernel "$kver" loaded no modprobe-loads no package config-files half-done 0
	done
	work recovered 90 "both boot again, without the option" boot_both recovered 400 "$root_dir/recover-%" look
	both_stock recovered
}

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

# A newer version of ours: a copy of the tree, with another version wherever ours is.
newer_deb() {
	local tree=$root_dir/newer

	mkdir -p "$tree"
	tar -c --exclude-vcs --exclude=./build --exclude=./selftests/build . | tar -x -C "$tree"
	sed -i "s/^ES_VERSION := .*/ES_VERSION := $version.1/" "$tree/mk/module.mk"
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$version.1\"/" "$tree/dkms.conf"
	sed -i "1s/($version)/($version.1)/" "$tree/packaging/debian/changelog"
	"$tree/packaging/build-deb" >"$root_dir/newer.name" && sed -i "s|^build|$tree/build|" "$root_dir/newer.name"
}

part_downgrade() {
	begin_installed || return 1
	copy_of installed downgrade || return 1
	work newer 20 "a newer version of the package is built" newer_deb || return 1
	work newer-install 60 "apt upgrades to it" on_disk "$root_dir/downgrade" install_deb "$(cat "$root_dir/newer.name")"
	boots newer-boot downgrade look "both kernels boot with the newer version"
	both_ours newer-boot "$version.1"
	work older-install 60 "apt goes back to the older one" on_disk "$root_dir/downgrade" install_deb "$deb" --allow-downgrades
	boots older-boot downgrade look,tests "both kernels boot with the older version"
	both_ours older-boot "$version"
	both_run older-boot small_guests_run
}

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

# --- an older kernel of the same line, as the archive still has it

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
	work old-boot 90 "$old boots" boot "old-boot-$old" 400 "$old" "$root_dir/upgrade,snapshot=on" look,tests
	check "$old has ours" runs_ours "old-boot-$old" "$old" "$version" "$linux"
	check "SEV-ES guests run on $old" small_guests_run "old-boot-$old"
	work upgrade 90 "apt brings $k61 with its source" on_disk "$root_dir/upgrade" put_kernel "$k61" "$l61"
	boots upgraded upgrade look,tests "both kernels boot"
	check "$old keeps its build" runs_ours "upgraded-$old" "$old" "$version" "$linux"
	check "$k61 has its own" runs_ours "upgraded-$k61" "$k61" "$version" "$l61"
	check "SEV-ES guests run on $k61" small_guests_run "upgraded-$k61"
}
