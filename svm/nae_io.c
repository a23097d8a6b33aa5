// SPDX-License-Identifier: GPL-2.0
/*
 * IOIO: IN, OUT, INS and OUTS. AMD 56421 GHCB Specification, "NAE Events" (IOIO_PROT); AMD 24593
 * APM Volume 2, 15.10.2 (EXITINFO1).
 *
 * The guest controls port, size, direction and, for strings, the number of elements; the data is
 * in RAX or in the scratch area.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "nae.h"
#include "respond.h"
#include "scratch.h"
#include "scratch_bounds.h"
#include "user_io.h"

/* SW_EXITINFO2 counts elements.  None is a request that is done at once. */
static int string_io(struct kvm_vcpu *vcpu, u32 size_bytes, u16 port, bool in)
{
	struct es_vcpu *es = to_es(vcpu);
	u64 nr_elements = es->req.info2;
	enum es_reason reason;

	if (!nr_elements)
		return 1;
	reason = nr_elements > ES_SCRATCH_MAX_BYTES ? ES_INVALID_SCRATCH :
		es_scratch_start(vcpu, nr_elements * size_bytes, in);
	if (reason != ES_OK) {
		es_respond_malformed(vcpu, reason);
		return 1;
	}
	return es_user_pio(vcpu, size_bytes, port, nr_elements, in);
}

/*
 * As a string of one element: KVM's scalar I/O would skip an instruction, which there is not here.
 * An IN has its data when the exit is finished.
 */
static int scalar_io(struct kvm_vcpu *vcpu, u32 size_bytes, u16 port, bool in)
{
	struct es_vcpu *es = to_es(vcpu);

	es->pio = es->req.rax;
	es->answer.pio_bytes = in ? size_bytes : 0;
	es->scratch.data = &es->pio;
	es->scratch.len_bytes = size_bytes;
	return es_user_pio(vcpu, size_bytes, port, 1, in);
}

int es_nae_ioio(struct kvm_vcpu *vcpu)
{
	u64 info1 = to_es(vcpu)->req.info1;
	u32 size_bytes = ES_IOIO_SIZE(info1);
	u16 port = ES_IOIO_PORT(info1);
	bool in = info1 & ES_IOIO_IN;

	++vcpu->stat.io_exits;
	if (info1 & ES_IOIO_STRING)
		return string_io(vcpu, size_bytes, port, in);
	return scalar_io(vcpu, size_bytes, port, in);
}
