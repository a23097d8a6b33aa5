# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# A stock guest on this host, with SEV-ES unless something else is said: QEMU, OVMF, a Debian kernel, a virtio disk and a virtio network
# device, started, watched through its console, and checked.  What the guest reports about disk and
# network is compared with random data made here, so that no constant answer can pass.
# shellcheck disable=SC2154 # es_module comes from the kernel command line

guest_dir=/run/guest
guest_log=$guest_dir/console
guest_disk_bytes=1048576

# Random contents for the disk and for the page that the guest fetches.
guest_data() {
	mkdir -p $guest_dir/www
	cp "$(guest_firmware VARS)" $guest_dir/vars.fd
	dd if=/dev/urandom of=$guest_dir/disk bs=4096 count=$((guest_disk_bytes / 4096)) 2>/dev/null
	dd if=/dev/urandom bs=4096 count=64 2>/dev/null | base64 >$guest_dir/www/page
	sha256sum <$guest_dir/disk | cut -d ' ' -f 1 >$guest_dir/disk.sha256
	sha256sum <$guest_dir/www/page | cut -d ' ' -f 1 >$guest_dir/page.sha256
	dd if=$guest_dir/disk bs=64k count=1 2>/dev/null | md5sum >$guest_dir/disk.head
	httpd -p 127.0.0.1:8080 -h $guest_dir/www 2>/dev/null # a second guest finds it running
	rm -f $guest_dir/keys $guest_dir/lines
	mkfifo $guest_dir/keys $guest_dir/lines
	: >$guest_log
}

# The stock module of Linux 6.1 does not pin private guest memory, so there it must be shared.
guest_memory() {
	case $es_module-$(uname -r) in
	stock-6.1.*) echo "-object memory-backend-memfd,id=ram,size=${guest_mb:-512}M,share=on -machine memory-backend=ram" ;;
	esac
}

# guest_firmware CODE|VARS: OVMF of Debian 12; a SEV-ES guest finds a medium to boot from with that of Debian 13 only.
guest_firmware() {
	if [ -z "${guest_medium:-}" ]; then
		echo "/usr/share/OVMF/OVMF_$1.fd"
	else
		echo "/guest/OVMF_$1_4M.fd"
	fi
}

# guest_devices VIRTIO: the medium guest_medium, on its bus, and a display if there is to be one (guest_vga).
guest_devices() {
	medium=drive=medium,bootindex=1
	readonly=,readonly=on
	case $guest_medium in
	virtio-blk) bus="-device virtio-blk-pci,$medium,$1" ;;
	virtio-scsi) bus="-device virtio-scsi-pci,id=scsi,$1 -device scsi-hd,bus=scsi.0,$medium" ;;
	ahci) readonly='' bus="-device ide-hd,$medium" ;;
	cd) bus="-device ide-cd,$medium" ;;
	nvme) bus="-device nvme,serial=medium,$medium" ;;
	usb) bus="-device qemu-xhci,id=usb -device usb-storage,bus=usb.0,$medium" ;;
	esac
	echo "-drive if=none,id=medium,format=raw,file=/guest/medium$readonly $bus ${guest_vga:+-device VGA,romfile=}"
}

# The encryption that POLICY asks for; none if it is empty.
guest_encryption() {
	[ -z "$1" ] || echo "-machine confidential-guest-support=sev0 -object sev-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=$1"
}

# trace_only EVENT FILTER: KVM's event, for /es/state, where the filter lets it through.
trace_only() {
	echo "$2" >"/sys/kernel/tracing/events/kvm/$1/filter"
	echo 1 >"/sys/kernel/tracing/events/kvm/$1/enable"
}

# A guest that hangs while it boots: what its CPUs sent (NMI, INIT, SIPI) and when they asked for a hold.  Our module's events
# tell more.
guest_trace_holds() {
	trace_only kvm_vmgexit_enter 'exit_reason == 0x80000004'
	trace_only kvm_apic_ipi 'icr_low & 0x400'
}

