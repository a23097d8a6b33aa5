# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Long work shows what is done, how far it is and about how long it takes: a line that renews itself
# on a terminal, plain lines elsewhere, always on standard error.  How long a stage took is
# remembered in ES_CACHE/times, so that the next estimate is this machine's own.

# estimate KEY SECONDS: how long that took last time here, else SECONDS.
estimate() {
	grep -sxE '[0-9]+' "$ES_CACHE/times/$1" || echo "$2"
}

# remember KEY SECONDS: for the next estimate; much shorter times (nothing to do) count half.
remember() {
	local before took=$(($2 + 1))

	before=$(estimate "$1" 0)
	[ "$took" -gt "$before" ] || took=$(((took + before) / 2))
	{ mkdir -p "$ES_CACHE/times" && echo "$took" >"$ES_CACHE/times/$1"; } 2>/dev/null || true
}

# stage KEY FIRST_SECONDS LOG WHAT COMMAND...: runs the command with its output in LOG.  FIRST_SECONDS
# is the estimate of the first run.  A log whose lines begin with [12/345] shows that as well.
# Returns the command's status; on failure the errors in the log have been shown, or else its end.
stage() {
	local key=$1 about=$2 log=$3 what=$4 start=$SECONDS pid status=0
	shift 4

	about=$(estimate "$key" "$about")
	{ mkdir -p "$(dirname "$log")" && true >"$log"; } 2>/dev/null ||
		die "$log cannot be written: check its directory, or set ES_CACHE to one that you may write to."
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	trap 'kill_tree '"$pid"'; exit 130' INT TERM
	stage_watch "$pid" "$log" "$what" "$about"
	wait "$pid" || status=$?
	trap - INT TERM
	stage_end "$status" "$key" "$log" "$what" $((SECONDS - start))
}

# kill_tree PID: ends a process and all that descend from it; kill_children: all that this script started.
kill_tree() {
	kill_children "$1"
	kill "$1" 2>/dev/null || true
}

kill_children() {
	local child children

	mapfile -t -d ' ' children < <(cat "/proc/${1:-$$}/task/"*/children 2>/dev/null)
	for child in "${children[@]}"; do
		[ -z "$child" ] || kill_tree "$child"
	done
}

# The last [n/m] at the beginning of a line of the log.
stage_done() {
	tail -c 4000 "$1" 2>/dev/null | tr '\r' '\n' | grep -oE '^\[[0-9]+/[0-9]+\]' | tail -n 1 || true
}

# stage_clock SECONDS ABOUT: how long it runs and how long it should.
stage_clock() {
	if [ "$1" -le "$2" ]; then echo "$1 s of about $2 s"; else echo "$1 s, usually about $2 s"; fi
}

stage_watch() {
	local pid=$1 log=$2 what=$3 about=$4 begin=$SECONDS every=30 next line

	[ ! -t 2 ] || every=1
	next=$every
	[ -t 2 ] || note "$what (about $about s) ..."
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.2
		[ $((SECONDS - begin)) -ge "$next" ] || continue
		next=$((SECONDS - begin + every))
		line="$what $(stage_done "$log") $(stage_clock $((SECONDS - begin)) "$about")"
		if [ -t 2 ]; then printf '\r\033[K%s' "$line" >&2; else note "$line"; fi
	done
	[ ! -t 2 ] || printf '\r\033[K' >&2
}

stage_end() {
	local status=$1 key=$2 log=$3 what=$4 took=$5

	if [ "$status" -eq 0 ]; then
		note "$what: done in $took s"
		remember "$key" "$took"
		return 0
	fi
	note "$what: failed after $took s; from $log:"
	{ grep -E -m 15 '([Ee]rror|ERROR):|No space left' "$log" || tail -n 15 "$log"; } | sed 's/^/  /' >&2
	return "$status"
}
