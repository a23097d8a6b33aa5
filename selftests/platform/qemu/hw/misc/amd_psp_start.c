/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a guest context begins, launched or received: its policy, its memory
 * key, its transport keys.
 *
 * AMD 55766 SEV API, chapter 2 "Guest Policy", chapter 6 "LAUNCH_START" and
 * "RECEIVE_START".
 */

#include "qemu/osdep.h"
#include "amd_psp_guest.h"

static bool api_supported(uint32_t policy)
{
    uint8_t major = extract32(policy, 16, 8);
    uint8_t minor = extract32(policy, 24, 8);

    return PSP_API_MAJOR > major ||
           (PSP_API_MAJOR == major && PSP_API_MINOR >= minor);
}

/* With or without a session, though only a session makes it the owner's. */
static uint32_t check_policy(AmdPsp *psp, uint32_t policy)
{
    if ((policy & PSP_POLICY_RESERVED) || !api_supported(policy)) {
        return PSP_POLICY_FAILURE;
    }
    return (policy & PSP_POLICY_ES) && !psp->es ? PSP_UNSUPPORTED : PSP_SUCCESS;
}

/* A new memory key, or the key of the guest named by @handle. */
static uint32_t choose_key(AmdPsp *psp, uint32_t handle, uint32_t policy,
                           SevKey **key)
{
    PspGuest *other;

    if (!handle) {
        *key = sev_key_new(NULL);
        return *key ? PSP_SUCCESS : PSP_HWERROR_PLATFORM;
    }
    other = psp_guest_find(psp, handle);
    if (!other) {
        return PSP_INVALID_GUEST;
    }
    if (other->policy != policy || (policy & PSP_POLICY_NOKS)) {
        return PSP_POLICY_FAILURE;
    }
    *key = sev_key_ref(other->vek);
    return PSP_SUCCESS;
}

uint32_t psp_guest_start(AmdPsp *psp, PspGuestStart *cmd, PspGuestState state,
                         const uint8_t keys[2 * PSP_KEY_BYTES])
{
    uint32_t policy = le32_to_cpu(cmd->policy);
    SevKey *vek = NULL;
    PspGuest *guest;
    uint32_t status = check_policy(psp, policy);

    status = status ?: choose_key(psp, le32_to_cpu(cmd->handle), policy, &vek);
    if (status != PSP_SUCCESS) {
        return status;
    }
    guest = psp_guest_new(psp, policy, vek);
    if (!guest) {
        sev_key_unref(vek);
        return PSP_RESOURCE_LIMIT;
    }
    guest->state = state;
    memcpy(guest->tek, keys, PSP_KEY_BYTES);
    memcpy(guest->tik, keys + PSP_KEY_BYTES, PSP_KEY_BYTES);
    psp->state = PSP_WORKING;
    cmd->handle = cpu_to_le32(guest->handle);
    return PSP_SUCCESS;
}
