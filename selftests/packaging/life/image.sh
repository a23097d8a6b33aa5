# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # root_dir is of those who source this
#
# What the machine is booted with, from the disk's own packages: DIR/KVER/vmlinuz, and an initramfs that finds the disk and
# lays into /run what is to be done there.  So nothing of ours but the package is on the disk.

# The modules between the kernel and its root file system, as modprobe wants them.
root_modules() {
	local name

	for name in virtio_pci virtio_blk ext4 crc32c_generic; do
		inside modprobe -S "$1" --show-depends "$name" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
	done | awk '!seen[$0]++'
}

# put_modules KVER TREE: numbered, in the order in which they are loaded.
put_modules() {
	local file nr=100

	mkdir -p "$2/mod"
	for file in $(root_modules "$1"); do
		nr=$((nr + 1))
		cp "$root_dir/system$file" "$2/mod/$nr-${file##*/}"
	done
}

# A tree with busybox, which is all that a guest needs too.
put_busybox() {
	mkdir -p "$1"/{bin,dev,proc,sys}
	cp /bin/busybox "$1/bin/"
	ln -s busybox "$1/bin/sh"
}

pack() { (cd "$1" && find . | cpio --quiet -o -H newc -R 0:0); }

put_work() {
	cp -r selftests/packaging/life/host "$1/es"
	cp selftests/platform/host/{lib.sh,guest.sh,state} "$1/es/"
	mkdir -p "$1/es/tests"
	cp selftests/build/{es_launch,es_ap_boot} "$1/es/tests/"
	mv "$1/es/init" "$1/init"
}

put_guest() {
	put_busybox "$1.guest"
	cp selftests/platform/guest/init "$1.guest/"
	pack "$1.guest" | gzip -1 >"$1/es/guest.initrd"
	rm -rf "$1.guest"
}

# image_make KVER DIR: with the disk up.
image_make() {
	local tree=$2/$1/tree

	rm -rf "${2:?}/$1"
	mkdir -p "$tree"
	cp "$root_dir/system/boot/vmlinuz-$1" "$2/$1/vmlinuz" || return 1
	put_busybox "$tree"
	put_work "$tree"
	put_guest "$tree"
	put_modules "$1" "$tree"
	pack "$tree" >"$2/$1/initrd"
	rm -rf "$tree"
}