# A guest that ends without a word: by a shutdown of a vCPU (0x7f), or by a reset of its kernel?
guest_trace_ends() {
	trace_only kvm_exit 'exit_reason == 0x7f'
	trace_only kvm_pio 'port == 0xcf9 || port == 0x64'
	[ "$es_module" != stock ] || guest_trace_holds
}

# guest_run COMMAND [ARGUMENT...]: QEMU, its console and keys, its exit status kept.
guest_run() {
	rm -f $guest_dir/pid $guest_dir/status
	{
		"$@" <&5 >$guest_log 2>$guest_dir/errors &
		echo $! >$guest_dir/pid
		wait $!
		echo $? >$guest_dir/status
	} &
	until [ -s $guest_dir/pid ]; do sleep 0.1; done
	guest_pid=$(cat $guest_dir/pid)
}

# guest_start VCPUS POLICY: starts it, from a medium (guest_medium) or by QEMU's -kernel; its console goes to the run's
# output, marked as such.
guest_start() {
	vcpus=$1 policy=$2
	virtio=disable-legacy=on,iommu_platform=true
	append="console=ttyS0 panic=-1 no_timer_check es_vcpus=$1 es_disk_bytes=$guest_disk_bytes es_server=10.0.2.2 es_port=8080 ${guest_append:-}"
	guest_trace_ends
	exec 5<>$guest_dir/keys
	# shellcheck disable=SC2046 # several arguments are meant
	if [ -n "${guest_medium:-}" ]; then
		set -- $(guest_devices $virtio)
	else
		set -- -kernel /guest/vmlinuz -initrd /guest/initrd -append "$append"
	fi
	# shellcheck disable=SC2046,SC2086 # several arguments are meant, or none
	guest_run qemu-system-x86_64 -nodefaults -no-user-config -display none ${guest_reset--no-reboot} \
		-accel kvm -cpu EPYC-v3 -smp "$vcpus" -m "${guest_mb:-512}" \
		-machine q35 $(guest_memory) $(guest_encryption "$policy") \
		-drive "if=pflash,format=raw,unit=0,readonly=on,file=$(guest_firmware CODE)" \
		-drive if=pflash,format=raw,unit=1,file=$guest_dir/vars.fd \
		-drive if=none,id=disk,format=raw,file=$guest_dir/disk -device "virtio-blk-pci,drive=disk,$virtio" \
		-netdev user,id=net -device "virtio-net-pci,netdev=net,romfile=,$virtio" \
		"$@" \
		-qmp tcp:127.0.0.1:4444,server=on,wait=off \
		-serial stdio
	tail -n +1 -f $guest_log >$guest_dir/lines &
	guest_tail=$!
	while IFS= read -r line; do echo "guest| $line"; done <$guest_dir/lines &
}

# QEMU's exit status, or nothing while it runs; 128 and more: a signal.
guest_status() { cat $guest_dir/status 2>/dev/null; }

# What QEMU said, but the CPU features that this host does not have.
guest_errors() { grep -v 'requested feature' $guest_dir/errors; }

# guest_wait TEXT SECONDS [TIMES]: until the console shows TEXT; fails when QEMU ends or time is over.
guest_wait() {
	waited=0
	until [ "$(grep -c -e "$1" $guest_log)" -ge "${3:-1}" ]; do
		[ -z "$(guest_status)" ] || { echo "# QEMU ended with status $(guest_status) while waiting for '$1': $(guest_errors | tail -n 1)"; return 1; }
		[ "$waited" -lt $(($2 * 2)) ] || { echo "# the guest did not show '$1' within $2 s"; return 1; }
		waited=$((waited + 1))
		sleep 0.5
	done
}

# guest_shell COMMAND TEXT SECONDS: types COMMAND into the guest's shell and waits for TEXT.
guest_shell() {
	echo "$1" >&5
	guest_wait "$2" "$3"
}

# Waits for QEMU.
guest_ended() {
	waited=0
	while [ -z "$(guest_status)" ]; do
		[ "$waited" -lt 60 ] || { echo "# QEMU did not end within 30 s; its vCPUs:"; /es/state; guest_kill; return 1; }
		waited=$((waited + 1))
		sleep 0.5
	done
	echo "# QEMU ended after $((waited / 2)) s, status $(guest_status)"
	[ "$(guest_status)" -eq 0 ]
}

