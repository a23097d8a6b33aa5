#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Rule: kvm-amd-es tells what is on disk, what is loaded and why SEV-ES is off, and refuses with one sentence.

The command runs on a made-up / and with made-up modinfo, dkms, dpkg-query, rmmod, insmod and modprobe, which write
down how they were called.  Not covered: the real ones, which selftests/packaging/run uses.
"""
import os
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOOL = os.path.join(HERE, "../../../tools/kvm-amd-es")
KVER = "6.1.0-56-amd64"
LINUX = "6.1.192-2"
OURS = f"0.1.0 (linux {LINUX})"
STUBS = {
    # A made-up module is a text: version, srcversion, signer.
    "modinfo": 'case $2 in version) n=1 ;; srcversion) n=2 ;; signer) n=3 ;; *) exit 1 ;; esac; sed -n ${n}p "$3"',
    "dpkg-query": 'case $4 in linux-image-*) f=image-$4 ;; *) f=source ;; esac; cat "$KVM_AMD_ES_ROOT/$f" 2>/dev/null || exit 1',
    "dkms": '''case $1 in
status) echo "kvm-amd-es/0.1.0: added" ;;
build) [ ! -e "$KVM_AMD_ES_ROOT/fails" ] || { echo "kvm-amd-es: It was too hard. The whole output is in build/x." ; exit 10; } ;;
install) echo "Signing module"
    mkdir -p "$KVM_AMD_ES_ROOT/lib/modules/$KVER/updates/dkms"
    printf '%b' "${INSTALLED:-0.1.0 (linux $LINUX)\\nour-src\\nDKMS module signing key\\n}" >"$KVM_AMD_ES_ROOT/lib/modules/$KVER/updates/dkms/kvm-amd.ko"
    echo "updates/dkms/kvm-amd.ko: kernel/kvm.ko" >"$KVM_AMD_ES_ROOT/lib/modules/$KVER/modules.dep" ;;
esac''',
    "depmod": '[ ! -e "$KVM_AMD_ES_ROOT/full" ] || exit 1\n'
              'echo "kernel/arch/x86/kvm/kvm-amd.ko: kernel/kvm.ko" >"$KVM_AMD_ES_ROOT/lib/modules/$1/modules.dep"',
    "lsinitramfs": 'ls "$1.d" | sed "s|^|usr/lib/modules/x/|"',
    "unmkinitramfs": 'cp -r "$1.d" "$2/main"',
    "update-initramfs": 'cp "$KVM_AMD_ES_ROOT/lib/modules/$3/$(sed s/:.*// "$KVM_AMD_ES_ROOT/lib/modules/$3/modules.dep")" "$KVM_AMD_ES_ROOT/boot/initrd.img-$3.d/"',
    "logger": "true",
    "dmesg": 'cat "$KVM_AMD_ES_ROOT/dmesg"',
    "mokutil": "echo SecureBoot disabled",
    "rmmod": 'rm -r "$KVM_AMD_ES_ROOT/sys/module/kvm_amd"',
    "insmod": '''[ ! -e "$KVM_AMD_ES_ROOT/unloadable" ] || { cat "$KVM_AMD_ES_ROOT/unloadable" >&2; exit 1; }
mkdir -p "$KVM_AMD_ES_ROOT/sys/module/kvm_amd"; head -n 1 "$1" >"$KVM_AMD_ES_ROOT/sys/module/kvm_amd/version"
mkdir "$KVM_AMD_ES_ROOT/sys/module/kvm_amd/parameters"; cat "$KVM_AMD_ES_ROOT/sev_es" >"$KVM_AMD_ES_ROOT/sys/module/kvm_amd/parameters/sev_es"''',
    "modprobe": '[ "$1" != -c ] || { echo "options kvm_amd avic=1 nested=0"; exit; }\n'
                '[ "$1" != kvm_amd ] || mkdir -p "$KVM_AMD_ES_ROOT/sys/module/kvm_amd"',
}


class Host:
    """A directory that looks like / of an SEV-ES host with the stock module."""

    def __init__(self):
        self.dir = tempfile.mkdtemp()
        self.bin = tempfile.mkdtemp()
        self.calls = os.path.join(self.bin, "calls")
        for name, text in STUBS.items():
            self.stub(name, text)
        self.kernel(KVER, LINUX)
        self.write("usr/src/kvm-amd-es-0.1.0/dkms.conf", "")
        self.write("proc/sys/kernel/osrelease", KVER)
        self.write("proc/cmdline", "root=/dev/sda1 secret=xyz quiet")
        self.cpu("svm sme sev sev_es npt")
        self.cpuid(0x1f, 509, 100)
        self.write("dev/cpu/0/msr", "")
        self.write("dev/sev", "")
        self.load(None)
        self.write("sys/fs/cgroup/misc.capacity", "sev 410\nsev_es 99\n")
        self.write("source", "installed " + LINUX)
        self.write("sev_es", "N")
        self.write("dmesg", "kvm_amd_es: 0.1.0\n")

    def stub(self, name, text):
        path = os.path.join(self.bin, name)
        with open(path, "w") as out:
            out.write(f'#!/bin/sh\necho "{name} $*" >>"{self.calls}"\n{text}\n')
        os.chmod(path, 0o755)

    def write(self, path, text):
        path = os.path.join(self.dir, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode())

    def read(self, path):
        with open(os.path.join(self.dir, path)) as text:
            return text.read()

    def remove(self, path):
        path = os.path.join(self.dir, path)
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)

    def kernel(self, kver, linux):
        """Image and, with a version, headers."""
        self.write(f"lib/modules/{kver}/kernel/arch/x86/kvm/kvm-amd.ko", "\n\nDebian\n")
        self.write(f"lib/modules/{kver}/modules.dep", "kernel/arch/x86/kvm/kvm-amd.ko: kernel/arch/x86/kvm/kvm.ko\n")
        if linux:
            self.write(f"usr/src/linux-headers-{kver}/include/generated/package.h",
                       f'#define LINUX_PACKAGE_ID " Debian {linux}"\n')

    def install_ours(self, version=OURS):
        self.write(f"lib/modules/{KVER}/updates/dkms/kvm-amd.ko", f"{version}\nour-src\nDKMS module signing key\n")
        self.write(f"lib/modules/{KVER}/modules.dep", "updates/dkms/kvm-amd.ko: kernel/arch/x86/kvm/kvm.ko\n")

    def cpu(self, flags, vendor="AuthenticAMD"):
        self.write("proc/cpuinfo", f"vendor_id\t: {vendor}\nmodel name\t: EPYC\nflags\t\t: fpu {flags}\n")

    def cpuid(self, eax, ecx, edx):
        """A sparse file, as the cpuid driver's: 16 bytes at the leaf's number."""
        self.write("dev/cpu/0/cpuid", "")
        with open(os.path.join(self.dir, "dev/cpu/0/cpuid"), "wb") as out:
            out.seek(0x8000001f)
            out.write(struct.pack("<4I", eax, 0x173, ecx, edx))

    def msr(self, number, value):
        with open(os.path.join(self.dir, "dev/cpu/0/msr"), "r+b") as out:
            out.seek(number)
            out.write(struct.pack("<Q", value))

    def parameter(self, path, value):
        module, name = path.split(".")
        self.write(f"sys/module/{module}/parameters/{name}", value + "\n")

    def initramfs(self, text):
        """With this kvm-amd in it."""
        self.write(f"boot/initrd.img-{KVER}", "")
        self.write(f"boot/initrd.img-{KVER}.d/kvm-amd.ko", text)

    def load(self, version, sev_es="Y", users=0):
        """version None: the stock module, which has no srcversion either."""
        shutil.rmtree(os.path.join(self.dir, "sys/module/kvm_amd"), ignore_errors=True)
        self.write("sys/module/kvm_amd/refcnt", f"{users}\n")
        self.write("sys/module/kvm_amd/parameters/sev_es", sev_es + "\n")
        if version:
            self.write("sys/module/kvm_amd/version", version + "\n")
            self.write("sys/module/kvm_amd/srcversion", "our-src\n")

    def run(self, *args, answer="", **more):
        """Status, standard output, standard error."""
        env = dict(os.environ, **more, KVM_AMD_ES_ROOT=self.dir, PATH=self.bin + ":" + os.environ["PATH"], KVER=KVER, LINUX=LINUX)
        done = subprocess.run([TOOL, *args], env=env, input=answer, capture_output=True, text=True, timeout=60, cwd=self.dir)
        return done.returncode, done.stdout, done.stderr

    def called(self):
        """What was called since the last time."""
        if not os.path.exists(self.calls):
            return ""
        with open(self.calls) as text:
            calls = text.read()
        os.unlink(self.calls)
        return calls

    def close(self):
        shutil.rmtree(self.dir)
        shutil.rmtree(self.bin)


def test_status_of_a_host_where_all_is_well(host):
    host.install_ours()
    host.load(OURS, users=3)
    status, out, errors = host.run("status")
    assert (status, errors) == (0, ""), (status, out, errors)
    assert f'  {KVER} (running): kvm-amd-es {OURS}, signed by "DKMS module signing key"\n' in out, out
    assert f"Loaded: kvm-amd-es {OURS}, used by 3\nSEV-ES: on\n" in out, out
    assert "ASIDs for sev_es guests: 99\n" in out and "/dev/sev: there" in out, out


def test_status_of_stock_kernels(host):
    host.kernel("6.12.117+deb12-amd64", None)
    host.kernel("6.1.0-56-cloud-amd64", None)
    status, out, errors = host.run("status")
    assert (status, errors) == (1, "") and "Loaded: stock, used by 0\n" in out, (out, errors)
    assert "not the one on disk" not in out, out
    assert out.count(": stock\n") == 3 and "6.12.117+deb12-amd64: stock" in out, out
    host.install_ours()
    host.remove("lib/modules/6.12.117+deb12-amd64")
    assert host.run("status")[0] == 0, "an unsupported kernel with the stock module is as it must be"


def test_loaded_module_that_is_not_on_disk_is_noticed(host):
    host.install_ours()
    _, out, _ = host.run("status")
    assert "Loaded: stock" in out and "not the one on disk" in out, out
    host.load(OURS)
    assert "not the one on disk" not in host.run("status")[1]


def test_outdated_module_is_noticed(host):
    host.install_ours("0.1.0 (linux 6.1.190-1)")
    status, out, _ = host.run("status")
    assert status == 1 and f"OUTDATED: kvm-amd-es 0.1.0 (linux 6.1.190-1), but the kernel is {LINUX}" in out, out


def off(host, words):
    out = host.run("status")[1]
    assert "SEV-ES: off. " in out and words in out, out


def test_cause_of_sev_es_being_off_is_named(host):
    host.load(None, sev_es="N")
    off(host, "KVM turned it off")
    host.cpuid(0x1f, 509, 1)
    off(host, "no ASIDs")
    host.cpuid(0x1f, 0, 0)
    off(host, "no ASIDs for encrypted guests")
    host.cpuid(0x1f, 509, 100)
    host.remove("dev/sev")
    off(host, "gives no /dev/sev")
    host.load(None)
    off(host, "gives no /dev/sev")
    host.remove("sys/module/kvm_amd/parameters/sev_es")
    off(host, "gives no /dev/sev")


def test_cause_in_the_cpu_and_its_firmware_is_named(host):
    host.msr(0xc0010114, 1 << 4)
    off(host, "SVM) is off")
    host.msr(0xc0010114, 0)
    assert "SEV-ES: on" in host.run("status")[1]
    host.cpu("svm npt")
    off(host, "the firmware leaves it off: enable SMEE")
    host.msr(0xc0010010, 1 << 23)
    host.msr(0xc0010015, 1)
    off(host, "the firmware leaves it off")
    host.msr(0xc0010015, 0)
    off(host, "did not lock SMM")
    host.write("proc/cmdline", "quiet clearcpuid=sev_es")
    off(host, "remove clearcpuid=")
    host.write("proc/cmdline", "quiet")
    host.cpuid(0x7, 509, 100)
    off(host, "does not offer SEV-ES")
    host.cpu("npt")
    off(host, "SVM) is off")
    host.cpu("vmx", "GenuineIntel")
    off(host, "not from AMD")


MODPROBE_DIRS = "etc", "run", "usr/local/lib", "usr/lib", "lib"


def test_options_that_turn_it_off_are_found_where_they_are(host):
    host.load(None, sev_es="N")
    for line in "kvm_amd.sev_es=0", "kvm-amd.sev-es=off", 'kvm_amd.sev_es="n"', '"kvm_amd.sev_es=F"', "kvm_amd.sev=oFF", "kvm_amd.sev=no", "kvm_amd.sev=0x1":
        host.write("proc/cmdline", f"quiet {line} nosplash")
        off(host, f"kvm_amd.{'sev_es' if 'es' in line else 'sev'}=0 is set on the kernel's command line: remove it and reload kvm_amd.")
    for line in "kvm_amd.sev_es=on", "kvm_amd.sev_es=1", "kvm_amd.sev_es=o", "xkvm_amd.sev_es=0", "kvm_amd.sev_snp=0", "kvm_amd.xsev=0":
        host.write("proc/cmdline", f"quiet {line} nosplash")
        off(host, "KVM turned it off")
    host.write("proc/cmdline", "quiet")
    for where in MODPROBE_DIRS:
        for line in "options kvm_amd avic=1 sev=0", "  options\tkvm-amd sev=off avic=1", "options kvm_amd \\\n\tavic=1 \\\n\tsev=N":
            host.write(f"{where}/modprobe.d/x.conf", line + "\n")
            off(host, f"kvm_amd.sev=0 is set in /{where}/modprobe.d/x.conf: remove it and reload kvm_amd.")
        host.remove(f"{where}/modprobe.d/x.conf")
    host.write("etc/modprobe.d/x.conf", "# options kvm_amd sev=0\noptions kvm_amd sev=10 notsev=0\noptions kvm_amdx sev=0\n")
    host.write("etc/modprobe.d/x.txt", "options kvm_amd sev=0\n")
    off(host, "KVM turned it off")


def test_file_of_modprobe_hides_those_of_its_name_in_later_directories(host):
    host.load(None, sev_es="N")
    host.write("usr/lib/modprobe.d/x.conf", "options kvm_amd sev=0\n")
    host.write("run/modprobe.d/x.conf", "")
    off(host, "KVM turned it off")
    host.remove("run/modprobe.d/x.conf")
    off(host, "in /usr/lib/modprobe.d/x.conf")
    host.write("etc/modprobe.d/y.conf", "")
    os.symlink("/dev/null", host.dir + "/etc/modprobe.d/x.conf")
    off(host, "KVM turned it off")


def test_parameters_that_sev_es_needs_are_named(host):
    needs = {"kvm_amd.npt": ("6.1", "6.12", "nested paging"), "kvm.mmio_caching": ("6.1", "6.12", "MMIO caching"),
             "kvm_amd.nrips": ("6.12", "6.12", "nrip_save"), "kvm_amd.lbrv": ("6.12", "6.12", "LBR")}
    for name, (first, last, words) in needs.items():
        for kernel in "6.1", "6.12":
            host.load(None, sev_es="N")
            host.write("proc/sys/kernel/osrelease", kernel + ".0-x")
            host.parameter(name, "N" if "npt" in name or "mmio" in name else "0")
            host.write("etc/modprobe.d/x.conf", "")
            off(host, words if kernel in (first, last) else "KVM turned it off")
            host.write("etc/modprobe.d/x.conf", f"options {name.replace('.', ' ')}=0\n")
            off(host, f"{name}=0 is set in /etc/modprobe.d/x.conf" if kernel in (first, last) else "KVM turned it off")
            host.parameter(name, "Y" if "npt" in name or "mmio" in name else "1")
            off(host, "KVM turned it off")
    host.parameter("kvm.mmio_caching", "N")
    host.write("proc/cmdline", "kvm.mmio_caching=off")
    off(host, "kvm.mmio_caching=0 is set on the kernel's command line: remove it and reload kvm_amd and kvm.")


def test_what_keeps_the_module_from_being_loaded_is_named(host):
    host.remove("sys/module/kvm_amd")
    off(host, "not loaded: run `modprobe kvm_amd`")
    for module in "kvm_amd", "kvm", "ccp":
        host.write("proc/cmdline", f"quiet module_blacklist=a,{module},b splash")
        off(host, f"not loaded: the kernel's command line forbids it: boot without module_blacklist={module};")
        host.write("proc/cmdline", "quiet")
        host.write("lib/modprobe.d/x.conf", f"install {module.replace('_', '-')} /bin/false\n")
        off(host, f'not loaded: /lib/modprobe.d/x.conf has another command for it: remove the line that begins with "install {module}"')
        host.remove("lib/modprobe.d/x.conf")
    for word in "module_blacklist=kvm_amd_other", "module_blacklist=kvm-amd":
        host.write("proc/cmdline", "quiet " + word)
        off(host, "not loaded: run `modprobe kvm_amd`")
    host.write("proc/cmdline", "quiet modprobe.blacklist=a,kvm-amd,b splash")
    off(host, "not loaded: the kernel's command line keeps it back: boot without modprobe.blacklist=kvm_amd")
    host.write("proc/cmdline", "quiet")
    host.write("run/modprobe.d/x.conf", "blacklist kvm_amd\n")
    off(host, 'not loaded: /run/modprobe.d/x.conf keeps it back: remove the line "blacklist kvm_amd"')


def test_what_the_security_processor_says_is_told(host):
    failure = "[    1.0] ccp 0000:22:00.1: SEV: failed to INIT error 0x3, rc -5\n"
    host.write("dmesg", failure)
    off(host, 'says "SEV: failed to INIT error 0x3, rc -5"')
    host.write("dmesg", failure + "[    2.0] ccp 0000:22:00.1: SEV API:1.55 build:8\n")
    assert "SEV-ES: on" in host.run("status")[1]
    for harmless in "sev command 0x4 failed (0x00000005)", "Direct firmware load for amd/x.sbin failed with error -2", "SEV-SNP: failed to INIT rc -5, error 0x1":
        host.write("dmesg", f"[    1.0] ccp 0000:22:00.1: {harmless}\n")
        assert "SEV-ES: on" in host.run("status")[1]
    no_memory = "[    1.0] ccp 0000:22:00.1: SEV: TMR allocation failed, SEV-ES support unavailable\n[    2.0] ccp 0000:22:00.1: SEV API:1.55 build:8\n"
    host.write("dmesg", no_memory + "[    3.0] ccp 0000:22:00.1: sev enabled\n")
    assert "SEV-ES: on" in host.run("status")[1], "the driver was loaded again"
    host.write("dmesg", no_memory)
    off(host, "TMR allocation failed")
    host.write("proc/sys/kernel/osrelease", "6.12.0-x")
    host.load(None, sev_es="N")
    off(host, "TMR allocation failed")


def test_build_installs_what_is_missing_once(host):
    status, out, errors = host.run("build")
    assert (status, errors) == (0, "") and f"Kernel {KVER} has kvm-amd {OURS}" in out, (status, out, errors)
    assert f"dkms install --force -m kvm-amd-es -v 0.1.0 -k {KVER}" in host.called()
    assert host.run("build") == (0, "", "") and "dkms install" not in host.called()


def test_build_replaces_a_module_of_another_source(host):
    host.install_ours("0.1.0 (linux 6.1.190-1)")
    assert host.run("build")[0] == 0
    calls = host.called()
    assert calls.index("depmod") < calls.index("dkms install"), calls


def test_outdated_module_goes_although_no_other_can_be_built(host):
    host.install_ours("0.1.0 (linux 6.1.190-1)")
    host.write("source", "installed 6.1.190-1")
    status, _, errors = host.run("build")
    assert status == 1 and f"It is Linux {LINUX}, but linux-source-6.1 is 6.1.190-1: apt-get install linux-source-6.1={LINUX}" in errors
    assert not os.path.exists(f"{host.dir}/lib/modules/{KVER}/updates/dkms/kvm-amd.ko")


INSTALLED = f"lib/modules/{KVER}/updates/dkms/kvm-amd.ko"
COPY = f"var/lib/dkms/kvm-amd-es/0.1.0/{KVER}/x86_64/module/kvm-amd.ko"


def is_there(host, path):
    return os.path.lexists(os.path.join(host.dir, path))


def test_good_module_stays_without_headers(host):
    host.install_ours()
    host.remove(f"usr/src/linux-headers-{KVER}")
    assert host.run("build") == (0, "", "") and is_there(host, INSTALLED), "nobody knows the kernel's version"
    host.write(f"image-linux-image-{KVER}", f"installed {LINUX}\n")
    assert host.run("build") == (0, "", "") and is_there(host, INSTALLED)
    assert host.run("status")[0] == 0
    host.write(f"image-linux-image-{KVER}", "installed 6.1.193-1\n")
    status, out, _ = host.run("status")
    assert status == 1 and "OUTDATED" in out and "the kernel is 6.1.193-1." in out, out
    status, _, errors = host.run("build")
    assert status == 1 and "Its headers are missing" in errors and not is_there(host, INSTALLED), errors


def test_module_of_the_kernel_stays_where_headers_are_newer(host):
    host.install_ours("0.1.0 (linux 6.1.190-1)")
    host.write(f"image-linux-image-{KVER}", "installed 6.1.190-1\n")
    assert host.run("build") == (0, "", "") and host.run("status")[0] == 0


def test_damaged_module_is_told_and_built_anew(host):
    for text in "", f"{OURS}\n", f"{OURS}\nour-src\nDKMS module signing ke\0\n":
        host.install_ours()
        host.write(COPY, f"{OURS}\nour-src\nDKMS module signing key\n")
        host.write(INSTALLED, text)
        status, out, _ = host.run("status")
        assert status == 1 and f"{KVER} (running): DAMAGED: /{INSTALLED} is not whole. Run: kvm-amd-es build {KVER}\n" in out, out
        assert host.run("build")[0] == 0 and "dkms install" in host.called()
        assert host.run("status")[0] == 0


def test_module_that_depmod_does_not_know_is_built_anew(host):
    host.install_ours()
    host.kernel(KVER, LINUX)
    assert host.run("build")[0] == 0 and "dkms install" in host.called()
    host.remove(INSTALLED)
    status, out, _ = host.run("status")
    assert status == 1 and f"MISSING: modules.dep names /{INSTALLED}. Run: depmod {KVER}" in out, out


def test_module_that_dkms_did_not_install_whole_is_no_success(host):
    for text in "", "0.1.0 (lin", f"{OURS}\\nour-src\\n":
        status, _, errors = host.run("build", KVER, INSTALLED=text or "\\n")
        assert status == 1 and "The module was not installed whole: make room" in errors and errors.count("\n") == 1, errors
        assert not is_there(host, INSTALLED) and f"{KVER} (running): stock" in host.run("status")[1]
        host.remove("var/lib/kvm-amd-es")


def test_full_disk_is_told(host):
    host.stub("dkms", 'echo "cp: error writing x: No space left on device"; exit 1')
    status, _, errors = host.run("build")
    assert status == 1 and "A file system is full: make room in /var and /lib/modules" in errors and errors.count("\n") == 1, errors
    host.called()
    status, _, errors = host.run("build")
    assert (status, errors) == (1, "") and "dkms add" in host.called(), "tried again, not told again"
    host.install_ours("0.1.0 (linux 6.1.190-1)")
    host.write("full", "")
    assert f"because depmod failed: make room in /lib/modules and run `depmod {KVER}`" in host.run("build", KVER)[2]


def test_unfinished_build_is_told_and_repeated(host):
    host.stub("dkms", STUBS["dkms"] + "\n[ $1 != install ] || kill -KILL $PPID")
    assert host.run("build")[0] != 0 and is_there(host, INSTALLED)
    assert f"The build for kernel {KVER} was not finished: run `kvm-amd-es build {KVER}`." in host.run("status")[1]
    host.stub("dkms", STUBS["dkms"])
    host.called()
    assert host.run("build")[0] == 0 and "dkms install" in host.called()
    assert "not finished" not in host.run("status")[1]


def test_remove_needs_neither_dkms_nor_source(host):
    host.install_ours()
    host.write(COPY, "")
    host.write("lib/modules/6.9-gone/updates/dkms/kvm-amd.ko", OURS)
    host.remove("usr/src/kvm-amd-es-0.1.0")
    host.stub("dkms", "exit 1")
    assert host.run("remove") == (0, "", "")
    for path in INSTALLED, "lib/modules/6.9-gone/updates", "var/lib/dkms/kvm-amd-es":
        assert not is_there(host, path), path
    calls = host.called()
    assert f"depmod {KVER}" in calls and "depmod 6.9-gone" in calls and "dkms" not in calls, calls
    refuses(host, 2, "takes no arguments", "remove", KVER)


def test_version_whose_source_is_gone_is_forgotten(host):
    os.makedirs(host.dir + "/var/lib/dkms/kvm-amd-es/0.0.9")
    os.symlink("/usr/src/kvm-amd-es-0.0.9", host.dir + "/var/lib/dkms/kvm-amd-es/0.0.9/source")
    os.makedirs(host.dir + "/var/lib/dkms/kvm-amd-es/0.1.0")
    os.symlink(host.dir + "/usr/src/kvm-amd-es-0.1.0", host.dir + "/var/lib/dkms/kvm-amd-es/0.1.0/source")
    host.run("build")
    assert not is_there(host, "var/lib/dkms/kvm-amd-es/0.0.9") and is_there(host, "var/lib/dkms/kvm-amd-es/0.1.0/source")


STALE = "Its initramfs has another kvm-amd (%s), which is loaded first: run `update-initramfs -u -k " + KVER + "`."


def test_initramfs_with_another_module_is_told(host):
    host.install_ours()
    host.initramfs("\n\nDebian\n")
    status, out, _ = host.run("status")
    assert status == 1 and STALE % "stock" in out, out
    host.initramfs("0.0.9 (linux x)\nother-src\n")
    assert STALE % "kvm-amd-es 0.0.9 (linux x)" in host.run("status")[1]
    host.initramfs(f"{OURS}\nother-src\n")
    assert STALE % f"kvm-amd-es {OURS}" in host.run("status")[1]
    host.initramfs(f"{OURS}\nour-src\n")
    status, out, _ = host.run("status")
    assert status == 0 and "initramfs" not in out, out


def test_build_and_remove_make_such_an_initramfs_anew(host):
    for verb, version in ("build", OURS), ("remove", ""), ("build", OURS):
        host.initramfs("0.0.9 (linux x)\nother-src\n")
        status, out, errors = host.run(verb)
        assert (status, errors) == (0, "") and "has another kvm-amd (kvm-amd-es 0.0.9 (linux x)); making it anew" in out, (status, out, errors)
        assert host.called().count(f"update-initramfs -u -k {KVER}") == 1
        assert host.read(f"boot/initrd.img-{KVER}.d/kvm-amd.ko").split("\n")[0] == version
        host.run(verb)
        assert "update-initramfs" not in host.called(), "once is enough"
    host.initramfs("0.0.9 (linux x)\nother-src\n")
    assert host.run("remove", "--for-upgrade") == (0, "", "") and "update-initramfs" not in host.called(), "build looks at it"


def test_initramfs_that_stays_as_it_is_is_told(host):
    host.stub("update-initramfs", "true")
    host.initramfs("0.0.9 (linux x)\nother-src\n")
    status, _, errors = host.run("build")
    assert status == 1 and errors.count("\n") == 1 and f"still has another kvm-amd (kvm-amd-es 0.0.9 (linux x)), which is loaded first: run `update" in errors, errors


def test_missing_source_is_told_once_and_in_status(host):
    host.remove("source")
    status, _, errors = host.run("build")
    assert status == 1 and errors.count("\n") == 1 and "linux-source-6.1 is not installed" in errors, errors
    assert host.run("build") == (1, "", "")
    assert "linux-source-6.1 is not installed" in host.run("status")[1]
    host.write("source", "config-files " + LINUX)
    assert host.run("build") == (1, "", ""), "a removed package is no source"
    host.write("source", "installed " + LINUX)
    assert host.run("build")[0] == 0
    assert "linux-source" not in host.run("status")[1]


def test_kept_import_replaces_the_source_package(host):
    host.remove("source")
    host.write(f"var/cache/kvm-amd-es/import/{LINUX}/kvm/svm/sev.c", "")
    assert host.run("build")[0] == 0


def test_missing_headers_and_flavours_are_told(host):
    host.kernel("6.12.117+deb12-amd64", None)
    host.kernel("6.1.0-56-rt-amd64", LINUX)
    status, _, errors = host.run("build")
    assert status == 1 and errors.count("\n") == 2, errors
    assert "Its headers are missing: apt-get install linux-headers-6.12.117+deb12-amd64" in errors
    assert "Kernel 6.1.0-56-rt-amd64 keeps Debian's own kvm-amd. This version supports" in errors
    host.remove("lib/modules/6.12.117+deb12-amd64")
    assert host.run("build") == (0, "", ""), "an unsupported kernel is no failure"
    assert not os.path.exists(host.dir + "/var/lib/kvm-amd-es/6.12.117+deb12-amd64"), "what is gone is forgotten"


def test_lines_of_debian_13(host):
    supported = ("6.12.118+deb13-amd64", "6.12.115+deb13.1-amd64")
    for kver in supported + ("6.12.118+deb13-cloud-amd64", "6.12.118+deb13-rt-amd64", "7.3.4+deb13-amd64", "6.12.118+deb14-amd64"):
        host.kernel(kver, None)
    _, _, errors = host.run("build")
    assert errors.count("This version supports") == 4, errors
    for kver in supported:
        assert f"Its headers are missing: apt-get install linux-headers-{kver}" in errors, errors


def test_failed_build_is_repeated_only_when_asked_or_changed(host):
    host.write("fails", "")
    status, _, errors = host.run("build")
    assert status == 1 and f"Kernel {KVER} keeps Debian's own kvm-amd. It was too hard. (Log: " in errors, errors
    host.called()
    assert host.run("build") == (1, "", "") and "dkms build" not in host.called()
    assert host.run("build", KVER)[0] == 1 and "dkms build" in host.called()
    host.write("usr/src/kvm-amd-es-0.2.0/dkms.conf", "")
    assert host.run("build")[0] == 1 and "dkms build" in host.called(), "a new version tries again"


def test_try_loads_with_the_options_and_goes_back(host):
    host.load(None, sev_es="N")
    host.write("proc/cmdline", "quiet kvm_amd.npt=1 kvm.x=2")
    host.write(f"var/lib/dkms/kvm-amd-es/0.1.0/{KVER}/x86_64/module/kvm-amd.ko", OURS + "\n")
    status, out, errors = host.run("try")
    calls = host.called()
    assert (status, errors) == (0, ""), (status, out, errors)
    assert f"Loaded: kvm-amd-es {OURS}\nNo test: SEV-ES is off." in out, out
    assert "avic=1 nested=0 npt=1\n" in calls and "kvm.x" not in calls, calls
    assert calls.index("insmod") < calls.rindex("rmmod") < calls.index("modprobe kvm_amd\n"), calls
    host.load(None)
    assert host.run("try", "--keep")[0] == 0 and "modprobe kvm_amd\n" not in host.called()


def test_try_goes_back_when_the_module_does_not_load(host):
    host.write(f"var/lib/dkms/kvm-amd-es/0.1.0/{KVER}/x86_64/module/kvm-amd.ko", OURS + "\n")
    host.write("unloadable", "insmod: ERROR: could not insert module /tmp/x: Invalid module format\n")
    try_is_refused(host, "refuses the module (Invalid module format)")


def try_is_refused(host, words):
    host.load(None)
    status, out, errors = host.run("try", "--keep")
    assert status == 1 and words in errors and errors.count("\n") == 1, errors
    assert "modprobe kvm_amd\n" in host.called() and "is loaded again" in out, out


CERTIFICATE_ID = "00aa5bcc"


def secure_boot(host):
    """With dkms's key made and not enrolled."""
    host.stub("openssl", f"echo 'X509v3 Subject Key Identifier: '; echo '    {CERTIFICATE_ID.upper()}'")
    host.write("sys/kernel/security/lockdown", "none [integrity] confidentiality\n")
    host.write("proc/keys", "2276dbc0 I------ 2 perm 1f0b0000 0 0 keyring .builtin_trusted_keys: 1\n")
    host.write("var/lib/dkms/mok.pub", "")


