# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # kvm-amd-es sources all of them
#
# What the kernel's command line and modprobe's files say about modules: which parameters they turn off, and whether they
# keep a module from being loaded.  Names are the same with - and with _, for modprobe as for the kernel.

# What the kernel's kstrtobool() takes for no: it looks at the first letter, and after an o at the second.
no='"?([0nNfF]|[oO][fF])'

# modprobe_lines: "FILE, tab, line" of all that modprobe reads, each statement in one line.  Of files of one name only the
# first counts, also where it is a link to /dev/null.
modprobe_lines() {
	local dir file

	for dir in etc run usr/local/lib usr/lib lib; do
		for file in "$root/$dir"/modprobe.d/*.conf; do
			[ ! -e "$file" ] || printf '%s\t%s\n' "${file##*/}" "$file"
		done
	done | sort -s -u -t $'\t' -k 1,1 | cut -f 2 | while IFS= read -r file; do
		sed -e ':join' -e '/\\$/{N;s/\\\n/ /;b join' -e '}' "$file" 2>/dev/null |
			awk -v file="${file#"$root"}" '{ sub(/^[[:space:]]+/, ""); print file "\t" $0 }'
	done
}

# in_modprobe_files PATTERN: the first file with a line that begins so.
in_modprobe_files() { modprobe_lines | sed -nE "s/^([^\t]*)\t$1.*/\1/p" | sed -n 1p; }

on_command_line() { grep -qsE "(^|[[:space:]])\"?$1" "$root/proc/cmdline"; }

# where_off MODULE PARAMETER: where somebody turned it off; nothing where nobody did.
where_off() {
	local module=${1//_/[-_]} name=${2//_/[-_]}

	if on_command_line "$module\\.$name=$no"; then
		echo "on the kernel's command line"
		return
	fi
	in_modprobe_files "options[[:space:]]+${module}[[:space:]](.*[[:space:]])?\"?$name=$no" | sed 's/^/in /'
}

# listed OPTION MODULE: the command line has it in OPTION=one,two.
listed() { on_command_line "$1=([^[:space:]]*,)?$2(,|\"|[[:space:]]|\$)"; }

# why_not_loadable MODULE: what keeps even root's modprobe from loading it; nothing where nothing does.
why_not_loadable() {
	local file

	if listed module_blacklist "$1"; then # which knows no -
		echo "the kernel's command line forbids it: boot without module_blacklist=$1"
		return
	fi
	file=$(in_modprobe_files "install[[:space:]]+${1//_/[-_]}[[:space:]]")
	[ -z "$file" ] || echo "$file has another command for it: remove the line that begins with \"install $1\", then run \`modprobe kvm_amd\`"
}

# How to load it.  It needs the other two.
how_to_load() {
	local module why file

	for module in kvm_amd kvm ccp; do
		why=$(why_not_loadable $module)
		[ -z "$why" ] || { echo "$why"; return; }
	done
	file=$(in_modprobe_files "blacklist[[:space:]]+kvm[-_]amd([[:space:]]|\$)")
	if listed modprobe.blacklist "kvm[-_]amd"; then
		echo "the kernel's command line keeps it back: boot without modprobe.blacklist=kvm_amd, or run \`modprobe kvm_amd\`"
	elif [ -n "$file" ]; then
		echo "$file keeps it back: remove the line \"blacklist kvm_amd\", or run \`modprobe kvm_amd\`"
	else
		echo "run \`modprobe kvm_amd\`"
	fi
}
