# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The lines of kernels that the module supports: mk/kernels.table.
# shellcheck disable=SC2154 # es_top is of lib.sh

# kernel_lines: the table's rows: line, release, codename, debian, newest, compiler.
kernel_lines() {
	sed -e '/^#/d' -e '/^$/d' "$es_top/mk/kernels.table"
}

# kernel_row KVER: the row of that kernel (of KVER+debug, too), or nothing.
kernel_row() {
	local line release rest

	while read -r line release rest; do
		[[ ! ${1%+debug} =~ ^$release$ ]] || echo "$line $release $rest"
	done < <(kernel_lines)
}

# check_kver KVER: one of the table's, or the same built with the kernel's own checks (KVER+debug).  Sets kver_line,
# kver_codename, kver_debian and kver_compiler.
check_kver() {
	local row

	row=$(kernel_row "$1")
	[ -n "$row" ] ||
		die "Kernel $1 is not supported: choose KVER=6.1.0-NN-amd64 or 6.12.N+deb12-amd64 of Debian 12, or 6.12.N+deb13-amd64 of Debian 13, not a cloud or real-time flavour (selftests/platform/kernels lists them)."
	# shellcheck disable=SC2034 # for the caller
	read -r kver_line _ kver_codename kver_debian _ kver_compiler <<<"$row"
}
