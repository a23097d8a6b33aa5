/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Macros of a proof.  A function without definition whose name begins with nondet_ returns any
 * value of its type; ASSUME() excludes values that callers never pass.  REACHED() names a situation
 * that must be possible: a proof whose assumptions contradict each other would prove anything.
 */
#ifndef ES_PROOF_H
#define ES_PROOF_H

#include "../../include/es/pure.h"

u8 nondet_u8(void);
u16 nondet_u16(void);
u32 nondet_u32(void);
u64 nondet_u64(void);

#define ASSUME(condition)	__CPROVER_assume(condition)

/*
 * Return any value of an enum, valid or not, but for its highest bit: gcc's enums are unsigned, the
 * checker's signed.
 */
static inline u32 nondet_enum(void)
{
	return nondet_u32() >> 1;
}

/* The script run checks the two in separate runs. */
#ifdef PROOF_REACHED
#define REACHED(condition)	__CPROVER_cover(condition)
#else
#define REACHED(condition)	((void)0)
#endif

#endif