def enroll(host):
    host.write("proc/keys", host.read("proc/keys") + f"0176c5c9 I------ 1 perm 1f010000 0 0 asymmetri DKMS: {CERTIFICATE_ID}: X509.rsa x []\n")


def test_try_tells_what_secure_boot_refuses(host):
    module = f"var/lib/dkms/kvm-amd-es/0.1.0/{KVER}/x86_64/module/kvm-amd.ko"
    host.write(module, OURS + "\n\nDKMS key\n")
    host.write("unloadable", "insmod: ERROR: could not insert module /tmp/x: Key was rejected by service\n")
    try_is_refused(host, "(Key was rejected by service)")
    secure_boot(host)
    try_is_refused(host, '"DKMS key", who signed it, is not enrolled: run `mokutil --import /var/lib/dkms/mok.pub`')
    enroll(host)
    try_is_refused(host, 'the signature of "DKMS key" is not right')
    host.write(module, OURS + "\n")
    try_is_refused(host, "it has no signature")


def test_build_keeps_stock_until_the_key_is_enrolled(host):
    secure_boot(host)
    status, _, errors = host.run("build")
    assert status == 1 and "Secure Boot is on and does not know the key" in errors and errors.count("\n") == 1, errors
    assert "dkms install" not in host.called() and "Secure Boot: on, and the key" in host.run("status")[1]
    assert host.run("build") == (1, "", "") and "dkms build" not in host.called(), "neither built nor told again"
    host.install_ours()
    assert host.run("build")[0] == 1 and not os.path.exists(f"{host.dir}/lib/modules/{KVER}/updates/dkms/kvm-amd.ko")
    enroll(host)
    assert host.run("build")[0] == 0 and "dkms install" in host.called()
    assert "Secure Boot: on, signed with the key of /var/lib/dkms/mok.pub" in host.run("status")[1]


