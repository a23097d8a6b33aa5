# SPDX-License-Identifier: GPL-2.0
"""Rule: an ASID belongs to one guest, and is flushed before the next one.

Source: AMD 55766 SEV API, chapter 6 "ACTIVATE", "DEACTIVATE",
"DECOMMISSION"; AMD 24593 APM Volume 2, 15.34 (ASID ranges).
Why it matters: a missed flush lets one guest read another's cache lines; the
order of checks decides which error kvm_amd reports.
Not covered: ACTIVATE_EX; several cores (qemu-tests/sev-flush has two).
"""
from firmware import (ES_POLICY, G_LSECRET, G_LUPDATE, G_RUNNING, G_UNINIT,
                      MAX_ASID, MIN_ASID, SEV_POLICY, expect)


def an_es_guest_takes_only_asids_below_the_minimum(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE, ES_POLICY, asid=0)
    expect("INVALID_ASID", fw.activate(handle, MIN_ASID))
    expect("INVALID_ASID", fw.activate(handle, MAX_ASID))
    expect("SUCCESS", fw.activate(handle, MIN_ASID - 1))


def a_plain_sev_guest_takes_only_asids_from_the_minimum_up(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE, SEV_POLICY, asid=0)
    expect("INVALID_ASID", fw.activate(handle, 1))
    expect("INVALID_ASID", fw.activate(handle, MIN_ASID - 1))
    expect("SUCCESS", fw.activate(handle, MIN_ASID))


def asid_0_and_asids_past_the_last_are_refused(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE, SEV_POLICY, asid=0)
    for asid in (0, MAX_ASID + 1, 0x7FFFFFFF, 0xFFFFFFFF):
        expect("INVALID_ASID", fw.activate(handle, asid), f"{asid:#x}")
    expect("SUCCESS", fw.activate(handle, MAX_ASID))


def an_asid_in_use_is_owned(fw):
    fw.ready()
    fw.guest_in(G_RUNNING, asid=3)
    fw.guest_in(G_LUPDATE, asid=4)
    other = fw.guest_in(G_LUPDATE, asid=0)
    expect("ASID_OWNED", fw.activate(other, 3), "running guest's")
    expect("ASID_OWNED", fw.activate(other, 4), "launching guest's")


def an_active_guest_is_not_activated_again(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE, asid=1)
    expect("ACTIVE", fw.activate(handle, 2))
    expect("ASID_OWNED", fw.activate(handle, 1))


def no_asid_is_usable_between_init_and_df_flush(fw):
    expect("SUCCESS", fw.init())
    handle = fw.guest_in(G_LUPDATE, asid=0)
    expect("DF_FLUSH_REQUIRED", fw.activate(handle, 1))
    expect("WBINVD_REQUIRED", fw.df_flush())
    expect("DF_FLUSH_REQUIRED", fw.activate(handle, 1))
    expect("SUCCESS", fw.flush())
    expect("SUCCESS", fw.activate(handle, 1))


def a_df_flush_before_init_does_not_count(fw):
    expect("SUCCESS", fw.df_flush())
    expect("SUCCESS", fw.init())
    handle = fw.guest_in(G_LUPDATE, asid=0)
    expect("DF_FLUSH_REQUIRED", fw.activate(handle, 1))


def the_asid_of_a_guest_that_ran_needs_a_df_flush(fw):
    fw.ready()
    ran = fw.guest_in(G_RUNNING, asid=1)
    expect("SUCCESS", fw.deactivate(ran))
    expect("SUCCESS", fw.decommission(ran))
    following = fw.guest_in(G_LUPDATE, asid=0)
    expect("DF_FLUSH_REQUIRED", fw.activate(following, 1))
    expect("WBINVD_REQUIRED", fw.df_flush())
    expect("SUCCESS", fw.flush())
    expect("SUCCESS", fw.activate(following, 1))


