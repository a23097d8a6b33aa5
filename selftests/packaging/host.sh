# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The operator's side of the emulated SEV-ES host: a directory that build-host-image puts over its image, with
# Debian's own bash, kmod and what else the command kvm-amd-es calls, the kernel's modules where modprobe finds
# them, and the command as the package has it.

# shellcheck source=selftests/platform/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../platform/lib.sh"

operator_programs=(bash awk cat chmod cmp cp cut date dd dirname dmesg dpkg-query find grep head kmod ls mkdir mkfifo mktemp
	mount mv od readlink rm script sed seq setsid sleep sort tail tee tr uname wc xz)

# put_program DIR NAME: with its libraries.
put_program() {
	local file path

	path=$(command -v "$2") || die "There is no program $2: install Debian's package of it."
	install -D -m 755 "$(readlink -f "$path")" "$1/usr/bin/$2"
	for file in $(ldd "$path" | grep -oE '/[^ ]+'); do
		[ -e "$1/usr/${file#/usr/}" ] || install -D -m 755 "$(readlink -f "$file")" "$1/usr/${file#/usr/}"
	done
}

# put_system DIR: /bin belongs to busybox, whose links stand behind ours in PATH.
put_system() {
	local name

	mkdir -p "$1"/{bin,etc,operator,usr/{bin,lib,lib64,sbin},var/lib/dpkg}
	ln -s usr/lib "$1/lib"
	ln -s usr/lib64 "$1/lib64"
	ln -s usr/sbin "$1/sbin"
	ln -s ../usr/bin/bash "$1/bin/bash"
	for name in "${operator_programs[@]}"; do
		put_program "$1" "$name"
	done
	for name in depmod insmod lsmod modinfo modprobe rmmod; do
		ln -s ../bin/kmod "$1/usr/sbin/$name"
	done
	touch "$1/var/lib/dpkg/status"
	cp selftests/lint/tap.sh "$1/operator/"
}

# put_kernel DIR KVER: the host's stock modules.
put_kernel() {
	local from=$ES_CACHE/kernel/$2/lib/modules/$2 to=$1/usr/lib/modules/$2 file

	mkdir -p "$to"
	cp "$from"/modules.{builtin,builtin.modinfo,order} "$to/"
	(cd "$from" && find kernel/{virt/lib,drivers/crypto/ccp,arch/x86/kvm} -name '*.ko*') | while read -r file; do
		install -D -m 644 "$from/$file" "$to/$file"
	done
	depmod -b "$1" "$2"
}

# put_command DIR: what the package installs.
put_command() { make -s install-dkms install-tools DESTDIR="$1" >/dev/null; }
