# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # kvm-amd-es sources all of them
#
# Secure Boot: whether the running kernel loads only modules whose signer it knows, and whether it knows the one with
# whose key dkms signs.

signatures_enforced() {
	grep -qs Y "$root/sys/module/module/parameters/sig_enforce" ||
		grep -qsE '\[(integrity|confidentiality)\]' "$root/sys/kernel/security/lockdown"
}

# The certificate that belongs to dkms's key, or to the operator's own if dkms was told to use it.
signing_certificate() {
	local file

	file=$(cat "$root"/etc/dkms/framework.conf "$root"/etc/dkms/framework.conf.d/*.conf 2>/dev/null |
		sed -nE 's/^[[:space:]]*mok_certificate="?([^"]*)"?[[:space:]]*$/\1/p' | tail -n 1)
	echo "${file:-/var/lib/dkms/mok.pub}"
}

# By what the kernel calls a certificate in /proc/keys: its subject key identifier, without one its serial number.
certificate_id() {
	local id

	id=$(openssl x509 -in "$1" -noout -ext subjectKeyIdentifier 2>/dev/null | sed -n '2s/[ :]//gp')
	[ -n "$id" ] || id=$(openssl x509 -in "$1" -noout -serial 2>/dev/null | sed 's/^serial=//')
	tr '[:upper:]' '[:lower:]' <<<"$id"
}

# refused_for_its_key: the kernel would refuse what dkms signs.  Only what is known counts: not a certificate that
# cannot be read, nor keys that only root sees.
refused_for_its_key() {
	local id

	signatures_enforced || return 1
	grep -qs builtin_trusted_keys "$root/proc/keys" || return 1
	[ -e "$root$(signing_certificate)" ] || return 0
	id=$(certificate_id "$root$(signing_certificate)")
	[ -n "$id" ] && ! grep -qF ": $id: X509" "$root/proc/keys"
}

# What to do about it.
how_to_enroll() {
	echo "run \`mokutil --import $(signing_certificate)\`, reboot, choose \"Enroll MOK\", then run \`kvm-amd-es build\`."
}
