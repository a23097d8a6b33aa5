# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # kvm-amd-es sources all of them
#
# build: our module for each kernel whose headers and source are here, by way of dkms.  Whatever goes wrong, the stock
# module stays in charge; the package's scripts run this within apt and must never fail it.
#
# /var/lib/kvm-amd-es/KVER exists where a kernel was left with the stock module: first line what it depended on, second
# line why.  An attempt is repeated when that changes, or when KVER is named; the reason is told when it is new.

# keep_stock KVER INPUTS SENTENCE
keep_stock() {
	local sentence="Kernel $1 keeps Debian's own kvm-amd. $3"

	! is_supported "$1" || failed=1
	[ "$(cat "$state/$1" 2>/dev/null)" != "$2"$'\n'"$sentence" ] || return 0
	printf '%s\n' "$2" "$sentence" >"$state/$1"
	echo "kvm-amd-es: $sentence" >&2
	logger -t kvm-amd-es -p daemon.warning "$sentence" 2>/dev/null || true
}

# What is there of the sources of VERSION: the same version, another one, or nothing.
source_version() {
	if [ -d "$root/var/cache/kvm-amd-es/import/$1" ]; then
		echo "$1"
		return
	fi
	dpkg-query -W -f '${db:Status-Status} ${Version}' "linux-source-$(cut -d. -f1,2 <<<"$1")" 2>/dev/null |
		sed -n 's/^installed //p'
}

drop_module() {
	dkms remove -m kvm-amd-es -v "$version" -k "$1" >>"$logs/$1.log" 2>&1 || true
	rm -f "$root/lib/modules/$1/updates/dkms/kvm-amd.ko"*
	depmod "$1" 2>/dev/null || true
}

# The last sentence of ours in the log of a failed build; where a developer would look is gone by now.
reason_in_log() {
	local reason

	reason=$(sed -n 's/^kvm-amd-es: //p' "$1" | tail -n 1 | sed 's/ The whole output is in .*//')
	echo "${reason:-The build failed.} (Log: $1)"
}

dkms_build() {
	local make_log=$root/var/lib/dkms/kvm-amd-es/$version/build/make.log

	dkms status -m kvm-amd-es -v "$version" 2>/dev/null | grep -q . || dkms add -m kvm-amd-es -v "$version" || return 1
	dkms build --force -m kvm-amd-es -v "$version" -k "$1" || { cat "$make_log"; return 1; }
}

# A module that the kernel would refuse stays built: in the stock one's place it would leave the host without any.
dkms_install() {
	dkms_build "$1" || return 1
	if refused_for_its_key; then
		echo "kvm-amd-es: Secure Boot is on and does not know the key with which the module is signed: $(how_to_enroll)"
		return 1
	fi
	dkms install --force -m kvm-amd-es -v "$version" -k "$1"
}

# compile KVER INPUTS
compile() {
	local log=$logs/$1.log start=$SECONDS

	echo "kvm-amd-es: Building the module for kernel $1 (about 30 s) ..."
	drop_module "$1"
	if dkms_install "$1" >"$log" 2>&1 && [ "$(preferred_module "$1")" = "$(our_module "$1")" ]; then
		rm -f "$state/$1"
		echo "kvm-amd-es: Kernel $1 has kvm-amd $(module_version "$(our_module "$1")"), built in $((SECONDS - start)) s; it is used after a reboot or \`modprobe -r kvm_amd && modprobe kvm_amd\`."
		return
	fi
	refused_for_its_key || drop_module "$1"
	keep_stock "$1" "$2" "$(reason_in_log "$log")"
}

# build_for KVER: what is missing, or the build; nothing where it is up to date or failed in the same way before.
build_for() {
	local linux source package inputs

	linux=$(headers_version "$1")
	source=$([ -z "$linux" ] || source_version "$linux" || true)
	inputs="$version ${linux:--} ${source:--}$(! refused_for_its_key || echo ' refused')"
	package=linux-source-$(cut -d. -f1,2 <<<"$linux")
	if [ -n "$linux" ] && [ "$(module_version "$(our_module "$1")")" = "$version (linux $linux)" ] && ! refused_for_its_key; then
		rm -f "$state/$1"
		return
	fi
	[ -z "$(our_module "$1")" ] || drop_module "$1"
	if ! is_supported "$1"; then
		keep_stock "$1" "$inputs" "This version supports Debian 12's kernels 6.1 and 6.12 for amd64, not the cloud and real-time ones."
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

# What was said of kernels that are gone.
forget_gone() {
	local file

	for file in "$state"/*; do
		[ ! -f "$file" ] || [ -d "$root/lib/modules/${file##*/}/kernel" ] || rm -f "$file"
	done
}

verb_build() {
	local kver named=0 failed=0 version all=()

	need_root
	version=$(our_version)
	[ -n "$version" ] || refuse 1 "The module's source is not in /usr/src: install the package kvm-amd-es-dkms, or run \`make install-dkms\` in the source tree."
	mkdir -p "$state" "$logs"
	exec 9>"$state/.lock"
	flock 9
	forget_gone
	[ $# -eq 0 ] || named=1
	for kver in "$@"; do
		[ -d "$root/lib/modules/$kver/kernel" ] || refuse 1 "Kernel $kver is not installed: \`kvm-amd-es status\` lists those that are."
	done
	[ $# -gt 0 ] || mapfile -t all < <(kernels)
	for kver in "$@" "${all[@]}"; do
		build_for "$kver"
	done
	return $failed
}
