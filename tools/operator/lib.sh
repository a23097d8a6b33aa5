# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # kvm-amd-es sources all of them
#
# What the verbs share: where things lie, what a kernel has on disk, and what is loaded.

root=${KVM_AMD_ES_ROOT:-}
state=$root/var/lib/kvm-amd-es
logs=$root/var/log/kvm-amd-es

# refuse STATUS SENTENCE: what was wrong, what to do.
refuse() {
	echo "kvm-amd-es: $2" >&2
	exit "$1"
}

# tell SENTENCE: on standard error and in the system's log.
tell() {
	echo "kvm-amd-es: $1" >&2
	logger -t kvm-amd-es -p daemon.warning "$1" 2>/dev/null || true
}

need_root() {
	[ -n "$root" ] || [ "$(id -u)" -eq 0 ] || refuse 1 "Only root may do this: run \`sudo kvm-amd-es $verb\`."
}

# One at a time changes what is installed.
begin_change() {
	mkdir -p "$state" "$logs"
	exec 9>"$state/.lock"
	flock 9
}

# first_of FILE...: the first that exists; for patterns that may match nothing.
first_of() {
	local file

	for file in "$@"; do
		[ ! -e "$file" ] || { echo "$file"; return; }
	done
}

# The version that is installed as source, the newest if there are more.
our_version() {
	find "$root/usr/src" -maxdepth 2 -path '*/kvm-amd-es-*/dkms.conf' 2>/dev/null |
		sed 's|.*/kvm-amd-es-\(.*\)/dkms.conf|\1|' | sort -V | tail -n 1
}

# Kernels whose image is installed, oldest first; headers alone are none.
kernels() {
	find "$root/lib/modules/" -mindepth 2 -maxdepth 2 -name kernel -printf '%h\n' 2>/dev/null |
		sed 's|.*/||' | sort -V
}

is_supported() {
	# As BUILD_EXCLUSIVE_KERNEL in dkms.conf.
	[[ $1 =~ ^(6\.1\.0-[0-9]+-amd64|6\.12\.[0-9]+\+deb12(\.[0-9]+)?-amd64|6\.12\.[0-9]+\+deb13(\.[0-9]+)?-amd64)$ ]]
}

# Debian's version of the kernel, as its headers tell it; empty without them.
headers_version() {
	sed -n 's/^#define LINUX_PACKAGE_ID " Debian \([^"]*\)"$/\1/p' \
		"$root/usr/src/linux-headers-$1/include/generated/package.h" 2>/dev/null || true
}

# The same as its package tells it; headers may be newer or gone.
image_version() {
	dpkg-query -W -f '${db:Status-Status} ${Version}\n' "linux-image-$1" 2>/dev/null |
		sed -nE 's/^(installed|unpacked|half-configured|triggers-[a-z]+) //p' # the latter three within apt
}

kernel_version() {
	local linux

	linux=$(image_version "$1" || true)
	echo "${linux:-$(headers_version "$1")}"
}

# The file that modprobe would take.
preferred_module() {
	local file

	file=$(sed -nE 's|^([^:]*/)?(kvm-amd\.ko[.a-z]*):.*|\1\2|p' "$root/lib/modules/$1/modules.dep" 2>/dev/null |
		head -n 1)
	[ -z "$file" ] || echo "$root/lib/modules/$1/$file"
}

# Our module in the place where dkms installs it.
our_module() {
	first_of "$root/lib/modules/$1/updates/dkms/kvm-amd.ko"*
}

# Empty for the stock module, which has no version.
module_version() {
	modinfo -F version "$1" 2>/dev/null || true
}

# is_of_kernel KVER FILE: built from the source of this very kernel, as far as its version is known.
is_of_kernel() {
	local known linux

	known=$(headers_version "$1"; image_version "$1" || true)
	linux=$(module_version "$2" | sed -n 's/.*(linux \(.*\))$/\1/p')
	[ -z "$known" ] || grep -qxF -- "$linux" <<<"$known"
}

# is_whole KVER FILE: ours, and not damaged by a full disk or a lost power supply: then it has no version, or differs from
# the copy that dkms keeps.  Only a longer one is right, too: the operator may have signed it once more.
is_whole() {
	local version copy

	version=$(module_version "$2")
	[ -n "$version" ] || return 1
	copy=$(first_of "$root/var/lib/dkms/kvm-amd-es/${version%% *}/$1"/*/module/"${2##*/}")
	[ -z "$copy" ] || cmp -s "$copy" "$2" || [ "$(wc -c <"$copy")" -lt "$(wc -c <"$2")" ]
}

is_loaded() {
	[ -d "$root/sys/module/kvm_amd" ]
}

# How many use it: every VM does.
users() {
	cat "$root/sys/module/kvm_amd/refcnt" 2>/dev/null || echo 0
}

# The sentence that says why KVER has no module of ours, from the last build.
why_not() {
	sed -n 2p "$state/$1" 2>/dev/null || true
}

# drop_module KVER: modprobe finds the stock module again.  All that dkms would do, but without its help: it does
# nothing where its state or the source in /usr/src is not as it should be.
drop_module() {
	rm -f "$root/lib/modules/$1/updates/dkms/kvm-amd.ko"*
	rmdir "$root/lib/modules/$1/updates/dkms" "$root/lib/modules/$1/updates" 2>/dev/null || true
	rm -rf "$root/var/lib/dkms/kvm-amd-es"/*/"$1" "$root/var/lib/dkms/kvm-amd-es/kernel-$1-"*
	depmod "$1" 2>/dev/null ||
		tell "Kernel $1 may find no kvm-amd, because depmod failed: make room in /lib/modules and run \`depmod $1\`."
}

running_kernel() {
	if [ -z "$root" ]; then uname -r; else cat "$root/proc/sys/kernel/osrelease"; fi
}
