# SPDX-License-Identifier: GPL-2.0
"""Rule: UNINIT, INIT and WORKING admit exactly their commands.

Source: AMD 55766 SEV API, chapter 5 "Platform Management".
Why it matters: kvm_amd offers SEV-ES only after INIT with the ES flag.
Not covered: whether the host can still read the trusted memory region (it
can); certificates.
"""
from firmware import (BLOB, CMD, ES_POLICY, INIT, NV_BYTES, SEV_POLICY, TMR,
                      UNINIT, WORKING, G_LUPDATE, G_UNINIT, CBIT, expect,
                      expect_not)
from machine import RAM_BYTES


def state_is(fw, state, nr_guests=0):
    expect("SUCCESS", fw.platform_status())
    expect(state, fw.status["state"], "platform state")
    expect(nr_guests, fw.status["nr_guests"], "number of guests")


def status_tells_version_1_51_and_uninit_after_reset(fw):
    state_is(fw, UNINIT)
    expect((1, 51), (fw.status["api_major"], fw.status["api_minor"]))
    expect((0, 0, 0), (fw.status["owner"], fw.status["config"],
                       fw.status["reserved"]), "flags")


def init_reaches_init_and_shows_the_es_flag(fw):
    expect("SUCCESS", fw.init())
    state_is(fw, INIT)
    expect(1, fw.status["config"], "ES flag")


def init_without_es_needs_no_trusted_memory_region(fw):
    expect("SUCCESS", fw.init(flags=0, tmr=0, tmr_len=0))
    state_is(fw, INIT)
    expect(0, fw.status["config"], "ES flag")


def a_second_init_answers_invalid_platform_state(fw):
    expect("SUCCESS", fw.init())
    expect("INVALID_PLATFORM_STATE", fw.init())
    expect("INVALID_PLATFORM_STATE", fw.init_ex())
    state_is(fw, INIT)


def unknown_flags_or_reserved_bytes_answer_invalid_config(fw):
    expect("INVALID_CONFIG", fw.init(flags=3))
    expect("INVALID_CONFIG", fw.init(flags=0x8000))
    expect("INVALID_CONFIG", fw.init(reserved=b"\0\0\0\0\0\1"))
    expect("INVALID_CONFIG", fw.init_ex(flags=2))
    expect("INVALID_CONFIG", fw.init_ex(reserved=1))
    state_is(fw, UNINIT)


def a_bad_trusted_memory_region_is_refused(fw):
    expect("INVALID_ADDRESS", fw.init(tmr=TMR + 4096))
    expect("INVALID_LENGTH", fw.init(tmr_len=(1 << 20) - 4096))
    expect("INVALID_LENGTH", fw.init(tmr_len=2 << 20))
    expect("INVALID_LENGTH", fw.init(tmr_len=0))
    expect("INVALID_ADDRESS", fw.init(tmr=RAM_BYTES))
    expect("INVALID_ADDRESS", fw.init(tmr=0xFE000000))
    expect("INVALID_ADDRESS", fw.init(tmr=0xFFFFFFFFFFF00000))
    state_is(fw, UNINIT)
    expect("SUCCESS", fw.init(tmr=TMR | CBIT))


def init_ex_wants_its_exact_length_and_storage(fw):
    for kwargs, want in (({"length": 0x23}, "INVALID_LENGTH"),
                         ({"length": 0x28}, "INVALID_LENGTH"),
                         ({"nv": BLOB + 16}, "INVALID_ADDRESS"),
                         ({"nv_len": 0x4000}, "INVALID_LENGTH"),
                         ({"nv": RAM_BYTES - 4096}, "INVALID_ADDRESS"),
                         ({"nv": TMR + 4096}, "INVALID_ADDRESS"),
                         ({"tmr_len": 4096}, "INVALID_LENGTH")):
        expect(want, fw.init_ex(**kwargs), str(kwargs))
    state_is(fw, UNINIT)


def init_ex_without_storage_works_like_init(fw):
    expect("SUCCESS", fw.init_ex(nv=0, nv_len=0))
    state_is(fw, INIT)


