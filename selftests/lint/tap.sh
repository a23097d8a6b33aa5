# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# TAP for shell: tap_case "sentence" command args...; the command's output is shown, as a comment,
# only when it fails.  tap_end prints the plan and returns non-zero when a case failed.

tap_nr=0
tap_bad=0

tap_case() {
	local sentence=$1 out
	shift
	tap_nr=$((tap_nr + 1))
	if out=$("$@" 2>&1); then
		echo "ok $tap_nr - $sentence"
		return
	fi
	tap_bad=$((tap_bad + 1))
	echo "not ok $tap_nr - $sentence"
	printf '%s\n' "$out" | sed 's/^/# /'
	echo "# rerun: $*"
}

tap_end() {
	echo "1..$tap_nr"
	[ "$tap_bad" -eq 0 ]
}
