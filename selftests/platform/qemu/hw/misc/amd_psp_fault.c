/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults that a test ordered, so that drivers can be seen to handle them.
 *
 * AMD 55766 SEV API, chapter 4 (Mailbox Register Set, Status Codes). One
 * command is hit: the nth of one kind, or of all. It is rejected, completed
 * late, completed without an interrupt, or several of these. All are QOM
 * properties, of -device as well as of qom-set; setting one counts anew.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qmp/qerror.h"
#include "qapi/visitor.h"
#include "amd_psp.h"
#include "trace.h"

#define MAX_DELAY_MS (10 * 60 * 1000)

typedef struct FaultProperty {
    const char *name;
    size_t offset;
    uint32_t max;
    const char *description;
} FaultProperty;

#define FAULT(_name, _field, _max, _description) \
    { _name, offsetof(PspFault, _field), _max, _description }

static const FaultProperty properties[] = {
    FAULT("fault-command", command, 0x3ff, "id of the commands that count"),
    FAULT("fault-nth", nth, UINT32_MAX, "the command that is hit, from 1"),
    FAULT("fault-status", status, UINT16_MAX, "status that refuses it"),
    FAULT("fault-delay-ms", delay_ms, MAX_DELAY_MS, "how late its answer is"),
};

static uint32_t *field_of(Object *obj, const FaultProperty *property)
{
    return (uint32_t *)((uint8_t *)&AMD_PSP(obj)->fault + property->offset);
}

static void get_number(Object *obj, Visitor *v, const char *name,
                       void *opaque, Error **errp)
{
    visit_type_uint32(v, name, field_of(obj, opaque), errp);
}

static void set_number(Object *obj, Visitor *v, const char *name,
                       void *opaque, Error **errp)
{
    const FaultProperty *property = opaque;
    uint64_t value;

    if (!visit_type_uint64(v, name, &value, errp)) {
        return;
    }
    if (value > property->max) {
        error_setg(errp, QERR_PROPERTY_VALUE_OUT_OF_RANGE, TYPE_AMD_PSP, name,
                   (int64_t)value, (int64_t)0, (int64_t)property->max);
        return;
    }
    *field_of(obj, property) = value;
    AMD_PSP(obj)->fault.seen = 0;
}

static bool get_drop_interrupt(Object *obj, Error **errp)
{
    return AMD_PSP(obj)->fault.drop_interrupt;
}

static void set_drop_interrupt(Object *obj, bool value, Error **errp)
{
    AMD_PSP(obj)->fault.drop_interrupt = value;
    AMD_PSP(obj)->fault.seen = 0;
}

void psp_fault_class_init(ObjectClass *klass)
{
    for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
        const FaultProperty *property = &properties[i];

        object_class_property_add(klass, property->name, "uint32", get_number,
                                  set_number, NULL, (void *)property);
        object_class_property_set_description(klass, property->name,
                                              property->description);
    }
    object_class_property_add_bool(klass, "fault-drop-interrupt",
                                   get_drop_interrupt, set_drop_interrupt);
    object_class_property_set_description(klass, "fault-drop-interrupt",
        "it completes without an interrupt");
}

bool psp_fault_begin(PspFault *fault, uint32_t id, uint32_t *status)
{
    fault->hit = false;
    if (!fault->nth || (fault->command && fault->command != id)) {
        return false;
    }
    fault->hit = ++fault->seen == fault->nth;
    if (fault->hit) {
        trace_amd_psp_fault(id, fault->status, fault->delay_ms,
                            fault->drop_interrupt);
    }
    *status = fault->status;
    return fault->hit && fault->status;
}

uint32_t psp_fault_delay_ms(const PspFault *fault)
{
    return fault->hit ? fault->delay_ms : 0;
}

bool psp_fault_drops_interrupt(const PspFault *fault)
{
    return fault->hit && fault->drop_interrupt;
}
