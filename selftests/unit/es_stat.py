#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Rule: es-stat shows what recorded es_counters files say: table, JSON, rates, and a sentence for each trouble.

The command runs on a made-up /sys.  It is the one beside this program, built with sanitizers.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ES_STAT = os.path.join(HERE, "es-stat")
FIRST = """es_counters 3
vcpu 0 event CPUID count 10 time_ns 20000
vcpu 0 event MSR_SEV_INFO count 1 time_ns 900
vcpu 0 rejected MISSING_INPUT count 3
vcpu 1 event CPUID count 5 time_ns 4000
vcpu 1 event IOIO count 7 time_ns 14000000
vcpu 1 rejected INVALID_EVENT count 2
vcpu 1 tolerated VERSION count 12
"""
SECOND = FIRST.replace("CPUID count 10 time_ns 20000", "CPUID count 40 time_ns 50000").replace("_EVENT count 2", "_EVENT count 6")


class Host:
    """A directory that looks like /sys."""

    def __init__(self):
        self.dir = tempfile.mkdtemp()
        self.kvm = os.path.join(self.dir, "kernel/debug/kvm")
        os.makedirs(self.kvm)
        os.makedirs(os.path.join(self.dir, "module/kvm"))
        self.load()

    def load(self):
        """Our module."""
        os.makedirs(os.path.join(self.dir, "module/kvm_amd"))
        open(os.path.join(self.dir, "module/kvm_amd/version"), "w").close()

    def vm(self, name, text, age_s=10):
        """Writes a VM's counters, in one step as far as a reader can see; text None: it has none."""
        path = os.path.join(self.kvm, name)
        os.makedirs(path, exist_ok=True)
        if text is None:
            return
        with open(path + "/new", "w") as out:
            out.write(text)
        os.utime(path + "/new", (time.time() - age_s,) * 2)
        os.rename(path + "/new", path + "/es_counters")

    def end_vm(self, name):
        shutil.rmtree(os.path.join(self.kvm, name))

    def command(self, *args):
        return [ES_STAT, "--sys", self.dir, *args]

    def run(self, *args, **how):
        """Status, standard output, standard error."""
        done = subprocess.run(self.command(*args), capture_output=True, text=True, timeout=60, **how)
        return done.returncode, done.stdout, done.stderr

    def once(self, *args):
        """The JSON document of one sample."""
        status, out, errors = self.run("--once", "--json", *args)
        assert (status, errors) == (0, ""), (status, errors)
        return json.loads(out)

    def samples(self, change, nr=2):
        """JSON documents of samples; change() is called between the first two."""
        command = self.command("--json", "-i", "0.5", "-n", str(nr))
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            documents = [json.loads(process.stdout.readline())]
            change()
            documents += [json.loads(line) for line in process.stdout]
        assert process.returncode == 0
        return documents


def table_of(text):
    """First column (with "rejected" or "tolerated") -> the other columns."""
    rows = {}
    for line in text.splitlines():
        words = line.split()
        if line.startswith("  ") and words[0] != "EVENT":
            n = 2 if words[0] in ("rejected", "tolerated") else 1
            rows[" ".join(words[:n])] = words[n:]
    return rows


def near(value, wanted, part=0.1):
    return abs(value - wanted) <= part * wanted


def test_table_sums_the_vcpus(host):
    host.vm("77-11", FIRST)
    status, out, errors = host.run("-1")
    rows = table_of(out)
    assert (status, errors) == (0, "")
    assert out.startswith("VM 77-11, since it began 10.")
    assert "vCPU" not in out and "\033" not in out
    assert rows["CPUID"] == ["15", "1.5", "1.6", "us"], rows
    assert rows["IOIO"] == ["7", "0.7", "2.0", "ms"], rows
    assert rows["MSR_SEV_INFO"] == ["1", "0.1", "900", "ns"], rows
    assert rows["rejected MISSING_INPUT"] == ["3", "0.3", "-"], rows
    assert rows["tolerated VERSION"] == ["12", "1.2", "-"], rows
    assert list(rows)[:3] == ["CPUID", "MSR_SEV_INFO", "IOIO"], rows
    assert list(rows)[5:] == ["tolerated VERSION"], rows


def test_json_has_the_same_numbers(host):
    host.vm("77-11", FIRST)
    host.vm("9-3", "es_counters 3\n")
    document = host.once()
    assert near(document["time"], time.time())
    assert document["gone"] == []
    idle, busy = document["vms"]
    assert (idle["vm"], idle["events"], idle["rejected"], idle["tolerated"]) == ("9-3", {}, {}, {})
    assert busy["vm"] == "77-11" and busy["since_start"] and near(busy["seconds"], 10)
    assert busy["events"]["CPUID"]["count"] == 15
    assert busy["events"]["CPUID"]["time_ns"] == 24000
    assert busy["events"]["CPUID"]["mean_ns"] == 1600
    assert near(busy["events"]["CPUID"]["per_second"], 1.5)
    assert {name: row["count"] for name, row in busy["rejected"].items()} == {"MISSING_INPUT": 3, "INVALID_EVENT": 2}
    assert busy["tolerated"]["VERSION"]["count"] == 12 and "mean_ns" not in busy["tolerated"]["VERSION"]


