# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # kvm-amd-es sources all of them
#
# build: our module for each kernel whose headers and source are here, by way of dkms.  Whatever goes wrong, the stock
# module stays in charge; the package's scripts run this within apt and must never fail it.
#
# /var/lib/kvm-amd-es/KVER exists where a kernel was left with the stock module, or while it is built for: first line what
# that depended on, second line why.  An attempt is repeated when that changes, when only room was missing, or when KVER is
# named; the reason is told when it is new, or KVER named.

# keep_stock KVER INPUTS SENTENCE [BEFORE]: BEFORE is what was said before, if it is not there any more.
keep_stock() {
	local sentence="Kernel $1 keeps Debian's own kvm-amd. $3" before

	before=${4-$(cat "$state/$1" 2>/dev/null || true)}
	! is_supported "$1" || failed=1
	write_state "$1" "$2" "$sentence"
	if [ "$named" = 1 ] || [ "$before" != "$2"$'\n'"$sentence" ]; then
		tell "$sentence"
	fi
}

# write_state KVER INPUTS SENTENCE; a full disk is no reason to stop.
write_state() { printf '%s\n' "$2" "$3" 2>/dev/null >"$state/$1" || true; }

# What is there of the sources of VERSION: the same version, another one, or nothing.
source_version() {
	if [ -d "$root/var/cache/kvm-amd-es/import/$1" ]; then
		echo "$1"
		return
	fi
	dpkg-query -W -f '${db:Status-Status} ${Version}' "linux-source-$(cut -d. -f1,2 <<<"$1")" 2>/dev/null |
		sed -n 's/^installed //p'
}

# The last sentence of ours in the log of a failed build; where a developer would look is gone by now.  A full disk
# may have left no room for it.
reason_in_log() {
	local reason

	reason=$(sed -n 's/^kvm-amd-es: //p' "$1" 2>/dev/null | tail -n 1 | sed 's/ The whole output is in .*//')
	if grep -qs 'No space left on device' "$1" || [ ! -s "$1" ]; then
		reason="A file system is full: make room in /var and /lib/modules, then run \`kvm-amd-es build $kver\`."
	fi
	echo "${reason:-The build failed.} (Log: $1)"
}

dkms_build() {
	local make_log=$root/var/lib/dkms/kvm-amd-es/$version/build/make.log

	dkms status -m kvm-amd-es -v "$version" 2>/dev/null | grep -q . || dkms add -m kvm-amd-es -v "$version" || return 1
	dkms build --force -m kvm-amd-es -v "$version" -k "$1" || { cat "$make_log"; return 1; }
}

# dkms does not look at what its cp and sign-file end with.
is_complete() {
	local file

	file=$(our_module "$1")
	if ! is_good "$1" || { grep -q '^Signing module' "$logs/$1.log" && [ -z "$(modinfo -F signer "$file")" ]; }; then
		echo "kvm-amd-es: The module was not installed whole: make room in /lib/modules and /var/lib/dkms, then run \`kvm-amd-es build $1\`."
		return 1
	fi
	sync "$file" "${file%/*}" "$root/lib/modules/$1/modules.dep.bin" 2>/dev/null || true
}

# A module that the kernel would refuse stays built: in the stock one's place it would leave the host without any.
dkms_install() {
	dkms_build "$1" || return 1
	if refused_for_its_key; then
		echo "kvm-amd-es: Secure Boot is on and does not know the key with which the module is signed: $(how_to_enroll)"
		return 1
	fi
	dkms install --force -m kvm-amd-es -v "$version" -k "$1" && is_complete "$1"
}