def test_key_of_the_operator_is_the_one_that_counts(host):
    secure_boot(host)
    host.write("etc/dkms/framework.conf", '# mok_certificate=/no\nmok_certificate="/etc/own.der"\n')
    assert "mokutil --import /etc/own.der" in host.run("status")[1]
    host.write("etc/own.der", "")
    enroll(host)
    assert "signed with the key of /etc/own.der" in host.run("status")[1]


def test_unknown_keys_are_no_reason(host):
    secure_boot(host)
    host.write("proc/keys", "")
    assert host.run("build")[0] == 0, "only root sees keys"
    host.write("sys/kernel/security/lockdown", "[none] integrity confidentiality\n")
    assert "Secure Boot" not in host.run("status")[1]


def test_try_runs_the_smoke_test_and_goes_back_when_it_fails(host):
    host.write(f"var/lib/dkms/kvm-amd-es/0.1.0/{KVER}/x86_64/module/kvm-amd.ko", OURS + "\n")
    host.write("sev_es", "Y")
    smoke = host.dir + "/usr/lib/kvm-amd-es/smoke"
    host.write(smoke, "#!/bin/sh\necho ok 1\n")
    os.chmod(smoke, 0o755)
    status, out, _ = host.run("try", "--keep")
    assert status == 0 and out.endswith("ok 1\n") and "modprobe kvm_amd\n" not in host.called(), out
    host.write(smoke, "#!/bin/sh\nexit 1\n")
    status, out, errors = host.run("try", "--keep")
    assert status == 1 and "A test failed" in errors and "modprobe kvm_amd\n" in host.called(), (status, out, errors)


