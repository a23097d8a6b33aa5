# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What a guest needs to leave a dump of its memory when its kernel crashes: the kernel and initramfs that take over then, and
# what loads them.
# shellcheck disable=SC2154 # root and guest_kver are the script's

# put_kdump: into the guest's initramfs, whose tree is root.
put_kdump() {
	local guest_root=$root

	put "$es_platform/guest/kdump" bin/kdump
	cc -O2 -Wall -Wextra -Werror -static -o "$root/bin/crash-load" "$es_platform/guest/crash-load.c"
	put "$ES_CACHE/kernel/$guest_kver/vmlinuz" crash/vmlinuz
	root=$guest_root-crash
	mkdir -p "$root"/{bin,dev,proc,sys}
	put_busybox
	put "$es_platform/guest/crash-init" init
	pack "$root" | gzip -6 -n >"$guest_root/crash/initrd"
	rm -rf "$root"
	root=$guest_root
}
