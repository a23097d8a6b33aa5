# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what lifecycle sets, and what boot_both wants
#
# Both kernels booted from one disk, and what both must show.

both_ours() {
	check "$k61 has ours loaded by udev, and all tools tell so" runs_ours "$1-$k61" "$k61" "$2" "$l61"
	check "$k612 has ours, of its own build" runs_ours "$1-$k612" "$k612" "$2" "$l612"
}

both_stock() {
	check "$k61 has the stock module, untainted" runs_stock "$1-$k61" "$k61"
	check "$k612 has the stock module, untainted" runs_stock "$1-$k612" "$k612"
}

both_run() {
	check "SEV-ES guests run on $k61" "$2" "$1-$k61"
	check "SEV-ES guests run on $k612" "$2" "$1-$k612"
}

# boots NAME DISK JOBS SENTENCE: both kernels, side by side; the disk is left as it is.
boots() { work "$1" 90 "$4" boot_both "$1" 600 "$root_dir/$2,snapshot=on" "$3"; }
