/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In 6.12, __assign_str() takes its source from the declaration of the string.
 */
#ifndef ES_COMPAT_TRACE_H
#define ES_COMPAT_TRACE_H

#ifdef ES_LINUX_6_12
#define ES_ASSIGN_STR(dst, src)	__assign_str(dst)
#else
#define ES_ASSIGN_STR(dst, src)	__assign_str(dst, src)
#endif

#endif