def refuses(host, wanted_status, words, *args):
    status, out, errors = host.run(*args)
    assert status == wanted_status and out == "", (status, out, errors)
    assert words in errors and errors.startswith("kvm-amd-es: ") and errors.count("\n") == 1, errors


def test_troubles_have_one_sentence_and_their_status(host):
    host.load(None, users=2)
    refuses(host, 1, "stop all VMs", "try")
    assert "rmmod" not in host.called()
    refuses(host, 2, "not an option", "try", "--now")
    refuses(host, 2, "no verb 'tri'", "tri")
    refuses(host, 1, "Kernel 6.9 is not installed", "build", "6.9")
    host.write("there", "")
    refuses(host, 1, "there exists", "report", "there")
    refuses(host, 1, "cannot be written", "report", "absent/file")
    host.load(None)
    host.write("proc/sys/kernel/osrelease", "6.9.1")
    refuses(host, 1, "6.9.1 is not supported", "try")
    host.remove("usr/src/kvm-amd-es-0.1.0")
    refuses(host, 1, "make install-dkms", "build")
    status, out, _ = host.run("--help")
    assert status == 0 and out.startswith("Usage: kvm-amd-es")
    assert host.run()[0] == 2


def test_report_has_nothing_of_guests(host):
    host.write("dmesg", "kvm_amd_es: 0.1.0\nkvm [4242]: vcpu0, guest rIP: 0xabc disabled perfctr\nkvm: guest NX\nusb 1-1: GUID\n")
    host.write("proc/cmdline", "root=/dev/sda1 secret=xyz kvm_amd.sev=1 luks.key=abc")
    status, out, errors = host.run("report", "file")
    assert status == 0 and out.startswith("file is written"), (out, errors)
    text = host.read("file")
    assert "kvm_amd.sev=1" in text and "kvm_amd_es: 0.1.0" in text and f"{KVER} (running): stock" in text, text
    for word in ("xyz", "luks", "4242", "rIP", "guest NX", "GUID"):
        assert word not in text, word


def main():
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_")]
    tests = [(name, test) for name, test in tests if not sys.argv[1:] or name[5:] in sys.argv[1:]]
    bad = 0
    for nr, (name, test) in enumerate(tests, 1):
        host = Host()
        try:
            test(host)
            print(f"ok {nr} {name[5:]}")
        except (AssertionError, ValueError, LookupError, OSError) as error:
            bad += 1
            line = error.__traceback__.tb_next.tb_lineno
            print(f"# line {line}: {error!r}\nnot ok {nr} {name[5:]}")
        finally:
            host.close()
    print(f"1..{len(tests)}")
    sys.exit(bad > 0)


main()
