/* SPDX-License-Identifier: GPL-2.0 */
/*
 * __assign_str(): in 6.12 it has one argument, and copies the source that __string() names.
 */
#ifndef ES_COMPAT_TRACE_H
#define ES_COMPAT_TRACE_H

#ifdef ES_LINUX_6_12
#define ES_ASSIGN_STR(dst, src)	__assign_str(dst)
#elif defined(ES_LINUX_6_1)
#define ES_ASSIGN_STR(dst, src)	__assign_str(dst, src)
#else
#error "Add this series of kernels to include/compat/ (Documentation/new-kernel.md)."
#endif

#endif
