# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# One TAP of several kernels: run_kernel KVER, which the script that sources this defines, writes "ok 0 ..." and
# "not ok 0 ..." lines; kvers has the kernels, work is a directory for what is written meanwhile.
# shellcheck disable=SC2154 # kvers and work are the script's

# in_turn KVER: runs that kernel when it gets one of the tokens.  In a shell of its own, where set -e holds.
in_turn() {
	read -r _ <&"$tokens"
	run_kernel "$1" &
	wait $! || true
	echo >&"$tokens"
}

# Runs the kernels, as many side by side as the machine has CPUs, and shows the outputs one after the other.
run_kernels() {
	local kver pids=() tokens i

	mkfifo "$work/tokens"
	exec {tokens}<>"$work/tokens"
	for ((i = $(nproc); i > 0; i--)); do
		echo >&"$tokens"
	done
	for kver in "${kvers[@]}"; do
		: >"$work/$kver.tap" # now: the reader below may be quicker than the writer
		in_turn "$kver" >>"$work/$kver.tap" &
		pids+=($!)
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
