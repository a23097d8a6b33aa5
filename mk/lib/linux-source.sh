# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The kernel's own sources, from Debian's package linux-source-SERIES of exactly one version.

# linux_source SERIES VERSION: prints the path of the tarball, if the package is installed, or of the package: from the
# cache or, unless ES_OFFLINE is set, downloaded.
linux_source() {
	local package=linux-source-$1 installed

	installed=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$package" 2>/dev/null || true)
	if [ "$installed" = "installed $2" ] && [ -f "/usr/src/$package.tar.xz" ]; then
		echo "/usr/src/$package.tar.xz"
		return
	fi
	installed=${installed#installed }
	[ -z "${ES_OFFLINE:-}" ] || [ -n "$(deb_find "$package" "$2")" ] ||
		die "The kernel is $2, but $package is ${installed:-not installed}: apt-get install $package=$2."
	deb_fetch "$package=$2"
}

# linux_source_unpack SERIES SOURCE DIR TAR_ARGUMENT...: the whole archive has to be read for it.
linux_source_unpack() {
	local series=$1 source=$2 dir=$3
	shift 3

	case $source in
	*.deb) dpkg-deb --fsys-tarfile "$source" | tar -xO "./usr/src/linux-source-$series.tar.xz" ;;
	*) cat "$source" ;;
	esac | tar -xJ -C "$dir" "$@"
}
