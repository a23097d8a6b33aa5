/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The AMD security processor (PSP) as a PCI function: only its SEV mailbox.
 *
 * AMD 55766 SEV API, chapter 4 (Mailbox Register Set); register offsets are
 * those of PCI function 1022:14CA. The host operating system writes the
 * address of a command buffer, then the command id; the command is complete
 * when the write returns, so polling works as well as the interrupt. Only a
 * fault that a test ordered makes it late; a command that is written before
 * it is complete is lost.
 *
 *   BAR 2 + 0x10690  interrupt enable        + 0x109e0  buffer address, low
 *         + 0x10694  interrupt status (W1C)  + 0x109e4  buffer address, high
 *         + 0x10980  command and response    + 0x109fc  features
 *
 * The QOM property "guests" lists the guest contexts, with the launch digest
 * that the measurement is made of: a test compares it with its own digest.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/pci/msi.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "amd_psp_crypto.h"
#include "amd_psp_guest.h"
#include "amd_psp_mailbox.h"
#include "trace.h"

#define AMD_PSP_DEVICE_ID  0x14ca
#define AMD_PSP_BAR        2
#define AMD_PSP_BAR_BYTES  (1 * MiB)

enum {
    REG_INT_ENABLE = 0x10690,
    REG_INT_STATUS = 0x10694,
    REG_CMDRESP    = 0x10980,
    REG_BUF_LO     = 0x109e0,
    REG_BUF_HI     = 0x109e4,
    REG_FEATURES   = 0x109fc,
};

#define CMDRESP_RESPONSE   (1u << 31)
#define CMDRESP_INTERRUPT  (1u << 0)   /* interrupt on completion */
#define INT_COMMAND_DONE   (1u << 1)
#define FEATURE_SEV        (1u << 0)

static uint64_t psp_read(void *opaque, hwaddr addr, unsigned size)
{
    AmdPsp *psp = opaque;

    switch (addr) {
    case REG_INT_ENABLE:
        return psp->int_enable;
    case REG_INT_STATUS:
        return psp->int_status;
    case REG_CMDRESP:
        return psp->cmdresp;
    case REG_BUF_LO:
        return psp->buf_lo;
    case REG_BUF_HI:
        return psp->buf_hi;
    case REG_FEATURES:
        return FEATURE_SEV;
    default:
        trace_amd_psp_mmio_unknown(addr, 0, false);
        return 0;
    }
}

/* The command is complete; cmdresp still says how it was asked for. */
static void answer(void *opaque)
{
    AmdPsp *psp = opaque;
    bool interrupt = psp->cmdresp & CMDRESP_INTERRUPT &&
                     !psp_fault_drops_interrupt(&psp->fault);

    psp->cmdresp = psp->answer;
    if (interrupt) {
        psp->int_status |= INT_COMMAND_DONE;
        if ((psp->int_enable & INT_COMMAND_DONE) &&
            msi_enabled(PCI_DEVICE(psp))) {
            msi_notify(PCI_DEVICE(psp), 0);
        }
    }
}

static void command_write(AmdPsp *psp, uint32_t value)
{
    uint64_t paddr = psp->buf_lo | (uint64_t)psp->buf_hi << 32;
    uint32_t id = extract32(value, 16, 10);
    uint32_t delay_ms, status;

    if (timer_pending(psp->late)) {
        return;
    }
    if (!psp_fault_begin(&psp->fault, id, &status)) {
        status = psp_mailbox_run(psp, id, paddr);
    }
    psp->cmdresp = value & ~CMDRESP_RESPONSE;
    psp->answer = CMDRESP_RESPONSE | status;
    delay_ms = psp_fault_delay_ms(&psp->fault);
    if (delay_ms) {
        timer_mod(psp->late,
                  qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + delay_ms);
    } else {
        answer(psp);
    }
}

static void psp_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    AmdPsp *psp = opaque;

    switch (addr) {
    case REG_INT_ENABLE:
        psp->int_enable = value;
        break;
    case REG_INT_STATUS:
        psp->int_status &= ~value;
        break;
    case REG_CMDRESP:
        command_write(psp, value);
        break;
    case REG_BUF_LO:
        psp->buf_lo = value;
        break;
    case REG_BUF_HI:
        psp->buf_hi = value;
        break;
    default:
        trace_amd_psp_mmio_unknown(addr, value, true);
        break;
    }
}

static const MemoryRegionOps psp_ops = {
    .read = psp_read,
    .write = psp_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void psp_get_guests(Object *obj, Visitor *v, const char *name,
                           void *opaque, Error **errp)
{
    AmdPsp *psp = AMD_PSP(obj);

    if (visit_start_list(v, name, NULL, 0, errp)) {
        psp_guests_visit(psp, v, errp);
        visit_end_list(v, NULL);
    }
}

static void psp_reset(DeviceState *dev)
{
    AmdPsp *psp = AMD_PSP(dev);

    psp_platform_reset(psp);
    timer_del(psp->late);
    psp->cmdresp = psp->buf_lo = psp->buf_hi = 0;
    psp->int_enable = psp->int_status = 0;
}

static bool check_host(Error **errp)
{
    bool ambiguous = false;

    if (!sev_host_enabled()) {
        error_setg(errp, "amd-psp needs a CPU with SEV-ES: add "
                   "sev-es-host=on to the -cpu option");
        return false;
    }
    object_resolve_path_type("", TYPE_AMD_PSP, &ambiguous);
    if (ambiguous) {
        error_setg(errp, "there can be only one amd-psp");
        return false;
    }
    return true;
}

static void psp_realize(PCIDevice *dev, Error **errp)
{
    AmdPsp *psp = AMD_PSP(dev);

    if (!check_host(errp)) {
        return;
    }
    if (!psp_random(psp->chip_key, sizeof(psp->chip_key))) {
        error_setg(errp, "no random numbers for the chip's key");
        return;
    }
    if (msi_init(dev, 0, 1, true, false, errp)) {
        return;
    }
    memory_region_init_io(&psp->bar, OBJECT(psp), &psp_ops, psp, TYPE_AMD_PSP,
                          AMD_PSP_BAR_BYTES);
    pci_register_bar(dev, AMD_PSP_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY,
                     &psp->bar);
    psp->late = timer_new_ms(QEMU_CLOCK_VIRTUAL, answer, psp);
    psp_guests_init(psp);
}

static void psp_exit(PCIDevice *dev)
{
    timer_free(AMD_PSP(dev)->late);
    psp_guests_finalize(AMD_PSP(dev));
    msi_uninit(dev);
}

static const VMStateDescription vmstate_psp = {
    .name = TYPE_AMD_PSP,
    .unmigratable = 1,
};

static void psp_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = psp_realize;
    pc->exit = psp_exit;
    pc->vendor_id = PCI_VENDOR_ID_AMD;
    pc->device_id = AMD_PSP_DEVICE_ID;
    pc->class_id = PCI_CLASS_CRYPT_OTHER;
    dc->desc = "AMD security processor, SEV firmware";
    dc->reset = psp_reset;
    dc->vmsd = &vmstate_psp;
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    psp_fault_class_init(klass);
    object_class_property_add(klass, "guests", "list", psp_get_guests, NULL,
                              NULL, NULL);
    object_class_property_set_description(klass, "guests",
        "guest contexts of the SEV firmware");
}

static const TypeInfo psp_info = {
    .name = TYPE_AMD_PSP,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(AmdPsp),
    .class_init = psp_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_CONVENTIONAL_PCI_DEVICE },
        { },
    },
};

static void psp_register_types(void)
{
    type_register_static(&psp_info);
}

type_init(psp_register_types)
