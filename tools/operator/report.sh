# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # kvm-amd-es sources all of them
#
# report: one file for a bug report.  What the host is and what happened to the module; no names, memory, registers or
# counters of guests: of the kernel's log only lines that KVM's modules write when they are loaded, and crashes' first lines.

section() {
	printf '\n=== %s\n' "$1"
	shift
	"$@" 2>&1 || true
}

cpu() {
	grep -m 1 '^model name' "$root/proc/cpuinfo"
	grep -m 1 '^microcode' "$root/proc/cpuinfo"
	grep -m 1 '^flags' "$root/proc/cpuinfo" | tr ' ' '\n' | grep -xE 'svm|sme|sev|sev_es|sev_snp|npt|nrip_save|lbrv|decodeassists|flushbyasid' | tr '\n' ' '
	echo
}

# The command line may hold secrets: only what concerns us.
command_line() {
	tr ' ' '\n' <"$root/proc/cmdline" | grep -E '^(kvm|ccp|mem_encrypt|iommu|amd_iommu|module_blacklist|modprobe\.blacklist)' || true
}

parameters() {
	grep -r . "$root/sys/module/kvm_amd/parameters/" "$root/sys/module/kvm/parameters/mmio_caching" |
		sed 's|.*/sys/module/||; s|/parameters/|.|'
}

modprobe_files() {
	modprobe_lines | grep -E '	(options|install|blacklist|softdep)[[:space:]]+(kvm|kvm[-_]amd|ccp)([[:space:]]|$)'
}

packages() {
	dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\n' 'kvm-amd-es-dkms' dkms gcc-12 'linux-image-*' 'linux-headers-*' \
		'linux-source-*' 2>/dev/null | grep '^i'
}

modules() {
	local kver file

	for kver in $(kernels); do
		file=$(preferred_module "$kver")
		[ -n "$file" ] || continue
		echo "$kver: ${file#"$root"}"
		modinfo "$file" | grep -E '^(version|srcversion|vermagic|depends|signer|sig_hashalgo):'
	done
}

kernel_log() {
	dmesg 2>/dev/null | grep -E 'kvm_amd|SEV(-ES|-SNP)? (enabled|disabled|unusable)|ccp |SVM:|kvm: |BUG:|WARNING:|Oops' |
		grep -vE 'kvm \[[0-9]+\]|vcpu ?[0-9]|guest' | tail -n 60
}

build_logs() {
	local log

	for log in "$logs"/*.log; do
		[ -f "$log" ] || continue
		echo "--- ${log#"$root"}"
		tail -n 40 "$log"
	done
}

write_report() {
	echo "kvm-amd-es report, $(date -u +%Y-%m-%dT%H:%MZ)"
	section status verb_status
	section kernel uname -srvm
	section cpu cpu
	section "command line, what concerns KVM" command_line
	section parameters parameters
	section "modprobe's files, what concerns KVM" modprobe_files
	section packages packages
	section dkms dkms status
	section modules modules
	section "secure boot" mokutil --sb-state
	section "kernel log, KVM's own lines" kernel_log
	section "build logs" build_logs
}

verb_report() {
	local file=${1:-kvm-amd-es-report-$(date -u +%Y%m%d-%H%M%S).txt}

	need_root
	# shellcheck source=tools/operator/status.sh
	. "$lib/status.sh"
	[ ! -e "$file" ] || refuse 1 "$file exists: name another file."
	(umask 077 && write_report >"$file") 2>/dev/null || refuse 1 "$file cannot be written: name a file in another directory."
	echo "$file is written; read it before you send it."
}
