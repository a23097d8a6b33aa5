# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every script of the tree shares.  Source it; it changes no directory and no option.
#
#   lib/progress.sh       long work: what, how far, about how long
#   lib/packages.sh       Debian packages: installed, downloaded, missing
#   lib/release.sh        another Debian release's packages, and a root file system with its compiler
#   lib/kernels.sh        which kernels are supported: kernels.table
#   lib/cache.sh          ES_CACHE: hashes, atomic publishing, disk space
#   lib/linux-source.sh   the kernel's own sources
#
# ES_CACHE   everything slow, outside the tree (default /var/cache/kvm-amd-es)

es_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ES_CACHE=${ES_CACHE:-/var/cache/kvm-amd-es}
export ES_CACHE

# die SENTENCE: what was wrong and what to do, then a failing exit.
die() {
	echo "kvm-amd-es: $*" >&2
	exit 1
}

# note SENTENCE: one line about what happens, apart from results.
note() {
	echo "$*" >&2
}

. "$es_top/mk/lib/progress.sh"
. "$es_top/mk/lib/packages.sh"
. "$es_top/mk/lib/release.sh"
. "$es_top/mk/lib/cache.sh"
. "$es_top/mk/lib/kernels.sh"
. "$es_top/mk/lib/linux-source.sh"
