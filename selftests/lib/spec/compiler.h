/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Macros that the kernel's headers have, for the tests and the guest; and access to memory that the
 * host, the guest or another vCPU reads and writes at the same time.
 */
#ifndef ES_SPEC_COMPILER_H
#define ES_SPEC_COMPILER_H

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif
#define printf_like(a, b)	__attribute((__format__(__printf__, a, b)))

#define shared_read(p)		__atomic_load_n(p, __ATOMIC_SEQ_CST)
#define shared_write(p, value)	__atomic_store_n(p, value, __ATOMIC_SEQ_CST)

#endif