def test_vcpus_can_be_told_apart(host):
    host.vm("77-11", FIRST)
    host.vm("9-3", "es_counters 3\n")
    idle, first, second = host.once("--per-vcpu")["vms"]
    assert (idle["vcpu"], first["vcpu"], second["vcpu"]) == (None, 0, 1)
    assert (first["events"]["CPUID"]["count"], second["events"]["CPUID"]["count"]) == (10, 5)
    assert list(second["rejected"]) == ["INVALID_EVENT"]
    _, out, _ = host.run("-1", "--vcpu", "1", "--vm", "77-11")
    assert "VM 77-11, vCPU 1, since" in out and table_of(out)["CPUID"][0] == "5"
    assert "MSR_SEV_INFO" not in out


def test_vms_can_be_chosen(host):
    for name in ("77-11", "77-12", "771-1"):
        host.vm(name, FIRST)
    host.vm("5-5", None)
    assert [vm["vm"] for vm in host.once()["vms"]] == ["77-11", "77-12", "771-1"]
    assert [vm["vm"] for vm in host.once("--vm", "77")["vms"]] == ["77-11", "77-12"]
    assert [vm["vm"] for vm in host.once("--vm", "77-12")["vms"]] == ["77-12"]


def test_second_sample_shows_what_came_since(host):
    host.vm("77-11", FIRST)
    first, second = host.samples(lambda: host.vm("77-11", SECOND))
    assert first["vms"][0]["since_start"] and not second["vms"][0]["since_start"]
    events, span = second["vms"][0]["events"], second["vms"][0]["seconds"]
    assert 0.5 <= span < 5
    assert events["CPUID"]["count"] == 45 and events["CPUID"]["mean_ns"] == 1000
    assert near(events["CPUID"]["per_second"], 30 / span, 0.01)
    assert events["IOIO"]["per_second"] == 0 and events["IOIO"]["mean_ns"] is None
    assert near(second["vms"][0]["rejected"]["INVALID_EVENT"]["per_second"], 4 / span, 0.01)


def test_event_that_is_new_counts_from_nothing(host):
    host.vm("77-11", "es_counters 3\n")
    second = host.samples(lambda: host.vm("77-11", FIRST))[1]["vms"][0]
    assert not second["since_start"]
    assert near(second["events"]["CPUID"]["per_second"], 15 / second["seconds"], 0.01)


def test_counter_that_goes_back_is_shown_since_start(host):
    host.vm("77-11", SECOND)
    second = host.samples(lambda: host.vm("77-11", FIRST, age_s=5))[1]["vms"][0]
    assert second["since_start"] and 5 <= second["seconds"] < 9
    assert second["events"]["CPUID"]["mean_ns"] == 1600
    host.vm("77-11", SECOND)
    second = host.samples(lambda: host.vm("77-11", "es_counters 3\nvcpu 0 event CPUID count 90 time_ns 9\n"))[1]["vms"][0]
    assert second["since_start"], "rows that vanish are a restart too"


def test_vm_that_ends_and_one_that_begins_are_noticed(host):
    host.vm("77-11", FIRST)

    def change():
        host.vm("78-1", FIRST)
        host.end_vm("77-11")
    second = host.samples(change)[1]
    assert second["gone"] == ["77-11"] and [vm["vm"] for vm in second["vms"]] == ["78-1"]
    assert second["vms"][0]["since_start"]
    command = host.command("-i", "0.3", "--per-vcpu")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("VM 78-1, vCPU 0")
        host.end_vm("78-1")
        out = process.stdout.read()
    assert process.returncode == 0 and out.rstrip().endswith("VM 78-1 is gone") and out.count("gone") == 1


