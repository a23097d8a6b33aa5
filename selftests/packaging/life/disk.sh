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

# disk_up DISK: it is root_dir/system then.
disk_up() { system_up "$root_dir/system" -o loop "$1"; }
disk_down() { system_down "$root_dir/system"; }

# on_disk DISK COMMAND...: with the disk up.
on_disk() {
	local disk=$1 status=0
	shift

	disk_up "$disk" && "$@" || status=1
	disk_down || status=1
	return $status
}
