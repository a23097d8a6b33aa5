# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # root_dir is, and the packages are, of those who source this
#
# The operator's disk: one ext4 file system for its whole life, worked on in a chroot (debian_base's, see ../lib.sh) and
# booted in turn.  Nothing is pruned from it.

# What a SEV-ES host of Debian 12 has besides the kernels.
host_packages=(systemd systemd-sysv udev qemu-system-x86 ovmf)

# disk_make DISK: an operator's machine before there is any kernel.
disk_make() {
	local base

	base=$(debian_base) || return 1
	truncate -s 6G "$1"
	mkfs.ext4 -q -F -m 0 -E lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0 -d "$base" "$1"
}

# disk_up DISK: it is root_dir/system then, with apt's lists and the packages that are kept.
disk_up() {
	local system=$root_dir/system

	mkdir -p "$system" "$ES_CACHE/debs"
	mount -o loop "$1" "$system" || return 1
	mount -t proc proc "$system/proc"
	mount --bind /var/lib/apt/lists "$system/var/lib/apt/lists"
	mount --bind "$ES_CACHE/debs" "$system/var/cache/apt/archives"
	cp /etc/resolv.conf "$system/etc/"
	echo force-unsafe-io >"$system/etc/dpkg/dpkg.cfg.d/fast"
	cp /etc/apt/apt.conf.d/*proxy* "$system/etc/apt/apt.conf.d/" 2>/dev/null || true
}

disk_down() {
	local dir status=0

	for dir in var/cache/apt/archives var/lib/apt/lists proc ""; do
		! mountpoint -q "$root_dir/system/$dir" || umount "$root_dir/system/$dir" || status=1
	done
	return $status
}

# on_disk DISK COMMAND...: with the disk up.
on_disk() {
	local disk=$1 status=0
	shift

	disk_up "$disk" && "$@" || status=1
	disk_down || status=1
	return $status
}
