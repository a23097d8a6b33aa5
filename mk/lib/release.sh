# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # check_kver (kernels.sh) sets kver_*
#
# Another release of Debian than the machine's: its packages, and a root file system with its compiler.  Nothing of it is
# installed, and the machine's own lists and sources of apt stay as they are.
#
#   ES_CACHE/apt/CODENAME     lists and sources of that release, from the machine's mirrors
#   ES_CACHE/build-root/...   root file systems with what building kernels needs

# Where deb_version and deb_fetch look: empty, the machine's own release.
es_release=

machine_release() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; }

# use_release CODENAME: for deb_version and deb_fetch from now on.
use_release() {
	es_release=$1
	[ "$1" != "$(machine_release)" ] || es_release=
}

# Debian's own sources, as this machine's apt has them.
debian_sources() {
	# shellcheck disable=SC2016 # apt expands it
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' | sort -u
}

# The same of $es_release: main, updates, security.
release_sources() {
	debian_sources | sed -nE "s#^deb (.*) $(machine_release)(-updates|-security)? main\$#deb [signed-by=$es_archive_keys] \1 $es_release\2 main#p"
}

es_archive_keys=/usr/share/keyrings/debian-archive-keyring.gpg

# release_apt COMMAND ARGUMENT...: apt-get or apt-cache for $es_release, or the machine's own.
release_apt() {
	local command=$1 own=$ES_CACHE/apt/$es_release sandbox=()
	shift

	if [ -z "$es_release" ]; then
		[ "$(id -u)" -ne 0 ] || sandbox=(-o APT::Sandbox::User=root)
		"$command" -q "${sandbox[@]}" "$@"
		return
	fi
	"$command" -q -o Dir::Etc::sourcelist="$own/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null -o Dir::State::lists="$own/lists" \
		-o Dir::State::status="$own/status" -o Dir::Cache="$own/cache" \
		-o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache=srcpkgcache.bin -o APT::Sandbox::User="$(id -un)" \
		-o Acquire::Languages=none "$@"
}

# Two at once do no harm.
release_update() {
	local own=$ES_CACHE/apt/$es_release

	exec 8>"$own/lock"
	flock 8
	release_apt apt-get -o APT::Update::Error-Mode=any update && touch "$own/updated"
}

release_refresh() {
	local own=$ES_CACHE/apt/$es_release

	{ mkdir -p "$own/lists/partial" "$own/cache/archives/partial" && : >"$own/status" &&
		release_sources >"$own/sources.list"; } 2>/dev/null ||
		die "$own cannot be written: set ES_CACHE to a directory that you may write to."
	[ -s "$own/sources.list" ] ||
		die "apt has no source of Debian's $(machine_release), which names the mirror to read $es_release from: add one, run \`apt-get update\`, then try again."
	stage "apt-$es_release" 10 "$ES_CACHE/log/apt-$es_release.log" "Reading the package lists of Debian $es_release" release_update
}

# The lists of $es_release, a day old at most.  Only a missing list is an error.
release_lists() {
	local own=$ES_CACHE/apt/$es_release

	[ -z "$(find "$own/updated" -mmin -1440 2>/dev/null)" ] || return 0
	release_refresh || [ -f "$own/updated" ] ||
		die "The package lists of Debian $es_release cannot be read: check the network, and that the mirror in \`apt-get indextargets\` has $es_release."
}

# What building kernels, modules and the kernel's selftests needs, besides the compiler.
build_packages=(bc binutils bison cpio flex kmod libc6-dev libelf-dev libssl-dev make patch python3-minimal sparse xz-utils)

make_build_root() {
	local list

	list=$(IFS=,; echo "${build_packages[*]},$2")
	release_sources | mmdebstrap --variant=essential --include="$list" \
		--dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' "$es_release" "$1"
}

# cached_root DIR MIB KEY WHAT FUNCTION ARGUMENT...: the root file system DIR, by FUNCTION with a directory before the
# ARGUMENTs unless it is there.
cached_root() {
	local dir=$1 mib=$2 key=$3 what=$4 function=$5 work log=$ES_CACHE/log/$3.log
	shift 5

	[ ! -d "$dir" ] || return 0
	work=$(cache_make "$dir" "$mib" "${what^}") || exit 1
	rmdir "$work"
	stage "$key" 60 "$log" "Making $what" "$function" "$work" "$@" || {
		rm -rf --one-file-system "$work"
		die "${what^} cannot be made: see $log."
	}
	cache_publish "$work" "$dir"
}

# build_root COMPILER: prints the root file system of $es_release that has it, made when it is not cached.
build_root() {
	local dir

	dir=$ES_CACHE/build-root/$es_release-$({ release_sources; declare -f make_build_root; echo "${build_packages[*]} $1"; } | sha256sum | cut -c 1-16)
	if [ ! -d "$dir" ]; then
		[ "$(id -u)" -eq 0 ] ||
			die "$1 of Debian $es_release is needed, and only root can make a root file system with it: run the same command as root, or on Debian $es_release with $1 installed."
		need_packages mmdebstrap >&2
	fi
	cached_root "$dir" 900 "build-root-$es_release" "a root file system of Debian $es_release with $1" make_build_root "$1"
	echo "$dir"
}

# need_compiler KVER: installs the kernel's compiler, if the kernel is of the machine's release.
need_compiler() {
	check_kver "$1"
	[ "$kver_codename" != "$(machine_release)" ] || need_packages "$kver_compiler"
}

# find_compiler KVER KDIR, after check_kver: sets compiler_root, what to put before the kernel's make.  It is nothing where
# the machine has the compiler that built the kernel, else a root file system of the kernel's release; with ES_OFFLINE
# (DKMS) the machine must have the compiler.
find_compiler() {
	local built_with es_release root

	compiler_root=()
	use_release "$kver_codename"
	if [ -z "$es_release" ] || [ -n "${ES_OFFLINE:-}" ]; then
		command -v "$kver_compiler" >/dev/null ||
			die "Kernel $1 is built with $kver_compiler of Debian $kver_debian, which is not installed: apt-get install $kver_compiler."
		return
	fi
	built_with=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="[^ ]* (.*) \([0-9.]*\)"$/\1/p' "$2/.config" 2>/dev/null)
	[ "$("$kver_compiler" -dumpfullversion 2>/dev/null || true)" != "$built_with" ] || return 0
	root=$(build_root "$kver_compiler") || exit 1
	# shellcheck disable=SC2034 # for the caller
	compiler_root=("$es_top/mk/in-root" "$root" "$es_top" "$ES_CACHE" "$2" --)
}
