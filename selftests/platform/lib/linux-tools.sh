# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The kernel's own tools for its developers, taken out of Debian's linux-source-6.1 in one pass over the archive:
# scripts/ has checkpatch.pl, selftests/ the kselftest harness.

# linux_tools_unpack SOURCE DIR
linux_tools_unpack() {
	local scripts=linux-source-6.1/scripts harness=linux-source-6.1/tools/testing/selftests

	linux_source_unpack 6.1 "$1" "$2" --strip-components=1 --wildcards "$scripts/checkpatch.pl" "$scripts/spelling.txt" \
		"$scripts/const_structs.checkpatch" "$harness/lib.mk" "$harness/kselftest.h" \
		"$harness/kselftest_harness.h" "$harness/kselftest/*" || return 1
	mv "$2/tools/testing/selftests" "$2/selftests"
	rm -r "$2/tools"
	[ -f "$2/scripts/checkpatch.pl" ] && [ -f "$2/selftests/kselftest_harness.h" ]
}

# linux_tools: prints their directory, in ES_CACHE.
linux_tools() {
	local version dir source work

	version=$(deb_version linux-source-6.1) || exit 1
	dir=$ES_CACHE/linux-tools/$version
	if [ ! -d "$dir" ]; then
		source=$(linux_source 6.1 "$version") || exit 1
		work=$(cache_make "$dir" 10 "the kernel's developer tools") || exit 1
		stage linux-tools 10 "$ES_CACHE/log/linux-tools.log" "Taking checkpatch and the kselftest harness out of linux-source-6.1" \
			linux_tools_unpack "$source" "$work" || {
			rm -rf "$work"
			die "$source does not hold checkpatch and the kselftest harness: remove it and try again."
		}
		cache_publish "$work" "$dir"
	fi
	echo "$dir"
}
