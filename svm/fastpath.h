/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests that are answered with interrupts off.
 */
#ifndef SVM_FASTPATH_H
#define SVM_FASTPATH_H

#include "es.h"

/* Begin to serve a VMGEXIT of one of our vCPUs.  Interrupts are off, SRCU is not held. */
fastpath_t es_fastpath(struct kvm_vcpu *vcpu);

#endif