def the_asid_of_a_guest_that_never_ran_stays_clean(fw):
    fw.ready()
    for state in (G_LUPDATE, G_LSECRET):
        handle = fw.guest_in(state, asid=1)
        expect("SUCCESS", fw.deactivate(handle))
    fw.guest_in(G_LUPDATE, asid=1)


def df_flush_does_not_take_an_asid_away(fw):
    fw.ready()
    fw.guest_in(G_RUNNING, asid=1)
    expect("SUCCESS", fw.df_flush())
    other = fw.guest_in(G_LUPDATE, asid=0)
    expect("ASID_OWNED", fw.activate(other, 1))


def a_running_guest_can_move_to_another_asid(fw):
    fw.ready()
    handle = fw.guest_in(G_RUNNING, asid=1)
    expect("SUCCESS", fw.deactivate(handle))
    expect("SUCCESS", fw.activate(handle, 2))
    expect("SUCCESS", fw.guest_status(handle))
    expect((G_RUNNING, 2), (fw.guest["state"], fw.guest["asid"]))
    expect("SUCCESS", fw.deactivate(handle))
    other = fw.guest_in(G_LUPDATE, asid=0)
    expect("DF_FLUSH_REQUIRED", fw.activate(other, 2))


def deactivate_without_an_asid_answers_inactive(fw):
    fw.ready()
    handle = fw.guest_in(G_LUPDATE, asid=0)
    expect("INACTIVE", fw.deactivate(handle))


def an_active_guest_is_not_decommissioned(fw):
    fw.ready()
    for state, asid in ((G_LUPDATE, 1), (G_RUNNING, 2)):
        handle = fw.guest_in(state, asid=asid)
        expect("ACTIVE", fw.decommission(handle))
        expect("SUCCESS", fw.deactivate(handle))
        expect("SUCCESS", fw.decommission(handle))


def a_decommissioned_guest_is_gone(fw):
    fw.ready()
    gone = fw.guest_in(G_LUPDATE, asid=0)
    fw.guest_in(G_LUPDATE, asid=0)
    expect("SUCCESS", fw.decommission(gone))
    expect("INVALID_GUEST", fw.decommission(gone))
    expect("INVALID_GUEST", fw.activate(gone, 1))


def guest_status_shows_policy_asid_and_state(fw):
    fw.ready()
    for state in (G_LUPDATE, G_LSECRET, G_RUNNING):
        handle = fw.guest_in(state, asid=state)
        expect("SUCCESS", fw.guest_status(handle))
        expect({"handle": handle, "policy": ES_POLICY, "asid": state,
                "state": state}, fw.guest)


def guest_status_of_an_unknown_handle_is_uninit(fw):
    fw.ready()
    for handle in (0, 77, 0xFFFFFFFF):
        expect("SUCCESS", fw.guest_status(handle))
        expect(G_UNINIT, fw.guest["state"])


def a_wrong_handle_answers_invalid_guest(fw):
    fw.ready()
    right = fw.guest_in(G_LUPDATE)
    for handle in (0, right + 1, right | 0x80000000, 0xFFFFFFFF):
        for name, answer in (("ACTIVATE", fw.activate(handle, 2)),
                             ("DEACTIVATE", fw.deactivate(handle)),
                             ("DECOMMISSION", fw.decommission(handle)),
                             ("UPDATE_DATA", fw.update_data(handle)),
                             ("UPDATE_VMSA", fw.update_vmsa(handle)),
                             ("MEASURE", fw.measure(handle)),
                             ("FINISH", fw.finish(handle))):
            expect("INVALID_GUEST", answer, f"{name} {handle:#x}")


def the_context_limit_answers_resource_limit(fw):
    fw.ready()
    handles = {fw.guest_in(G_LUPDATE, asid=0) for _ in range(1024)}
    expect(1024, len(handles), "distinct handles")
    expect("RESOURCE_LIMIT", fw.launch_start())
    expect("SUCCESS", fw.decommission(handles.pop()))
    expect("SUCCESS", fw.launch_start())
