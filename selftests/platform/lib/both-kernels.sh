# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# One TAP of several kernels: run_kernel KVER, which the script that sources this defines, writes "ok 0 ..." and
# "not ok 0 ..." lines; kvers has the kernels, work is a directory for what is written meanwhile.
# shellcheck disable=SC2154 # kvers and work are the script's

# Runs the kernels, side by side if the machine has two CPUs, and shows the outputs one after the other.
run_kernels() {
	local kver pids=()

	for kver in "${kvers[@]}"; do
		: >"$work/$kver.tap" # now: the reader below may be quicker than the writer
		run_kernel "$kver" >>"$work/$kver.tap" &
		pids+=($!)
		[ "$(nproc)" -ge 2 ] || wait $!
	done
	for kver in "${kvers[@]}"; do
		tail -n +1 -f --pid="${pids[0]}" "$work/$kver.tap"
		pids=("${pids[@]:1}")
	done
}

# Numbers the top-level lines through and adds the plan.
number() {
	local nr=0 bad=0 line

	while IFS= read -r line; do
		case $line in
		'ok '[0-9]*) nr=$((nr + 1)); line="ok $nr ${line#ok * }" ;;
		'not ok '[0-9]*) nr=$((nr + 1)); bad=$((bad + 1)); line="not ok $nr ${line#not ok * }" ;;
		esac
		printf '%s\n' "$line"
	done
	echo "1..$nr"
	[ "$nr" -gt 0 ] && [ "$bad" -eq 0 ]
}
