# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the jobs of the operator's tests share, on the emulated host.

export PATH=/usr/sbin:/usr/bin:/bin HOME=/tmp TERM=dumb LC_ALL=C
# shellcheck source=selftests/lint/tap.sh
. /operator/tap.sh
cd /tmp || exit 1
ln -s /proc/self/fd /dev/fd
mkdir -p /dev/pts && mount -t devpts devpts /dev/pts

kver=$(uname -r)
stock=$(modinfo -F filename kvm_amd)
built=$(echo /var/lib/dkms/kvm-amd-es/*/"$kver"/x86_64/module/kvm-amd.ko)
said=/tmp/said

fail() { echo "$*"; cat "$said"; return 1; }
says() { grep -qF "$1" "$said" || fail "It does not say: $1"; }

hex() { od -An -v -tx1 "$@" | tr -d ' \n'; }

# is_loaded_from FILE: the loaded module's build ID is that file's.  In hexadecimal: an ID may hold a line feed.
is_loaded_from() {
	local id

	id=$(hex -j 16 /sys/module/kvm_amd/notes/.note.gnu.build-id)
	case $1 in *.xz) xz -dc "$1" ;; *) cat "$1" ;; esac | hex | grep -qF "$id" || fail "$1 is not what is loaded"
}

is_stock() { is_loaded_from "$stock" && [ ! -e /sys/module/kvm_amd/version ]; }
is_ours() { is_loaded_from "$built" && [ "$(cat /sys/module/kvm_amd/version)" = "$(modinfo -F version "$built")" ]; }

# ends WITH_STATUS COMMAND...
ends() {
	local want=$1 status=0
	shift

	"$@" >"$said" 2>&1 </dev/null || status=$?
	[ "$status" -eq "$want" ] || fail "It ended with $status, not with $want"
}

# One sentence of ours on standard error, and no other.
one_sentence() { [ "$(grep -c '^kvm-amd-es: ' "$said")" -eq 1 ] && says "$1"; }
