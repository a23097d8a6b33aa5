# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The kernel's own tools for its developers, taken out of Debian's linux-source-6.1 in one pass over the archive:
# scripts/ has checkpatch.pl, selftests/ the kselftest harness.

# linux_tools_unpack DEB DIR: the whole archive has to be read for it.
linux_tools_unpack() {
	local from=linux-source-6.1 harness=linux-source-6.1/tools/testing/selftests

	dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/$from.tar.xz" |
		tar -xJ -C "$2" --strip-components=1 --wildcards "$from/scripts/checkpatch.pl" "$from/scripts/spelling.txt" \
			"$from/scripts/const_structs.checkpatch" "$harness/lib.mk" "$harness/kselftest.h" \
			"$harness/kselftest_harness.h" "$harness/kselftest/*" || return 1
	mv "$2/tools/testing/selftests" "$2/selftests"
	rm -r "$2/tools"
	[ -f "$2/scripts/checkpatch.pl" ] && [ -f "$2/selftests/kselftest_harness.h" ]
}

# linux_tools: prints their directory, in ES_CACHE.
linux_tools() {
	local version dir deb work

	version=$(deb_version linux-source-6.1) || exit 1
	dir=$ES_CACHE/linux-tools/$version
	if [ ! -d "$dir" ]; then
		deb=$(deb_fetch "linux-source-6.1=$version") || exit 1
		work=$(cache_make "$dir" 10 "the kernel's developer tools") || exit 1
		stage linux-tools 10 "$ES_CACHE/log/linux-tools.log" "Taking checkpatch and the kselftest harness out of linux-source-6.1" \
			linux_tools_unpack "$deb" "$work" || {
			rm -rf "$work"
			die "$deb does not hold checkpatch and the kselftest harness: delete that file and try again."
		}
		cache_publish "$work" "$dir"
	fi
	echo "$dir"
}
