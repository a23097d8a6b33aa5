// SPDX-License-Identifier: GPL-2.0
/*
 * IOIO (IN, OUT, INS and OUTS) and MMIO.
 * AMD 56421 GHCB Specification, "NAE Events" (IOIO_PROT, MMIO Read, MMIO Write); AMD 24593 APM
 * Volume 2, "I/O Intercepts" (EXITINFO1).
 *
 * The guest controls port or address, size, direction, the number of elements of a string, and the
 * data, which is in RAX or in the scratch area.
 */
#include <linux/kvm_host.h>

#include "x86.h"
#include "device_io.h"
#include "nae.h"
#include "respond.h"
#include "rules/scratch.h"
#include "scratch.h"

/* SW_EXITINFO2 counts elements.  A request without elements is complete immediately. */
static int string_io(struct kvm_vcpu *vcpu, u32 size_bytes, u16 port, bool in)
{
	struct es_vcpu *es = to_es(vcpu);
	u64 nr_elements = es->req.info2;
	enum es_reason reason;

	if (!nr_elements)
		return 1;
	reason = nr_elements > ES_SCRATCH_MAX_BYTES ? ES_ERR_INVALID_SCRATCH_AREA :
		es_scratch_start(vcpu, nr_elements * size_bytes,
				 in ? ES_SCRATCH_OUT : ES_SCRATCH_IN);
	if (reason != ES_ERR_NONE) {
		es_respond_bad_input(vcpu, reason);
		return 1;
	}
	return es_device_pio(vcpu, size_bytes, port, nr_elements, in);
}

/*
 * Handle IN and OUT as a string of one element, because KVM's scalar I/O would skip an
 * instruction.  The data of an IN is returned when the exit completes.
 */
static int scalar_io(struct kvm_vcpu *vcpu, u32 size_bytes, u16 port, bool in)
{
	struct es_vcpu *es = to_es(vcpu);

	es->pio = es->req.rax;
	es->response.pio_bytes = in ? size_bytes : 0;
	es->scratch.data = &es->pio;
	es->scratch.len_bytes = size_bytes;
	return es_device_pio(vcpu, size_bytes, port, 1, in);
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

/* A request for no bytes is complete immediately. */
int es_nae_mmio(struct kvm_vcpu *vcpu)
{
	struct es_vcpu *es = to_es(vcpu);
	bool read = es->rule->event == ES_NAE_MMIO_READ;
	u64 len_bytes = es->req.info2;
	enum es_reason reason;

	if (!len_bytes)
		return 1;

	reason = es_scratch_start(vcpu, len_bytes, read ? ES_SCRATCH_OUT : ES_SCRATCH_IN);
	if (reason != ES_ERR_NONE) {
		es_respond_bad_input(vcpu, reason);
		return 1;
	}

	return es_device_mmio(vcpu, es->req.info1, read);
}
