# SPDX-License-Identifier: GPL-2.0
#
# Bringing the module to an operator's machine.  Included by the top-level Makefile.

DKMS_DIR = $(DESTDIR)/usr/src/kvm-amd-es-$(ES_VERSION)
DKMS_FILES := dkms.conf Kbuild mk svm include patches/linux
OPERATOR_LIB = $(DESTDIR)/usr/lib/kvm-amd-es

.PHONY: install-dkms install-tools deb packaging-check operator-check lifecycle-check

install-dkms: ## put what DKMS needs, and nothing else, into /usr/src (DESTDIR= goes in front)
	@rm -rf '$(DKMS_DIR)'
	@mkdir -p '$(DKMS_DIR)'
	@cp -r --parents $(DKMS_FILES) '$(DKMS_DIR)'
	@echo "Next: dkms install kvm-amd-es/$(ES_VERSION)"

install-tools: tools ## put the commands kvm-amd-es and es-stat into /usr (DESTDIR= goes in front)
	@install -D -m 755 -t '$(DESTDIR)/usr/sbin' tools/kvm-amd-es build/es-stat
	@install -D -m 644 -t '$(OPERATOR_LIB)' tools/operator/*.sh
	@install -D -m 755 build/es-smoke '$(OPERATOR_LIB)/smoke'
	@install -D -m 644 -t '$(DESTDIR)/usr/share/man/man8' tools/*.8

deb: ## build the Debian package kvm-amd-es-dkms into build/deb/ and check it with lintian
	@packaging/build-deb

packaging-check: ## the package's life in a Debian 12 chroot: install, upgrade, troubles, removal (as root)
	@selftests/packaging/run && selftests/packaging/readme && selftests/packaging/trouble && selftests/packaging/initramfs

operator-check: ## on the emulated host: kvm-amd-es try, status and report for real, and Secure Boot (as root)
	@selftests/packaging/try && selftests/packaging/secure-boot

lifecycle-check: ## the package's life on a machine: installed, booted, run, recovered, removed (as root; PARTS= selects)
	@selftests/packaging/lifecycle $(PARTS)
