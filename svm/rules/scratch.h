/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bounds of the scratch area.  Pure: see es/pure.h.
 */
#ifndef SVM_RULES_SCRATCH_H
#define SVM_RULES_SCRATCH_H

#include "../../include/es/ghcb.h"

/* An area outside the GHCB has at most this many bytes. */
#define ES_SCRATCH_MAX_BYTES	(16 * 4096)

enum es_scratch_place {
	ES_SCRATCH_REJECTED,
	ES_SCRATCH_IN_GHCB,	/* in the shared buffer of this vCPU's GHCB */
	ES_SCRATCH_OUTSIDE,	/* outside the GHCB page; version 1 only */
};

/*
 * Return the place of the @len_bytes bytes at @scratch_gpa.  @ghcb_gpa is page aligned, @len_bytes
 * is not 0, @version is the highest GHCB version that the VM was offered.
 */
enum es_scratch_place es_scratch_place(u64 ghcb_gpa, u64 scratch_gpa, u64 len_bytes, u16 version);

const char *es_scratch_place_name(enum es_scratch_place place);

#endif