# Ends it, and waits until that is noted; its console is shown no longer.
guest_kill() {
	kill -9 "$guest_pid" 2>/dev/null
	until [ -n "$(guest_status)" ]; do sleep 0.1; done
	kill "$guest_tail" 2>/dev/null
}

# guest_leave COMMAND: types COMMAND, which ends the guest, behind one that takes its network down, as a distribution does.
# Both kernels' virtio_net may spin for ever on a queue that the kernel's end has broken (mended in Linux by 0d0eff39ceb3).
guest_leave() { echo "ip link set eth0 down; $1" >&5; }

# Powers the guest off through its shell.
guest_stop() {
	guest_leave "poweroff -f"
	guest_ended
}

# guest_said NAME: what the guest reported under that name.
guest_said() { tr -d '\r' <$guest_log | sed -n "s/^es-guest: $1 //p" | tail -n 1; }

# guest_qmp COMMAND: QEMU's answer to one monitor command.
guest_qmp() {
	{
		printf '{"execute":"qmp_capabilities"}\n{"execute":"%s"}\n' "$1"
		sleep 1
	} | timeout 20 nc 127.0.0.1 4444 | tr -d '\r' | tail -n 1
}

# expect WHAT WANTED FOUND: one finding checked; counts the failures in guest_bad.
guest_bad=0
expect() {
	if [ "$2" = "$3" ]; then
		echo "  ok    $1: $3"
	else
		guest_bad=$((guest_bad + 1))
		echo "  FAIL  $1: wanted '$2', found '$3'"
	fi
}

# What a guest with that policy must say of its memory.
features_of() {
	case $1 in
	'') ;;
	1) echo "AMD SEV" ;;
	*) echo "AMD SEV SEV-ES" ;;
	esac
}

# What GRUB must have loaded the kernel from; nothing without it.
guest_bootdev() {
	case ${guest_medium:-} in
	'') ;;
	cd) echo cd ;;
	*) echo hd ;;
	esac
}

# guest_check VCPUS [POLICY]: the guest's findings against what must be.
guest_check() {
	expect "GRUB loaded the kernel from" "$(guest_bootdev)" "$(guest_said booted-from)"
	expect "memory encryption features active" "$(features_of "${2-5}")" "$(guest_said features)"
	expect "complaints of the guest's kernel" "" "$(kernel_complaints <$guest_log | head -n 1)"
	expect "CPUs online in the guest" "$1" "$(guest_said cpus-online)"
	if [ "$1" -gt 1 ]; then
		expect "CPU $(($1 - 1)) after taking it offline" "online 0 of $(($1 - 1)) CPUs" "$(guest_said cpu-offline)"
		expect "CPU $(($1 - 1)) after bringing it back" "online 1 of $1 CPUs" "$(guest_said cpu-back)"
		expect "a program bound to CPU $(($1 - 1)) runs on CPU" "$(($1 - 1))" "$(guest_said cpu-runs)"
	fi
	expect "disk read (SHA-256)" "$(cat $guest_dir/disk.sha256)" "$(guest_said disk-sha256)"
	expect "gateway answers pings" 2 "$(guest_said net-ping)"
	expect "page fetched over TCP (SHA-256)" "$(cat $guest_dir/page.sha256)" "$(guest_said net-sha256)"
}

# After the guest's end: what it wrote to the disk.
guest_check_disk() {
	tail -c 512 $guest_dir/disk | head -c 36 >$guest_dir/disk.tail
	expect "disk written (digest of its head)" "$(cut -c 1-32 $guest_dir/disk.head)" "$(cut -c 1-32 $guest_dir/disk.tail)"
}

# When a guest fails: the end of its console, for the user.
guest_last_words() {
	echo "# the guest's last lines (all of them are in guest.log):"
	tail -n 8 $guest_log | tr -d '\r' | sed 's/^/#   /'
	guest_errors | tail -n 5 | sed 's/^/#   qemu: /'
}
