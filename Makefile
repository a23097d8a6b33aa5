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
include packaging/packaging.mk

.PHONY: help demo debug-check conformance shell check lint unit fuzz proof qemu clean distclean

help: ## list the verbs
	@echo "kvm-amd-es: Linux KVM's AMD module with its own SEV-ES hypervisor side"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make -C selftests run_tests   the kselftests alone (TESTS=es_ap_boot KVERS=... select)"
	@echo
	@echo "Variables: KVER=6.1.0-NN-amd64, 6.12.N+deb12-amd64 or 6.12.N+deb13-amd64 (default: the newest 6.1),"
	@echo "           ES_CACHE=$(ES_CACHE) (downloads and builds kept outside the tree)"

demo: ## watch a 4-vCPU SEV-ES guest boot under our module (KVER= chooses the kernel)
	@$(PLATFORM)/demo

check: ## lint, unit tests, builds for each kernel, and every test inside the platform
	@selftests/check

debug-check: ## every test on hosts whose kernels check themselves: KASAN, lockdep, kmemleak (an hour the first time)
	@kvers=$$(selftests/platform/kernels | sed '/+debug$$/!s/$$/+debug/' | tr '\n' ' ') && \
	$(MAKE) -C selftests run_tests KVERS="$$kvers" HERE=

.PHONY: reference-kselftests
reference-kselftests: ## the kernels' own KVM selftests check the emulated SEV-ES host; with ES_MODULE=es our module (TESTS="x86_64/sev_migrate_tests" selects)
	@$(PLATFORM)/reference-kselftests $(patsubst %,'%',$(TESTS))

.PHONY: reference-boots
reference-boots: ## stock kernels, QEMU and OVMF check it: each kind of guest is booted ten times (hours)
	@$(PLATFORM)/reference-boots

.PHONY: sanitize overhead
sanitize: ## the platform's own tests and its fuzzer with a QEMU that checks itself (address and undefined-behaviour sanitizers)
	@$(PLATFORM)/sanitize

overhead: ## what the platform costs a machine that does not use it, in pairs with Debian's QEMU without our patches
	@$(PLATFORM)/overhead

.PHONY: move-check
move-check: ## a Linux guest is moved 100 times between VMs, on each kernel, and must not notice (half an hour)
	@ES_ROUNDS=100 ES_TEST_SECONDS=$${ES_TEST_SECONDS:-1800} $(MAKE) -C selftests run_tests TESTS=es_move_linux

.PHONY: random-check
random-check: ## random guests, one of each two read, set and moved in between, on each kernel (an hour; ES_SEED= repeats)
	@ES_ROUNDS=$${ES_ROUNDS:-900} ES_TEST_SECONDS=$${ES_TEST_SECONDS:-7200} $(MAKE) -C selftests run_tests TESTS=es_random

.PHONY: stress-check
stress-check: ## 100,000 wake-ups with CPUs in parallel, 1,000 CPUs offline and back, 100 moves, on each kernel (an hour and a half)
	@failed=; \
	ES_THREADS=multi HOST_CPUS=2 ES_ROUNDS=25000 ES_TIME_LIMIT_S=3600 ES_TEST_SECONDS=7200 \
		$(MAKE) -C selftests run_tests HERE= TESTS=es_wake || failed=1; \
	ES_ROUNDS=1000 $(MAKE) -C selftests run_tests HERE= TESTS=guest_hold || failed=1; \
	$(MAKE) move-check HERE= || failed=1; \
	[ -z "$$failed" ]

.PHONY: verbs-check
verbs-check: ## the verbs that README.md names and no other test runs, with small work (a quarter of an hour)
	@selftests/verbs

conformance: ## a table of what each request gives, stock and ours, on each kernel (long)
	@selftests/conformance-table

shell: ## a root shell on the emulated SEV-ES host with the module loaded
	@$(PLATFORM)/shell

lint: ## checkpatch, sparse, W=1, headers alone, shellcheck, documentation checks
	@selftests/lint/run

unit: ## the pure code of svm/ in userspace, with sanitizers
	@$(MAKE) -C selftests unit

fuzz: ## the pure code under libFuzzer, against its rules (SECONDS=600: that long, each time from another seed)
	@selftests/fuzz/run $(SECONDS)

proof: ## the rules of the pure code for all inputs, by bounded model checking (PROOFS="ap msr" selects)
	@selftests/proof/run

qemu: ## build the platform's QEMU (or find it in the cache)
	@$(PLATFORM)/build-qemu

.PHONY: bench bench-check
bench: ## what each VMGEXIT costs under the stock module and under ours, in instructions: table, JSON, plot
	@selftests/bench/run

bench-check: ## the same, and fail where a bar is broken
	@selftests/bench/run >&2 && cat build/bench/bars.tap && ! grep -q '^not ok' build/bench/bars.tap

.PHONY: tools bench-flood
tools: ## build the command es-stat (its page: man -l tools/es-stat.8) and the smoke test of "kvm-amd-es try" into build/
	@mkdir -p build
	@$(MAKE) -C selftests smoke
	@cp selftests/build/es-smoke build/
	@$(CC) -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o build/es-stat tools/*.c

bench-flood: ## what a guest that floods the host with malformed requests costs its neighbour: a table
	@selftests/bench/flood

clean: ## remove build/ and selftests/build/, keep the cache
	@rm -rf build selftests/build

distclean: clean ## remove the cache (ES_CACHE) too
	@case "$(ES_CACHE)" in */kvm-amd-es*) rm -rf "$(ES_CACHE)" ;; \
	*) echo "ES_CACHE=$(ES_CACHE) does not look like ours: remove it by hand." >&2; exit 1 ;; esac
