# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # said and version are of those who source this
#
# What must hold on the system in root_dir, as its own tools tell it.

# every COMMAND...: with each of kvers as its last argument.
every() {
	local kver

	for kver in "${kvers[@]}"; do
		"$@" "$kver" || return 1
	done
}

# kernel_packages KVER: image, headers, and the source of the very version.
kernel_packages() { echo "linux-image-$1 linux-headers-$1 linux-source-$(cut -d . -f 1,2 <<<"$1")=$(linux_of "$1")"; }
linux_of() { deb_version "linux-headers-$1"; }
has_ours() { ours_rules "$1" "$(linux_of "$1")"; }

# begin: root_dir/system is up.  ES_BEGIN, for developers: upper/ of an earlier root_dir, to begin with a copy of it.
begin() {
	[ -z "${ES_BEGIN:-}" ] || cp -a "$ES_BEGIN" "$root_dir/upper"
	root_up "$root_dir"
}

preferred() { inside modinfo -k "$1" -F filename kvm_amd; }
loads() { inside modprobe -n -v -S "$1" kvm_amd | grep -F "insmod $2" || { inside modprobe -n -v -S "$1" kvm_amd; return 1; }; }

# stock_rules KVER; what modinfo and modprobe say, not what we do.
stock_rules() {
	case $(preferred "$1") in
	/lib/modules/"$1"/kernel/arch/x86/kvm/kvm-amd.ko*) loads "$1" "/lib/modules/$1/kernel/arch/x86/kvm/kvm-amd.ko" ;;
	*) preferred "$1"; return 1 ;;
	esac
}

# ours_rules KVER LINUX_VERSION
ours_rules() {
	[ "$(inside modinfo -k "$1" -F version kvm_amd)" = "$version (linux $2)" ] || { inside modinfo -k "$1" kvm_amd; return 1; }
	loads "$1" "/lib/modules/$1/updates/dkms/kvm-amd.ko" &&
		inside dkms status -m kvm-amd-es -k "$1" | grep -F "kvm-amd-es/$version, $1, x86_64: installed" &&
		[ "$(inside modinfo -k "$1" -F signer kvm_amd)" = "DKMS module signing key" ] &&
		[ "$(inside modinfo -k "$1" -F vermagic kvm_amd | cut -d ' ' -f 1)" = "$1" ]
}

# told TIMES WORDS: how often the last apt run said it.
told() {
	[ "$(grep -c "^kvm-amd-es: .*$2" "$said")" = "$1" ] || { grep '^kvm-amd-es' "$said"; return 1; }
}

# status_tells WORDS
status_tells() { inside kvm-amd-es status >"$said.status" 2>&1 || true; grep -F "$1" "$said.status" || { cat "$said.status"; return 1; }; }

nothing_half_done() { [ -z "$(inside dpkg --audit)" ] || { inside dpkg --audit; return 1; }; }

no_trace() {
	local path

	for path in /usr/src/kvm-amd-es-* /var/lib/dkms/kvm-amd-es /var/lib/kvm-amd-es /var/log/kvm-amd-es /usr/sbin/kvm-amd-es \
		/var/cache/kvm-amd-es "/lib/modules/*/updates/dkms/kvm-amd*"; do
		[ -z "$(inside sh -c "ls -d $path" 2>/dev/null)" ] || { echo "$path is left"; return 1; }
	done
}
