// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Watch accesses of the host to private memory, and list all private memory;
 * no hardware does either
 *
 * A host that reads a guest's private page gets cipher text, and one that
 * writes there destroys it; hardware reports neither.  Here
 * each such access by a CPU or a device, while the guest's key is bound to an
 * ASID, counts, and shows as trace event sev_watch.  An access is noticed when
 * the frame changes its view, so many in a row count once.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "sev_watch.h"
#include "sev_cpu.h"
#include "sev_frame.h"
#include "sev_key.h"
#include "sev_vmsa.h"
#include "trace/trace-target_i386.h"

typedef struct Accesses {
    uint64_t pages;
    uint64_t vmsas;
} Accesses;

static Accesses accesses[SEV_BY_DEVICE + 1];

void sev_watch(ram_addr_t addr, const SevKey *key, const SevVmsa *vmsa,
               SevBy by)
{
    uint32_t asid = key ? sev_key_asid(key) : 0;

    if (!asid || by > SEV_BY_DEVICE) {
        return;
    }
    if (vmsa && vmsa->key != key) {
        vmsa = NULL; /* it was another guest's */
    }
    trace_sev_watch(by == SEV_BY_CPU ? "CPU" : "device", addr, asid,
                    vmsa ? "VMSA" : "page");
    if (vmsa) {
        accesses[by].vmsas++;
    } else {
        accesses[by].pages++;
    }
}

/* Frames of each ASID; [0]: guests still being launched, or gone. */
typedef struct Count {
    Monitor *mon;
    uint64_t *frames;
} Count;

static void count_frame(ram_addr_t addr, SevKey *key, SevVmsa *vmsa,
                        void *opaque)
{
    Count *count = opaque;

    if (key) {
        count->frames[sev_key_asid(key)]++;
    }
    if (vmsa && sev_key_asid(vmsa->key)) {
        monitor_printf(count->mon, "VMSA 0x%" PRIx64 ": ASID %u, %s%s\n",
                       (uint64_t)addr, sev_key_asid(vmsa->key),
                       sev_vmsa_busy(vmsa) ? "running" : "not running",
                       key ? "" : ", the host has looked at it");
    }
}

static void print_accesses(Monitor *mon, const char *who, const Accesses *seen)
{
    monitor_printf(mon, "accesses by the host's %s: private pages %" PRIu64
                   ", VMSAs %" PRIu64 "\n", who, seen->pages, seen->vmsas);
}

void sev_info(Monitor *mon, const QDict *qdict)
{
    uint32_t nr_asids = sev_host_asids();
    g_autofree uint64_t *frames = g_new0(uint64_t, nr_asids + 1);
    Count count = { mon, frames };

    if (!sev_views_enabled()) {
        monitor_printf(mon, "no memory encryption key was ever made\n");
        return;
    }
    sev_frames_count(count_frame, &count);
    for (uint32_t asid = 1; asid <= nr_asids; asid++) {
        SevKey *key = sev_asid_key(asid);

        if (key) {
            monitor_printf(mon, "ASID %u: %s, %" PRIu64 " frames\n", asid,
                           asid < sev_host_min_asid() ? "SEV-ES" : "SEV",
                           frames[asid]);
            sev_key_unref(key);
        }
    }
    monitor_printf(mon, "frames of guests without an ASID: %" PRIu64 "\n",
                   frames[0]);
    print_accesses(mon, "CPUs", &accesses[SEV_BY_CPU]);
    print_accesses(mon, "devices", &accesses[SEV_BY_DEVICE]);
}
