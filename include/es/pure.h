/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types and macros for the pure files (svm/rules/), in the kernel and in userspace.
 *
 * A pure file has protocol rules only: no kernel call, no global state, no allocation.  It compiles
 * unchanged in the module and in the unit tests, so that every rule can be tested, fuzzed and
 * proved.
 */
#ifndef ES_PURE_H
#define ES_PURE_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#else
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#endif

#define ES_BIT(n)		(1ULL << (n))
#define ES_ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif
