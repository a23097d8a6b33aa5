# SPDX-License-Identifier: GPL-2.0
#
# Building kvm-amd.ko.  Included by the top-level Makefile; DKMS and others may use it alone:
#
#   make -f mk/module.mk module KVER=6.1.0-NN-amd64 [KDIR=/lib/modules/$KVER/build]
#
# The result is build/KVER/kvm-amd.ko.

# Our version; the module shows "ES_VERSION (linux VERSION OF THE IMPORTED SOURCES)".
ES_VERSION := 0.1.0

ES_CACHE ?= /var/cache/kvm-amd-es
KDIR ?=
KVER ?= $(shell selftests/platform/kernels --first 2>/dev/null | grep . || uname -r)
export ES_CACHE ES_VERSION ES_OFFLINE

.PHONY: module module-clean module-proof module-lint headers-check

module: ## build kvm-amd.ko for KVER
module-proof: ## build the imported sources unchanged and compare with the stock module of KVER
module-lint: ## sparse and W=1 on our files, for KVER
headers-check: ## compile each of our headers alone, for KVER

module module-proof module-lint headers-check:
	@mk/build-module $@ '$(KVER)' '$(KDIR)'

module-clean: ## remove build/KVER for every kernel
	@rm -rf build/6.*
