/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way of a VMGEXIT through this layer.
 */
#ifndef SVM_VMGEXIT_H
#define SVM_VMGEXIT_H

#include "es.h"

/*
 * Fetch and judge a page-based request (fastpath.c); es->stage tells the outcome, NEW when the page
 * cannot be reached (with page faults disabled: perhaps only now).
 */
void es_vmgexit_take(struct kvm_vcpu *vcpu);

#endif