def test_vm_that_cannot_be_read_is_named_and_the_others_are_shown(host):
    host.vm("77-11", FIRST)
    host.vm("77-12", None)
    os.mkdir(os.path.join(host.kvm, "77-12/es_counters"))
    host.vm("78-1", FIRST)
    status, out, errors = host.run("-1")
    assert (status, errors) == (0, ""), (status, errors)
    assert out.startswith("VM 77-12 cannot be read: Is a directory\n"), out
    assert "VM 77-11, since" in out and "VM 78-1, since" in out
    document = host.once()
    assert document["unread"] == ["77-12"] and [vm["vm"] for vm in document["vms"]] == ["77-11", "78-1"]

    def change():
        host.end_vm("78-1")
        os.remove(os.path.join(host.kvm, "77-11/es_counters"))
        os.mkdir(os.path.join(host.kvm, "77-11/es_counters"))
    command = host.command("--json", "-i", "0.5", "-n", "2")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        change()
        second = json.loads(process.stdout.readline())
    assert process.returncode == 1, "nothing was read at the end"
    assert second["gone"] == ["78-1"] and second["unread"] == ["77-11", "77-12"] and second["vms"] == []


def test_blocks_are_apart_where_no_terminal_is(host):
    host.vm("77-11", FIRST)
    _, out, _ = host.run("-n", "3", "-i", "0.05")
    assert out.count("\n\n") == 3 and "\033" not in out


def test_terminal_is_redrawn(host):
    host.vm("77-11", FIRST)
    master, slave = os.openpty()
    subprocess.run(host.command("-n", "2", "-i", "0.05"), stdout=slave, timeout=60, check=True)
    os.close(slave)
    assert os.read(master, 65536).count(b"\033[H") == 2
    os.close(master)


def refuses(host, wanted_status, words, *args, **how):
    status, out, errors = host.run(*args, **how)
    assert status == wanted_status and out == "", (status, out, errors)
    assert words in errors and errors.startswith("es-stat: ") and errors.count("\n") == 1, errors


def test_troubles_have_one_sentence_and_their_status(host):
    refuses(host, 3, "No SEV-ES VM is running", "-1")
    host.vm("5-5", None)
    refuses(host, 3, "No SEV-ES VM is running")
    host.vm("77-11", FIRST)
    refuses(host, 3, "There is no SEV-ES VM 5-5", "-1", "--vm", "5-5")
    host.end_vm("77-11")
    shutil.rmtree(host.dir + "/module/kvm_amd")
    refuses(host, 1, "kvm_amd is not loaded", "-1")
    os.makedirs(host.dir + "/module/kvm_amd")
    refuses(host, 1, "stock kvm_amd", "-1")
    shutil.rmtree(host.dir + "/kernel")
    refuses(host, 1, "mount -t debugfs", "-1")
    shutil.rmtree(host.dir + "/module/kvm")
    refuses(host, 1, "KVM is not loaded", "-1")


def test_who_is_not_root_is_told_so(host):
    host.vm("77-11", FIRST)
    os.chmod(host.kvm, 0o700)
    os.chmod(host.dir, 0o755)
    if os.getuid() == 0:
        tool = shutil.copy(ES_STAT, host.dir + "/es-stat")
        done = subprocess.run([tool, "--sys", host.dir], user=65534, capture_output=True, text=True)
    else:
        os.chmod(host.kvm, 0)
        done = subprocess.run(host.command(), capture_output=True, text=True)
        os.chmod(host.kvm, 0o700)
    assert done.returncode == 1 and "run es-stat as root" in done.stderr, done


def test_another_format_is_refused(host):
    host.vm("77-11", FIRST.replace("es_counters 3", "es_counters 4"))
    refuses(host, 1, "is not of format 3 but begins with 'es_counters 4'", "-1")
    for line in ("vcpu 0 event CPUID count", "vcpu x event A count 1 time_ns 1", 'vcpu 0 event A" count 1 time_ns 1',
                 "vcpu 0 event A count 1 time_ns 1 more", "vcpu 0 rejected A count 1 x", "vcpu 0 tolerated A count", "x" * 600):
        host.vm("77-11", FIRST + line + "\n")
        refuses(host, 1, "Line 9 of ", "-1")


def test_wrong_usage_is_refused(host):
    host.vm("77-11", FIRST)
    for args in (("-i", "0"), ("-i", "x"), ("-n", "0"), ("--vcpu", "-1"), ("extra",)):
        refuses(host, 2, "", *args)
    status, out, _ = host.run("--help")
    assert status == 0 and out.startswith("Usage: es-stat")
    with open("/dev/full", "w") as full:
        done = subprocess.run(host.command("-1"), stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "cannot be written" in done.stderr


def main():
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_")]
    bad = 0
    for nr, (name, test) in enumerate(tests, 1):
        host = Host()
        try:
            test(host)
            print(f"ok {nr} {name[5:]}")
        except (AssertionError, ValueError, LookupError) as error:
            bad += 1
            line = error.__traceback__.tb_next.tb_lineno
            print(f"# line {line}: {error!r}\nnot ok {nr} {name[5:]}")
        finally:
            shutil.rmtree(host.dir)
    print(f"1..{len(tests)}")
    sys.exit(bad > 0)


main()
