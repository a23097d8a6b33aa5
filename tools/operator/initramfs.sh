# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # kvm-amd-es sources all of them
#
# A kvm-amd in a kernel's initramfs is loaded before the root file system is there, whatever /lib/modules has.  It is in
# there where the operator asked for it (/etc/initramfs-tools/modules, dracut's add_drivers); all others are left alone.
# Looked at are /boot/initrd.img-KVER of initramfs-tools and of dracut; what cannot be read is not checked.

list_initramfs() {
	if command -v lsinitramfs >/dev/null; then
		lsinitramfs "$1"
	elif command -v lsinitrd >/dev/null; then
		lsinitrd "$1"
	fi 2>/dev/null
}

# unpack_initramfs IMAGE DIR
unpack_initramfs() {
	if command -v unmkinitramfs >/dev/null; then
		unmkinitramfs "$1" "$2"
	else
		(cd "$2" && lsinitrd --unpack "$1")
	fi >/dev/null 2>&1
}

# What tells one build of the module from another: Debian's own have none of it.
build_id() { modinfo -F version "$1" 2>/dev/null && modinfo -F srcversion "$1" 2>/dev/null; }

# other_in_initramfs KVER: which kvm-amd its initramfs has, where it is not the one that modprobe takes; else nothing.
other_in_initramfs() (
	image=$root/boot/initrd.img-$1
	[ -r "$image" ] && list_initramfs "$image" | grep '/kvm-amd\.ko' >/dev/null || exit 0
	dir=$(mktemp -d "${TMPDIR:-/var/tmp}/kvm-amd-es.XXXXXX") || exit 0
	trap 'rm -rf "$dir"' EXIT
	unpack_initramfs "$image" "$dir" || true
	while read -r file; do
		[ "$(build_id "$file")" != "$(build_id "$(preferred_module "$1")")" ] || continue
		version=$(module_version "$file")
		echo "${version:+kvm-amd-es }${version:-stock}"
		break
	done < <(find "$dir" -name 'kvm-amd.ko*')
)

# The command that makes it anew.
initramfs_command() {
	if command -v update-initramfs >/dev/null; then
		echo "update-initramfs -u -k $1"
	else
		echo "dracut --force /boot/initrd.img-$1 $1"
	fi
}

# refresh_initramfs KVER: made anew where it has another kvm-amd.
refresh_initramfs() {
	local other sentence command

	other=$(other_in_initramfs "$1")
	[ -n "$other" ] || return 0
	command=$(initramfs_command "$1")
	echo "kvm-amd-es: The initramfs of kernel $1 has another kvm-amd ($other); making it anew ..."
	$command >>"$logs/$1.log" 2>&1 </dev/null || true
	[ -n "$(other_in_initramfs "$1")" ] || return 0
	tell "The initramfs of kernel $1 still has another kvm-amd ($other), which is loaded first: run \`$command\` and see what it says."
	return 1
}
