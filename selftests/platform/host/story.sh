# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The demo's story: what the host sees of a guest, in words.  Sources: the module's version, its trace
# events (kvm_amd_es), its debugfs files and QEMU's monitor.

tracing=/sys/kernel/tracing

# tell NAME TEXT: one aligned line of the story.
tell() { printf '%-14s %s\n' "$1" "$2"; }

# json NAME: the value of a member, from one line of JSON.
json() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p"; }

tell_host() {
	tell Host "Linux $(uname -r), $(nproc) CPU, SEV-ES $(cat /sys/module/kvm_amd/parameters/sev_es) (emulated platform)"
	tell Module "kvm_amd $(cat /sys/module/kvm_amd/version 2>/dev/null || echo 'without a version: the stock module')"
}

tell_launch() {
	sev=$(guest_qmp query-sev)
	tell Launch "guest state '$(echo "$sev" | json state)', policy $(echo "$sev" | json policy) (no debugging, encrypted registers)"
	measurement=$(guest_qmp query-sev-launch-measure | json data)
	tell Measurement "$measurement"
}

# ap_steps: "VCPU BY" for each transition of an AP, in order of time.
ap_steps() {
	sed -n 's/.* es_ap: vcpu \([0-9]*\) .* by \([a-z-]*\).*/\1 \2/p' $tracing/trace | grep -v '^0 '
}

# One line an AP: its first SIPI, then its stays in AP reset hold with what ended them, equal ones counted.
tell_aps() {
	ap_steps | awk '
		function flush(v) {
			if (stay[v] != "") road[v] = road[v] ", " (times[v] > 1 ? times[v] " x " : "") stay[v]
		}
		function close_stay(v) {
			if (open[v] == stay[v]) { times[v]++ } else { flush(v); stay[v] = open[v]; times[v] = 1 }
			open[v] = ""
		}
		{
			if ($1 > max) max = $1
			if (road[$1] == "") { road[$1] = $2; next }
			if ($2 ~ /^hold-/ && open[$1] != "") close_stay($1)
			open[$1] = open[$1] (open[$1] == "" ? "(" : " -> ") $2
			if ($2 == "sipi") { open[$1] = open[$1] ")"; close_stay($1) }
		}
		END {
			for (v = 1; v <= max; v++) {
				if (open[v] != "") { open[v] = open[v] " ..."; close_stay(v) }
				flush(v)
				print v, road[v]
			}
		}
	' | while read -r vcpu road; do tell "AP vCPU $vcpu" "$road"; done
}

# aps_with STEP: how many APs took that step at least once.
aps_with() { ap_steps | grep -E " $1\$" | sort -u | cut -d ' ' -f 1 | sort -u | wc -l; }

# The counters of the only VM, the busiest first, several a line.
tell_events() {
	tell Exits "by event, from debugfs es_events"
	cat /sys/kernel/debug/kvm/*-*/es_events 2>/dev/null |
		awk '$3 == "count" && $4 { print ($1 == "event" ? "" : $1 "_") $2, $4 }' | sort -k 2 -rn |
		awk '{ printf "  %-24s %9d%s", $1, $2, NR % 2 ? "" : "\n" } END { if (NR % 2) print "" }'
}

# events_total: the sum of all counters.
events_total() { cat /sys/kernel/debug/kvm/*-*/es_events 2>/dev/null | awk '$3 == "count" { n += $4 } END { print n + 0 }'; }
