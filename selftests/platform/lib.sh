# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every script of the platform shares: mk/lib.sh, and the one place that knows how the emulated
# SEV-ES host is started.  Source it; it changes no directory and no option.
#
# ES_QEMU    for developers: use this QEMU binary as the platform instead of build-qemu's
# ES_MODULE  es (default): our module; stock: Debian's own, to compare
# ES_THREADS single (default): the host's CPUs take turns; counted: the same with time counted in instructions, so that
#            two runs are the same; multi: they run in parallel, each in a thread of its own
# ES_CPU     more properties of the CPUs, such as tsc-scale=on,sev-debug-swap=on
# ES_PSP     properties of the security processor, such as fault-nth=3,fault-status=0x13

es_platform=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # for those who source this
ES_MODULE=${ES_MODULE:-es}
ES_THREADS=${ES_THREADS:-single}
# shellcheck source=mk/lib.sh
. "$es_platform/../../mk/lib.sh"

# built_qemu OPTION: the path of the QEMU that build-qemu makes with that option ('': the platform's), or finds.
built_qemu() {
	local out

	out=$("$es_platform/build-qemu" "$1") || exit 1
	tail -n 1 <<<"$out"
}

# Prints the path of the platform's QEMU, building it when it is not cached.
platform_qemu() {
	if [ -n "${ES_QEMU:-}" ]; then
		[ -x "$ES_QEMU" ] || die "ES_QEMU=$ES_QEMU is not an executable: point it at a platform QEMU or unset it."
		echo "$ES_QEMU"
		return
	fi
	built_qemu ''
}

# platform_command QEMU CPUS [MEMORY_MIB]: fills the array platform with the emulated SEV-ES host's command
# line, without kernel, memory contents and serial ports.
platform_command() {
	local cpu=EPYC-Milan,+svm,+npt,+nrip-save,+lbrv,+flushbyasid,+decodeassists,+pause-filter,+invtsc

	# shellcheck disable=SC2034 # for the caller
	platform=("$1" -L /usr/share/seabios -L /usr/share/qemu
		-nodefaults -no-user-config -display none -no-reboot
		-machine q35 -accel "tcg,thread=${ES_THREADS/counted/single}" -smp "$2" -m "${3:-1536}"
		-cpu "$cpu,xlevel=0x8000001f,sev-es-host=on${ES_CPU:+,$ES_CPU}" -device "amd-psp${ES_PSP:+,$ES_PSP}")
	[ "$ES_THREADS" != counted ] || platform+=(-icount "shift=0,sleep=off" -seed 1 -rtc "base=2024-01-01T00:00:00,clock=vm")
}

# module_build KVER: builds our kvm-amd.ko for that kernel; prints its path.
module_build() {
	local log=$es_top/build/logs/module-$1.log

	need_compiler "$1"
	need_packages libelf-dev make patch xz-utils
	mkdir -p "$es_top/build/logs"
	stage "module-$1" 30 "$log" "Building kvm-amd.ko for $1" \
		flock "$es_top/build/module-$1.lock" make -C "$es_top" module KVER="$1" ||
		die "kvm-amd.ko for $1 could not be built: see $log, then rerun \`make module KVER=$1\`."
	echo "$es_top/build/$1/kvm-amd.ko"
}

# The firmware that platform_command's QEMU reads, and its libraries, which a cached build may lack.
platform_packages() {
	need_packages seabios qemu-system-data libfdt1 libglib2.0-0 libpixman-1-0 zlib1g
}
