# SPDX-License-Identifier: GPL-2.0
#
# kvm-amd-es: verbs for people.  The module's own build rules are in mk/module.mk and Kbuild;
# the tests' are in selftests/Makefile.  `make help` lists everything below that carries "##".

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# Slow artefacts (platform QEMU, kernel packages, imported sources) live here, outside the tree.
ES_CACHE ?= /var/cache/kvm-amd-es
export ES_CACHE

PLATFORM := selftests/platform

include mk/module.mk

.PHONY: help demo shell check lint unit qemu clean distclean

help: ## list the verbs
	@echo "kvm-amd-es: Linux KVM's AMD module with its own SEV-ES hypervisor side"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make -C selftests run_tests   the kselftests alone (TESTS=es_ap_boot KVERS=... select)"
	@echo
	@echo "Variables: KVER=6.1.0-NN-amd64 or 6.12.N+deb12-amd64 (default: the newest 6.1),"
	@echo "           ES_CACHE=$(ES_CACHE) (downloads and builds kept outside the tree)"

demo: ## watch a 4-vCPU SEV-ES guest boot under our module (KVER= chooses the kernel)
	@$(PLATFORM)/demo

check: ## lint, unit tests, builds for both kernels, and every test inside the platform
	@selftests/check

shell: ## a root shell on the emulated SEV-ES host with the module loaded
	@$(PLATFORM)/shell

lint: ## checkpatch, sparse, W=1, headers alone, shellcheck, documentation checks
	@selftests/lint/run

unit: ## the pure code of svm/ in userspace, with sanitizers
	@$(MAKE) -C selftests unit

qemu: ## build the platform's QEMU (or find it in the cache)
	@$(PLATFORM)/build-qemu

clean: ## remove build/ and selftests/build/, keep the cache
	@rm -rf build selftests/build

distclean: clean ## remove the cache (ES_CACHE) too
	@case "$(ES_CACHE)" in */kvm-amd-es*) rm -rf "$(ES_CACHE)" ;; \
	*) echo "ES_CACHE=$(ES_CACHE) does not look like ours: remove it by hand." >&2; exit 1 ;; esac