def init_ex_fills_erased_storage_and_accepts_it_again(fw):
    fw.machine.write(BLOB, b"\0" * NV_BYTES)
    expect("SUCCESS", fw.init_ex())
    first = fw.machine.read(BLOB, NV_BYTES)
    expect_not(b"\0" * NV_BYTES, first, "storage")
    expect("SUCCESS", fw.shutdown())
    expect("SUCCESS", fw.init_ex())
    expect(first, fw.machine.read(BLOB, NV_BYTES), "storage")


def init_ex_refuses_damaged_storage_once_and_erases_it(fw):
    fw.machine.write(BLOB, b"\0" * NV_BYTES)
    expect("SUCCESS", fw.init_ex())
    expect("SUCCESS", fw.shutdown())
    fw.machine.write(BLOB + 20, b"damage")
    expect("SECURE_DATA_INVALID", fw.init_ex())
    state_is(fw, UNINIT)
    expect("SUCCESS", fw.init_ex())


def each_state_admits_exactly_its_commands(fw):
    guest_commands = (0x020, 0x021, 0x022, 0x031, 0x033, 0x035)
    for command in guest_commands + (0x023, 0x030):
        expect("INVALID_PLATFORM_STATE", fw.run(command, CMD),
               f"{command:#x} in UNINIT")
    fw.ready()
    fw.machine.write(CMD, b"\0" * 64)
    for command in guest_commands:
        expect("INVALID_PLATFORM_STATE", fw.run(command, CMD),
               f"{command:#x} in INIT")
    expect("SUCCESS", fw.guest_status(1), "GUEST_STATUS in INIT")
    fw.guest_in(G_LUPDATE)
    for command in guest_commands:
        fw.machine.write(CMD, b"\0" * 64)
        expect("INVALID_GUEST", fw.run(command, CMD),
               f"{command:#x} of guest 0 in WORKING")


def the_first_guest_makes_working_the_last_one_gone_makes_init(fw):
    fw.ready()
    one, two = (fw.guest_in(G_LUPDATE, asid=0) for _ in range(2))
    state_is(fw, WORKING, 2)
    expect("SUCCESS", fw.decommission(one))
    state_is(fw, WORKING, 1)
    expect("SUCCESS", fw.decommission(two))
    state_is(fw, INIT)


def shutdown_forgets_every_guest_and_its_asid(fw):
    fw.ready()
    handle = fw.guest_in(3)
    expect("SUCCESS", fw.shutdown())
    state_is(fw, UNINIT)
    fw.ready()
    expect("SUCCESS", fw.guest_status(handle))
    expect(G_UNINIT, fw.guest["state"])
    fw.guest_in(3)


def shutdown_twice_is_no_error(fw):
    expect("SUCCESS", fw.shutdown())
    expect("SUCCESS", fw.shutdown())


def a_machine_reset_reaches_uninit_and_frees_the_asids(fw):
    fw.ready()
    fw.guest_in(3)
    fw.machine.reset()
    state_is(fw, UNINIT)
    expect([], fw.machine.psp_property("guests"))
    fw.ready()
    fw.guest_in(3)


def factory_reset_only_in_uninit(fw):
    expect("SUCCESS", fw.factory_reset())
    expect("SUCCESS", fw.init())
    expect("INVALID_PLATFORM_STATE", fw.factory_reset())


def an_es_guest_needs_init_with_es(fw):
    expect("SUCCESS", fw.init(flags=0))
    expect("UNSUPPORTED", fw.launch_start(ES_POLICY))
    expect("SUCCESS", fw.launch_start(SEV_POLICY))


def get_id_gives_64_stable_bytes_and_the_needed_length(fw):
    expect("INVALID_LENGTH", fw.get_id(length=63))
    expect(64, fw.answer[1], "needed length")
    fw.machine.write(BLOB, b"\0" * 128)
    expect("SUCCESS", fw.get_id(length=128))
    expect(64, fw.answer[1], "length")
    one = fw.machine.read(BLOB, 128)
    expect_not(b"\0" * 64, one[:64], "id")
    expect_not(b"\0" * 32, one[32:64], "second half of the id")
    expect_not(one[:32], one[32:64], "second half of the id")
    expect(b"\0" * 64, one[64:], "bytes after the id")
    expect("SUCCESS", fw.get_id())
    expect(one[:64], fw.machine.read(BLOB, 64), "id")
    expect("INVALID_ADDRESS", fw.get_id(paddr=RAM_BYTES - 32))
