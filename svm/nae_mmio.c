// SPDX-License-Identifier: GPL-2.0
/*
 * MMIO read and write.
 * AMD 56421 GHCB Specification, "NAE Events" (MMIO Read, MMIO Write).
 *
 * The guest controls the address (SW_EXITINFO1), the length (SW_EXITINFO2) and the data in the
 * scratch area.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "nae.h"
#include "respond.h"
#include "scratch.h"
#include "user_io.h"

/* No byte to move is a request that is done at once. */
int es_nae_mmio(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	bool read = es->rule->event == ES_EV_MMIO_READ;
	u64 len_bytes = es->req.info2;
	enum es_reason reason;

	if (!len_bytes)
		return 1;

	reason = es_scratch_start(vcpu, len_bytes, read);
	if (reason != ES_OK) {
		es_respond_malformed(vcpu, reason);
		return 1;
	}

	return es_user_mmio(vcpu, es->req.info1, read);
}
