# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The operator's side of the emulated SEV-ES host: a directory that build-host-image puts over its image, with
# Debian's own bash, kmod and what else the command kvm-amd-es calls, the kernel's modules where modprobe finds
# them, and the command as the package has it.

# shellcheck source=selftests/platform/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../platform/lib.sh"

operator_programs=(bash awk cat chmod cmp cp cut date dd dirname dmesg dpkg-query find grep head kmod ls mkdir mkfifo mktemp
	mount mv od openssl readlink rm script sed seq setsid sleep sort tail tee tr uname wc xz)

# put_libraries DIR PROGRAM: those that it is linked with.
put_libraries() {
	local file

	for file in $(ldd "$2" | grep -oE '/[^ ]+'); do
		[ -e "$1/usr/${file#/usr/}" ] || install -D -m 755 "$(readlink -f "$file")" "$1/usr/${file#/usr/}"
	done
}

# put_program DIR NAME: with its libraries.
put_program() {
	local path

	path=$(command -v "$2") || die "There is no program $2: install Debian's package of it."
	install -D -m 755 "$(readlink -f "$path")" "$1/usr/bin/$2"
	put_libraries "$1" "$path"
}

# shellcheck disable=SC2034 # kvers
# host_begin: what is needed, and the variables of those who source this.
host_begin() {
	need_packages bash bsdutils cpio kmod make mawk openssl util-linux xz-utils
	version=$(sed -n 's/^ES_VERSION := //p' mk/module.mk)
	mapfile -t kvers < <(selftests/platform/kernels bookworm)
	mkdir -p build/packaging
	work=$(mktemp -d build/packaging/host.XXXXXX)
	trap 'kill_children; rm -rf "$work"' EXIT
	make -s -C selftests packaging-guest >&2
}

# put_system DIR KVER: /bin belongs to busybox, whose links stand behind ours in PATH.
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
	cp selftests/lint/tap.sh selftests/packaging/host/lib.sh "$1/operator/"
	put_kernel "$1" "$2"
	make -s install-dkms install-tools DESTDIR="$1" >/dev/null # what the package installs
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

# put_job DIR NAME: packaging/host/NAME, as a job of the host.
put_job() { install -D -m 755 "selftests/packaging/host/$2" "$1/es/job/$2"; }

# run_job KVER NAME DIR RUN_OPTION...: starts the host with DIR in its image; the cases carry the kernel's name.
run_job() {
	local kver=$1 name=$2 dir=$3 image
	shift 3

	image=$(selftests/platform/build-host-image "$kver" --tests selftests/build/packaging --with "$dir") || return 1
	ES_MODULE=stock selftests/platform/run -c 1 -w "$name" -r "KVERS=$kver selftests/packaging/$name" "$@" "$kver" "$image" "$name" |
		sed -u -E -e '/EFI stub: /d' -e '/^1\.\.[0-9]+$/d' -e "s/^((not )?ok [0-9]+ - )/\1$kver: /"
}

# each_kernel COMMAND KVER...: COMMAND KVER for each, whose cases are numbered through; a run that ends badly is one, too.
each_kernel() {
	local command=$1 kver line nr=0 bad=0 status
	shift

	for kver in "$@"; do
		status=0
		"$command" "$kver" >"$work/tap" || status=$?
		[ "$status" -eq 0 ] || echo "not ok 0 - $kver: the run on the emulated host ends well" >>"$work/tap"
		while IFS= read -r line; do
			case $line in
			'not ok '*) nr=$((nr + 1)) bad=$((bad + 1)) line="not ok $nr - ${line#not ok * - }" ;;
			'ok '*) nr=$((nr + 1)) line="ok $nr - ${line#ok * - }" ;;
			esac
			echo "$line"
		done <"$work/tap"
	done
	echo "1..$nr"
	echo "# $SECONDS s"
	[ "$bad" -eq 0 ] && [ "$nr" -gt 0 ]
}
