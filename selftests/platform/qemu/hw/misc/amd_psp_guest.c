/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest contexts (GCTX).
 *
 * AMD 55766 SEV API, chapter 6 (Guest Management).
 *
 * The host names a guest by its handle, which is UNTRUSTED. Every command
 * checks in this order: platform state, handle, guest state, the rest.
 */

#include "qemu/osdep.h"
#include "qapi/visitor.h"
#include "amd_psp_crypto.h"
#include "amd_psp_guest.h"
#include "amd_psp_mailbox.h"

static void guest_free(gpointer data)
{
    PspGuest *guest = data;

    g_checksum_free(guest->ld);
    sev_key_unref(guest->vek);
    g_free(guest);
}

void psp_guests_init(AmdPsp *psp)
{
    psp->guests = g_hash_table_new_full(NULL, NULL, NULL, guest_free);
    psp->asids = g_new0(uint8_t, sev_host_asids());
}

void psp_guests_finalize(AmdPsp *psp)
{
    psp_guests_clear(psp);
    g_clear_pointer(&psp->guests, g_hash_table_destroy);
    g_clear_pointer(&psp->asids, g_free);
}

PspGuest *psp_guest_find(AmdPsp *psp, uint32_t handle)
{
    return g_hash_table_lookup(psp->guests, GUINT_TO_POINTER(handle));
}

uint32_t psp_guest_known(AmdPsp *psp, uint32_t handle, PspGuest **guest)
{
    if (psp->state != PSP_WORKING) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    *guest = psp_guest_find(psp, handle);
    return *guest ? PSP_SUCCESS : PSP_INVALID_GUEST;
}

uint32_t psp_guest_in_state(AmdPsp *psp, uint32_t handle, PspGuestState state,
                            PspGuest **guest)
{
    uint32_t status = psp_guest_known(psp, handle, guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    return (*guest)->state == state ? PSP_SUCCESS : PSP_INVALID_GUEST_STATE;
}

uint32_t psp_guest_active(AmdPsp *psp, uint32_t handle, PspGuest **guest)
{
    uint32_t status = psp_guest_known(psp, handle, guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    return (*guest)->asid ? PSP_SUCCESS : PSP_INACTIVE;
}

uint32_t psp_guest_updatable(AmdPsp *psp, uint32_t handle, PspGuestState state,
                             bool vmsa, PspGuest **guest)
{
    uint32_t status = psp_guest_in_state(psp, handle, state, guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    if (vmsa && !((*guest)->policy & PSP_POLICY_ES)) {
        return PSP_UNSUPPORTED;
    }
    return (*guest)->asid ? PSP_SUCCESS : PSP_INACTIVE;
}

static uint32_t free_handle(AmdPsp *psp)
{
    do {
        psp->last_handle++;
    } while (!psp->last_handle || psp_guest_find(psp, psp->last_handle));
    return psp->last_handle;
}

PspGuest *psp_guest_new(AmdPsp *psp, uint32_t policy, SevKey *vek)
{
    PspGuest *guest;

    if (g_hash_table_size(psp->guests) >= PSP_MAX_GUESTS) {
        return NULL;
    }
    guest = g_new0(PspGuest, 1);
    guest->handle = free_handle(psp);
    guest->policy = policy;
    guest->vek = vek;
    guest->ld = g_checksum_new(G_CHECKSUM_SHA256);
    g_hash_table_insert(psp->guests, GUINT_TO_POINTER(guest->handle), guest);
    return guest;
}

void psp_guest_forget_keys(PspGuest *guest)
{
    memset(guest->tek, 0, sizeof(guest->tek));
    memset(guest->tik, 0, sizeof(guest->tik));
}

static gboolean guest_remove(gpointer handle, gpointer data, gpointer opaque)
{
    PspGuest *guest = data;

    if (guest->asid) {
        psp_asid_release(opaque, guest);
    }
    return TRUE;
}

void psp_guests_clear(AmdPsp *psp)
{
    g_hash_table_foreach_remove(psp->guests, guest_remove, psp);
}

bool psp_guest_runnable(const PspGuest *guest)
{
    return guest->state == PSP_GUEST_RUNNING ||
           guest->state == PSP_GUEST_SUPDATE;
}

uint32_t psp_guest_finish(AmdPsp *psp, uint32_t handle, PspGuestState state)
{
    PspGuest *guest;
    uint32_t status = psp_guest_in_state(psp, handle, state, &guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    if (guest->asid && !psp_asid_make_valid(psp, guest)) {
        return PSP_HWERROR_PLATFORM;
    }
    guest->state = PSP_GUEST_RUNNING;
    psp_guest_forget_keys(guest);
    return PSP_SUCCESS;
}

uint32_t psp_cmd_decommission(AmdPsp *psp, void *buf)
{
    PspGuestHandle *cmd = buf;
    PspGuest *guest;
    uint32_t status = psp_guest_known(psp, le32_to_cpu(cmd->handle), &guest);

    if (status != PSP_SUCCESS) {
        return status;
    }
    if (guest->asid) {
        return PSP_ACTIVE;
    }
    g_hash_table_remove(psp->guests, GUINT_TO_POINTER(guest->handle));
    if (!g_hash_table_size(psp->guests)) {
        psp->state = PSP_INIT;
    }
    return PSP_SUCCESS;
}

/* An unknown handle is no error: the response is state UNINIT. */
uint32_t psp_cmd_guest_status(AmdPsp *psp, void *buf)
{
    PspGuestStatus *cmd = buf;
    PspGuest *guest;

    if (psp->state == PSP_UNINIT) {
        return PSP_INVALID_PLATFORM_STATE;
    }
    guest = psp_guest_find(psp, le32_to_cpu(cmd->handle));
    if (!guest) {
        cmd->state = PSP_GUEST_UNINIT;
        return PSP_SUCCESS;
    }
    cmd->policy = cpu_to_le32(guest->policy);
    cmd->asid = cpu_to_le32(guest->asid);
    cmd->state = guest->state;
    return PSP_SUCCESS;
}

static bool visit_guest(Visitor *v, PspGuest *guest, Error **errp)
{
    static const char *const states[] = {
        "uninit", "launch-update", "launch-secret", "running",
        "send-update", "receive-update", "sent",
    };
    uint8_t digest[PSP_DIGEST_BYTES];
    char hex[2 * PSP_DIGEST_BYTES + 1];
    char *state = (char *)states[guest->state];
    char *hexp = hex;

    psp_digest_peek(guest->ld, digest);
    for (int i = 0; i < PSP_DIGEST_BYTES; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    return visit_type_uint32(v, "handle", &guest->handle, errp) &&
           visit_type_uint32(v, "policy", &guest->policy, errp) &&
           visit_type_uint32(v, "asid", &guest->asid, errp) &&
           visit_type_uint32(v, "nr-vmsas", &guest->nr_vmsas, errp) &&
           visit_type_str(v, "state", &state, errp) &&
           visit_type_str(v, "launch-digest", &hexp, errp);
}

void psp_guests_visit(AmdPsp *psp, Visitor *v, Error **errp)
{
    GHashTableIter iter;
    gpointer guest;
    bool ok = psp->guests != NULL;

    if (ok) {
        g_hash_table_iter_init(&iter, psp->guests);
    }
    while (ok && g_hash_table_iter_next(&iter, NULL, &guest)) {
        ok = visit_start_struct(v, NULL, NULL, 0, errp);
        if (ok) {
            ok = visit_guest(v, guest, errp);
            visit_end_struct(v, NULL);
        }
    }
}
