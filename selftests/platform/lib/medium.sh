# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A medium that a guest boots from as users' guests do: Debian's GRUB, a kernel and an initramfs, as on an installation
# image: a file system of a CD-ROM, and for disks a GPT with an EFI system partition.
# shellcheck disable=SC2154 # root and guest_kver are the script's

grub_efi=usr/lib/grub/x86_64-efi/monolithic/gcdx64.efi # it looks for /.disk/info

# medium_inputs: what decides about it, besides the kernel and the initramfs.
medium_inputs() {
	echo "$es_platform/lib/medium.sh"
	echo "$grub_deb"
	echo "$firmware13/OVMF_CODE_4M.fd"
}

# The kernel's command line; the guest counts its CPUs itself.
medium_append="console=ttyS0 panic=-1 no_timer_check loglevel=5 es_disk_bytes=1048576 es_server=10.0.2.2 es_port=8080"

medium_tree() {
	mkdir -p "$1/.disk" "$1/boot/grub"
	echo "kvm-amd-es guest" >"$1/.disk/info"
	cp -L "$ES_CACHE/kernel/$guest_kver/vmlinuz" "$1/vmlinuz"
	cp "$root/guest/initrd" "$1/initrd"
	cat >"$1/boot/grub/grub.cfg" <<-END
		set timeout=0
		menuentry guest {
			linux (\$root)/vmlinuz $medium_append
			initrd (\$root)/initrd
		}
	END
}

# medium_esp FILE: the EFI system partition, with GRUB where a firmware looks on a medium that it does not know.
medium_esp() {
	dpkg-deb --fsys-tarfile "$grub_deb" | tar -x -O "./$grub_efi" >"$1.efi"
	truncate -s 8M "$1"
	mformat -i "$1" ::
	mmd -i "$1" ::/EFI ::/EFI/BOOT
	mcopy -i "$1" "$1.efi" ::/EFI/BOOT/BOOTX64.EFI
}

# put_medium WORK: guest/medium, and the firmware that boots from it.
put_medium() {
	mkdir -p "$1"
	medium_tree "$1/tree"
	medium_esp "$1/esp"
	SOURCE_DATE_EPOCH=1700000000 xorriso -as mkisofs -quiet -o "$root/guest/medium" -V KVM_AMD_ES -R \
		-append_partition 2 0xef "$1/esp" -appended_part_as_gpt \
		-eltorito-alt-boot -e --interval:appended_partition_2:all:: -no-emul-boot "$1/tree" 2>"$1/log" ||
		die "The guest's boot medium cannot be made: $(tail -n 1 "$1/log")"
	cp "$firmware13"/OVMF_*_4M.fd "$root/guest/"
	rm -rf "$1"
}
