# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what lifecycle sets, and what boot_both wants
#
# A newer version of ours, and back to the older one.

# A copy of the tree, with another version wherever ours stands.
newer_deb() {
	local tree=$root_dir/newer

	mkdir -p "$tree"
	tar -c --exclude-vcs --exclude=./build --exclude=./selftests/build . | tar -x -C "$tree"
	sed -i "s/^ES_VERSION := .*/ES_VERSION := $version.1/" "$tree/mk/module.mk"
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$version.1\"/" "$tree/dkms.conf"
	sed -i "1s/($version)/($version.1)/" "$tree/packaging/debian/changelog"
	"$tree/packaging/build-deb" >"$root_dir/newer.name" && sed -i "s|^build|$tree/build|" "$root_dir/newer.name"
}

part_downgrade() {
	begin_installed || return 1
	copy_of installed downgrade || return 1
	work newer 20 "a newer version of the package is built" newer_deb || return 1
	work newer-install 60 "apt upgrades to it" on_disk "$root_dir/downgrade" install_deb "$(cat "$root_dir/newer.name")"
	boots newer-boot downgrade look "both kernels boot with the newer version"
	both_ours newer-boot "$version.1"
	work older-install 60 "apt goes back to the older one" on_disk "$root_dir/downgrade" install_deb "$deb" --allow-downgrades
	boots older-boot downgrade look,tests "both kernels boot with the older version"
	both_ours older-boot "$version"
	both_run older-boot small_guests_run
}
