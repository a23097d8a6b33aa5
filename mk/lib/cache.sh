# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# ES_CACHE: results are built in a temporary directory beside their place and renamed when complete,
# so that a reader never sees half of one and two builders at once do no harm.

# need_space DIR MIB WHAT: fails early when the file system of DIR is too full for WHAT.
need_space() {
	local dir=$1 free hint=

	while [ ! -d "$dir" ]; do dir=$(dirname "$dir"); done
	free=$(($(df -P -k "$dir" | awk 'NR == 2 { print $4 }') / 1024))
	case $1 in "$ES_CACHE"*) hint=" or set ES_CACHE to a place with more" ;; esac
	[ "$free" -ge "$2" ] || die "$3 needs $2 MiB in $1, but only $free MiB are free: make room there$hint."
}

# cache_make DIR MIB WHAT: prints a new temporary directory beside DIR.
cache_make() {
	local dir

	dir=$(dirname "$1")
	need_space "$dir" "$2" "$3"
	{ mkdir -p "$dir" && mktemp -d "$dir/.new.XXXXXX"; } 2>/dev/null ||
		die "$dir cannot be written: set ES_CACHE to a directory that you may write to."
}

# cache_publish TMP DIR: gives the finished TMP its name; when another builder was faster, its result stays.
cache_publish() {
	chmod 755 "$1"
	mv -T "$1" "$2" 2>/dev/null || rm -rf "$1"
	[ -d "$2" ] || die "$2 cannot be created: check that the file system is writable and not full."
}

# cache_prune DIR KEEP: of the entries of DIR that nobody used for an hour, removes those that were not used for
# the longest time, but KEEP.  Others may be about to be used: by another clone, by the next stage of a check.
cache_prune() {
	find "$1" -mindepth 1 -maxdepth 1 -not -name '.new.*' -mmin +60 -printf '%T@ %p\n' | sort -rn | tail -n +$(($2 + 1)) |
		cut -d ' ' -f 2- | while read -r old; do rm -rf "$old"; done
}

# hash_files FILE...: one hash over names and contents.
hash_files() {
	sha256sum "$@" | sha256sum | cut -c 1-16
}
