# SPDX-License-Identifier: GPL-2.0
"""Rule: a machine that cannot have a working security processor does not start.

Source: QEMU's own conventions (one clear sentence, exit status 1).
Why it matters: a half-made platform would make every later failure a riddle.
Not covered: the CPU's own checks (they belong to the CPU's tests).
"""
import subprocess

from firmware import Wrong, expect
from machine import TIMEOUT_SECONDS


def _refused(fw, argv, words):
    """QEMU must exit with 1 and say @words."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=TIMEOUT_SECONDS,
                              check=False)
    except subprocess.TimeoutExpired as err:
        raise Wrong("QEMU started all the same") from err
    lines = [line for line in done.stderr.splitlines()
             if "warning:" not in line]
    expect(1, done.returncode, f"exit status ({lines})")
    expect(1, len(lines), f"lines of error message ({lines})")
    for word in words:
        expect(True, word in lines[0], f"{word!r} in {lines[0]!r}")


def a_cpu_without_sev_es_host_is_refused(fw):
    argv = list(fw.machine.argv)
    cpu = argv.index("-cpu") + 1
    argv[cpu] = argv[cpu].replace("sev-es-host=on", "sev-es-host=off")
    _refused(fw, argv, ("amd-psp", "sev-es-host=on"))


def a_second_security_processor_is_refused(fw):
    _refused(fw, fw.machine.argv + ["-device", "amd-psp"], ("only one",))


def _qmp_error(fw, name, **arguments):
    try:
        fw.machine.command(name, **arguments)
    except RuntimeError as err:
        return str(err)
    return "no error"


def hot_plug_is_refused(fw):
    error = _qmp_error(fw, "device_add", driver="amd-psp")
    expect(True, "pluggable" in error, error)


def migration_is_refused(fw):
    error = _qmp_error(fw, "migrate", uri="exec:cat > /dev/null")
    expect(True, "amd-psp" in error, error)
