# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2054 # image_dir, results, both are of those who source this; QEMU wants commas
#
# Boots a disk in the emulated SEV-ES host and keeps what was found there in results/NAME/: cmdline, console.log (kernel and
# systemd), out.log (the jobs), dmesg.log, facts (the lines "es-life: NAME VALUE").

# boot_command KVER DISK JOBS APPEND: fills the array platform.
boot_command() {
	local binary append="console=ttyS0 loglevel=5 panic=-1 no_timer_check systemd.show_status=no udev.event_timeout=900"

	binary=$(platform_qemu) || return 1
	platform_command "$binary" 1
	platform+=(-kernel "$image_dir/$1/vmlinuz" -initrd "$image_dir/$1/initrd"
		-append "$append systemd.unit=es-life.service es_jobs=$3 ${4:-}"
		-drive "if=none,id=disk,format=raw,file=$2" -device virtio-blk-pci,drive=disk
		-serial "file:$logs/console.log" -serial "file:$logs/out.log" -serial "file:$logs/dmesg.log" -monitor none)
}

# why_failed STATUS: of QEMU or of timeout.
why_failed() {
	local token complaint

	token=$(sed -n 's/^ES-EXIT //p' "$logs/out.log" | tr -d '\r' | tail -n 1)
	complaint=$(cat "$logs/console.log" "$logs/dmesg.log" | kernel_complaints | head -n 1 || true)
	if [ -n "$complaint" ]; then
		echo "its kernel complained: $complaint"
	elif [ "$1" -eq 124 ]; then
		echo "it did not end within its time limit"
	elif [ "$token" != 0 ]; then
		echo "its jobs ended with ${token:-no result} (QEMU: $1)"
	fi
}

# boot NAME LIMIT KVER DISK JOBS [APPEND]; a DISK that ends with ",snapshot=on" is left as it was.
boot() {
	local logs=$results/$1 limit=$2 status=0 why
	shift 2

	rm -rf "$logs"
	mkdir -p "$logs"
	touch "$logs"/{console,out,dmesg}.log
	boot_command "$@" || return 1
	printf '%q ' "${platform[@]}" >"$logs/cmdline"
	timeout --foreground "$limit" "${platform[@]}" >"$logs/qemu.log" 2>&1 || status=$?
	tr -d '\r' <"$logs/out.log" | sed -n 's/^es-life: //p' >"$logs/facts"
	why=$(why_failed "$status")
	[ -n "$why" ] || return 0
	echo "${logs##*/} did not boot as wanted: $why. The end of its console:"
	tail -n 8 "$logs/console.log" | tr -d '\r'
	echo "Logs: $logs"
	return 1
}

# boot_both NAME LIMIT DISK JOBS [APPEND]: the two kernels of the array both, side by side, in results/NAME-KVER; a % in DISK
# is the kernel's name.
boot_both() {
	local name=$1 limit=$2 disk=$3 kver pid pids=() status=0
	shift 3

	for kver in "${both[@]}"; do
		boot "$name-$kver" "$limit" "$kver" "${disk/\%/$kver}" "$@" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || status=1
	done
	return $status
}