# compile KVER INPUTS
compile() {
	local log=$logs/$1.log start=$SECONDS inputs=$2 reason before

	before=$(cat "$state/$1" 2>/dev/null || true)
	echo "kvm-amd-es: Building the module for kernel $1 (about 30 s) ..."
	write_state "$1" unfinished "The build for kernel $1 was not finished: run \`kvm-amd-es build $1\`."
	drop_module "$1"
	if dkms_install "$1" >"$log" 2>&1; then
		rm -f "$state/$1"
		echo "kvm-amd-es: Kernel $1 has kvm-amd $(module_version "$(our_module "$1")"), built in $((SECONDS - start)) s; it is used after a reboot or \`modprobe -r kvm_amd && modprobe kvm_amd\`."
		return
	fi
	refused_for_its_key || drop_module "$1"
	reason=$(reason_in_log "$log")
	[[ $reason != *'make room'* ]] || inputs=no-room
	keep_stock "$1" "$inputs" "$reason" "$before"
}

# is_good KVER: modprobe takes ours, whole, of this version and of this kernel's very source.
is_good() {
	local file

	file=$(our_module "$1")
	[ -n "$file" ] && [ "$(preferred_module "$1")" = "$file" ] && is_whole "$1" "$file" && is_of_kernel "$1" "$file" &&
		[[ $(module_version "$file") == "$version (linux "* ]]
}

is_unfinished() { [ "$(sed -n 1p "$state/$1" 2>/dev/null)" = unfinished ]; }

# build_for KVER: what is missing, or the build; nothing where it is up to date or failed in the same way before.
build_for() {
	local linux source package inputs

	if is_good "$1" && ! is_unfinished "$1" && ! refused_for_its_key; then
		rm -f "$state/$1"
		return
	fi
	linux=$(headers_version "$1")
	source=$([ -z "$linux" ] || source_version "$linux" || true)
	inputs="$version ${linux:--} ${source:--}$(! refused_for_its_key || echo ' refused')"
	package=linux-source-$(cut -d. -f1,2 <<<"$linux")
	[ -z "$(our_module "$1")" ] || drop_module "$1"
	if ! is_supported "$1"; then
		keep_stock "$1" "$inputs" "This version supports the kernels 6.1 and 6.12 of Debian 12 and 6.12 of Debian 13 for amd64, not the cloud and real-time ones."
	elif [ -z "$linux" ]; then
		keep_stock "$1" "$inputs" "Its headers are missing: apt-get install linux-headers-$1"
	elif [ "$source" != "$linux" ]; then
		keep_stock "$1" "$inputs" "It is Linux $linux, but $package is ${source:-not installed}: apt-get install $package=$linux"
	elif [ "$named" = 1 ] || [ "$(sed -n 1p "$state/$1" 2>/dev/null)" != "$inputs" ]; then
		compile "$1" "$inputs"
	else
		failed=1
	fi
}

# What was said of kernels that are gone, and dkms's state of versions of ours whose source is: dkms would complain of
# them whenever it is called for another module.
forget_gone() {
	local file

	for file in "$root/var/lib/dkms/kvm-amd-es"/*/source; do
		[ ! -L "$file" ] || [ -e "$file/dkms.conf" ] || rm -rf "${file%/*}"
	done
	for file in "$root/var/lib/dkms/kvm-amd-es"/kernel-*; do
		[ -e "$file" ] || rm -f "$file"
	done
	for file in "$state"/*; do
		[ ! -f "$file" ] || [ -d "$root/lib/modules/${file##*/}/kernel" ] || rm -f "$file"
	done
}

verb_build() {
	local kver named=0 failed=0 version all=()

	need_root
	version=$(our_version)
	[ -n "$version" ] || refuse 1 "The module's source is not in /usr/src: install the package kvm-amd-es-dkms, or run \`make install-dkms\` in the source tree."
	begin_change
	forget_gone
	[ $# -eq 0 ] || named=1
	for kver in "$@"; do
		[ -d "$root/lib/modules/$kver/kernel" ] || refuse 1 "Kernel $kver is not installed: \`kvm-amd-es status\` lists those that are."
	done
	[ $# -gt 0 ] || mapfile -t all < <(kernels)
	for kver in "$@" "${all[@]}"; do
		build_for "$kver"
		! is_supported "$kver" || refresh_initramfs "$kver" || failed=1
	done
	return $failed
}
