# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Debian packages: installing what is missing, and fetching .debs without installing them, of the machine's release or of
# another (release.sh).

# Package lists may be empty or lack the security archive on a fresh machine, and old on any: an old list
# names kernels that are no longer the newest.  Only a missing list is an error.
apt_lists() {
	if [ -n "$es_release" ]; then
		release_lists
	elif ! apt_knows linux-image-amd64 || ! apt_knows linux-image-6.12-amd64; then
		apt_update
	elif [ "$(id -u)" -eq 0 ] && apt_lists_are_old; then
		apt_refresh || note "The package lists are more than a day old and cannot be renewed now: going on with them."
	fi
}

apt_knows() { apt-cache show "$1" >/dev/null 2>&1; }

# Neither apt nor we have read them for a day.
apt_lists_are_old() {
	[ -z "$(find /var/lib/apt/lists "$ES_CACHE/times/apt-update" -maxdepth 0 -mmin -1440 2>/dev/null)" ]
}

apt_refresh() {
	[ -z "$es_release" ] || { release_refresh; return; }
	[ "$(id -u)" -eq 0 ] || return 1
	stage apt-update 10 "$ES_CACHE/log/apt-update.log" "Reading the package lists" apt-get -q update
}

apt_update() {
	[ "$(id -u)" -eq 0 ] || die "The package lists are empty or old: run \`apt-get update\` as root, then try again."
	apt_refresh ||
		die "The package lists cannot be read: check the network and /etc/apt/sources.list.d, then try again."
}

# need_packages NAME...: installs those that are missing (root), or says which and how.
need_packages() {
	local name missing=() es_release=

	for name in "$@"; do
		dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" -eq 0 ] ||
		die "Debian packages are missing: run \`apt-get install --no-install-recommends ${missing[*]}\` as root, then try again."
	apt_lists
	need_space /var 600 "the packages ${missing[*]}"
	install_stage "${missing[@]}" || { apt_update && install_stage "${missing[@]}"; } ||
		die "Packages cannot be installed: run \`apt-get install --no-install-recommends ${missing[*]}\` and see what it says."
}

install_stage() {
	stage "apt-$#" $((10 + 4 * $#)) "$ES_CACHE/log/apt-install.log" "Installing $*" apt_install "$@"
}

apt_install() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
		install --no-install-recommends "$@"
}

# deb_version PACKAGE: the version that apt would install, else the newest one in the cache.
deb_version() {
	local version

	apt_lists >&2
	version=$(release_apt apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p')
	case $version in
	'' | '(none)') version=$(deb_cached_version "$1") ;;
	esac
	[ -n "$version" ] || die "Package $1 is not in the package lists: run \`apt-get update\` on Debian with its security updates, or choose a kernel that selftests/platform/kernels lists."
	echo "$version"
}

deb_cached_version() {
	find "$ES_CACHE/debs/" -name "$1_*.deb" -printf '%f\n' 2>/dev/null | sed 's/^[^_]*_\(.*\)_[^_]*$/\1/; s/%3a/:/' |
		sort -V | tail -n 1 || true
}

# deb_fetch PACKAGE[=VERSION]: prints the path of the .deb, downloading it when it is not cached.
deb_fetch() {
	local package=${1%%=*} version=${1#*=} found

	[ "$version" != "$1" ] || version=$(deb_version "$package") || exit 1
	found=$(deb_find "$package" "$version")
	if [ -z "$found" ]; then
		deb_download "$package" "$version" || exit 1
		found=$(deb_find "$package" "$version")
	fi
	echo "$found"
}

deb_find() {
	find "$ES_CACHE/debs/" -name "$1_${2//:/%3a}_*.deb" 2>/dev/null | head -n 1 || true
}

deb_download() (
	dir=$(cache_make "$ES_CACHE/debs/$1" 300 "Package $1") || exit 1
	trap 'rm -rf "$dir"' EXIT
	deb_download_into "$dir" "$1=$2" ||
		{ apt_refresh && deb_download_into "$dir" "$1=$2"; } ||
		die "Package $1=$2 cannot be downloaded: check the network and run \`apt-get update\` as root; if Debian no longer offers it, choose a newer kernel."
	mv -f "$dir"/*.deb "$ES_CACHE/debs/"
)

deb_download_into() {
	(cd "$1" && stage "deb-${2%%=*}" 10 "$ES_CACHE/log/download-${2%%=*}.log" "Downloading ${2/=/ }" \
		release_apt apt-get download "$2")
}
