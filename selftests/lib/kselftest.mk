# SPDX-License-Identifier: GPL-2.0
#
# The kernel's own run_tests on programs that selftests/Makefile has built: OUTPUT, TESTS, HARNESS.
OVERRIDE_TARGETS := 1
TEST_GEN_PROGS := $(TESTS)
include $(HARNESS)/lib.mk
