// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the tracepoints that es_trace.h describes.
 */
#include "../include/compat/trace.h"

#define CREATE_TRACE_POINTS
#include "es_trace.h"
