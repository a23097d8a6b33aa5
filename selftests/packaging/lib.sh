# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # root_dir and said are of those who source this
#
# A Debian 12 system to install things into: a chroot, with dkms and a compiler, made once and kept in ES_CACHE; each
# run writes to a layer of its own over it.  Packages come from ES_CACHE/debs and, if they are not there, by apt.

# shellcheck source=selftests/platform/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../platform/lib.sh"

# Mounts of our own: whoever makes a mount namespace while a disk is mounted here would keep it mounted, and what umount
# should have written to it would be missing when it is booted.  They go with the last process of ours, too.
if [ -z "${ES_OWN_MOUNTS:-}" ] && [ "$(id -u)" -eq 0 ]; then
	ES_OWN_MOUNTS=1 exec unshare -m "$es_top/selftests/packaging/${0##*/}" "$@"
fi

in_root=(dkms gcc-12 kmod patch xz-utils)

# Kernel images want a tool for their initramfs; nothing boots here.
no_initramfs() {
	mkdir -p "$1/DEBIAN"
	printf '%s\n' 'Package: no-initramfs' 'Version: 1' 'Architecture: all' 'Provides: linux-initramfs-tool' \
		'Maintainer: nobody <nobody@localhost>' 'Description: no initramfs' >"$1/DEBIAN/control"
	dpkg-deb -b "$1" "$1.deb"
}

make_base() {
	local list

	list=$(IFS=,; echo "${in_root[*]}")
	debian_sources >"$1.list"
	no_initramfs "$1.dummy"
	mmdebstrap --variant=apt --include="$list" bookworm "$1" "$1.list" &&
		dpkg --root="$1" -i "$1.dummy.deb"
	local status=$?

	rm -rf "$1".*
	return $status
}

# debian_base: prints its directory.
debian_base() {
	local dir

	dir=$ES_CACHE/debian-root/$(debian_sources | cat - "${BASH_SOURCE[0]}" | sha256sum | cut -c 1-16)
	cached_root "$dir" 700 debian-root "a Debian 12 system to install into" make_base
	echo "$dir"
}

# system_up SYSTEM MOUNT_ARGUMENT...: mounted there, with apt's lists and the packages that are kept.
system_up() {
	local system=$1
	shift

	mkdir -p "$system" "$ES_CACHE/debs"
	mount "$@" "$system" || return 1
	mount -t proc proc "$system/proc"
	mount --bind /var/lib/apt/lists "$system/var/lib/apt/lists"
	mount --bind "$ES_CACHE/debs" "$system/var/cache/apt/archives"
	cp /etc/resolv.conf "$system/etc/"
	echo force-unsafe-io >"$system/etc/dpkg/dpkg.cfg.d/fast"
	cp /etc/apt/apt.conf.d/*proxy* "$system/etc/apt/apt.conf.d/" 2>/dev/null || true
}

# system_down SYSTEM: what of it is mounted is unmounted; a failure is told.
system_down() {
	local dir status=0

	for dir in var/cache/apt/archives var/lib/apt/lists proc ""; do
		! mountpoint -q "$1/$dir" || umount "$1/$dir" || status=1
	done
	return $status
}

# root_up DIR: DIR/system is that system, to be written to.
root_up() {
	local base

	base=$(debian_base) || exit 1
	mkdir -p "$1/upper" "$1/work"
	system_up "$1/system" -t overlay overlay -o "lowerdir=$base,upperdir=$1/upper,workdir=$1/work"
}

root_down() { ! system_down "$1/system" || rm -rf "$1"; }

# inside COMMAND...
inside() {
	chroot "$root_dir/system" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive \
		APT_LISTCHANGES_FRONTEND=none "$@"
}

# apt_inside ARGUMENT...: apt-get; what it said is in $said.
apt_inside() {
	inside apt-get -q -y -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >"$said" 2>&1 || {
		tail -n 40 "$said"
		return 1
	}
}
