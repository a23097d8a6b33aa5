# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The result of one of the kernel's selftests, and whether reference/kernel-selftests.table expects it.  Its rows:
#
#   series <tab> program <tab> with Debian's own module: pass, skip, fail or varies <tab> the same with ours
#	<tab> what the program says, or - <tab> why
#
# A skip or failure is only the expected one if the program's output holds what the row says.  "varies": it passes, or fails
# with those words.  "unknown" instead of a result: nobody has seen one that could be relied on, and it is no pass.
# shellcheck disable=SC2154 # work and logs are the script's

expectations=$es_platform/reference/kernel-selftests.table

# program KVER NR
program() { sed -n "$2p" "$work/$1.list"; }

series_of() { cut -d . -f 1,2 <<<"$1"; }

# expected KVER PROGRAM: the row's result for this module, and its last two columns.
expected() {
	awk -F '\t' -v series="$(series_of "$1")" -v program="$2" -v module="$ES_MODULE" \
		'$1 == series && $2 == program { print (module == "es" ? $4 : $3) "\t" $5 "\t" $6 }' "$expectations"
}

# other_result KVER PROGRAM: what the row says of the other module.
other_result() {
	awk -F '\t' -v series="$(series_of "$1")" -v program="$2" -v module="$ES_MODULE" \
		'$1 == series && $2 == program { print module == "es" ? $3 : $4 }' "$expectations"
}

# measured KVER PROGRAM RESULT SAYS WHY: a row with this run's result.
measured() {
	local stock=$3 ours

	ours=$(other_result "$1" "$2")
	[ "$ES_MODULE" = stock ] || stock=${ours:-unknown} ours=$3
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$(series_of "$1")" "$2" "$stock" "${ours:-unknown}" "$4" "$5"
}

# worse_with_ours: the table's programs that do worse with our module than with Debian's, as far as both are known.
worse_with_ours() {
	awk -F '\t' 'BEGIN { good["pass"] = 3; good["varies"] = 2; good["skip"] = good["fail"] = 1 }
		/^#/ || (NF == 6 && ($3 == "unknown" || $4 == "unknown")) { next }
		NF != 6 || good[$4] < good[$3] || (good[$3] == good[$4] && $3 != $4) { print $1 ": " $2 }' "$expectations"
}

# result STATUS OUT: pass, skip or fail.
result() {
	if grep -q '^program-kernel: ' "$2"; then
		echo fail
	else
		case $1 in 0) echo pass ;; 4) echo skip ;; *) echo fail ;; esac
	fi
}

# words_of STATUS OUT SECONDS: the line that tells best why the program did not pass.
words_of() {
	local line

	case $1 in
	4) line=$(sed -n 's/.*# SKIP *-* *//p' "$2" | grep -m 1 . || grep -v '^ *$' "$2" | tail -n 1 || true) ;;
	137) line="stopped after $3 s" ;;
	died) line="the host died" ;;
	*) line=$(sed -n '/Test Assertion Failure/{ n; s/^ *//p; q }' "$2" | grep . || grep -m 1 '^# .*Expected' "$2" ||
		grep -v '^ *$' "$2" | tail -n 1 || true) ;;
	esac
	[ "$1" = died ] || line=$(grep -m 1 '^program-kernel: ' "$2" || echo "$line")
	echo "${line:--}" | tr '\t' ' '
}

# check KVER NR STATUS SECONDS OUT: one line of TAP, one row in logs/KVER/table.
check() {
	local kver=$1 name result says want

	name=$(program "$kver" "$2")
	result=$(result "$3" "$5") says=-
	[ "$result" = pass ] || says=$(words_of "$3" "$5" "$4")
	echo "$says" >>"$5"
	want=$(expected "$kver" "$name")
	printf '%s\n' "$2" >>"$work/$kver.checked"
	measured "$kver" "$name" "$result" "$says" "${want##*$'\t'}" >>"$logs/$kver/table"
	compare "$kver: $name" "$result" "$says" "$want" "$5" "$4 s"
}

# compare NAME RESULT SAYS EXPECTED OUT TIME
compare() {
	local want=${4%%$'\t'*} said=${4#*$'\t'} why=${4##*$'\t'}

	said=${said%$'\t'*}
	if [ "$want" = varies ]; then
		want=fail
		[ "$2" != pass ] || want=pass
	fi
	[ "$want" != pass ] || said=- # the words may be the other module's
	if [ "$want" = unknown ]; then
		echo "ok 0 $1 # SKIP not checked: $why; this time: $2 ($3)"
		return
	fi
	if [ "$2" = "$want" ] && { [ "$said" = - ] || grep -qF -e "$said" "$5"; }; then
		case $2 in
		pass) echo "ok 0 $1 # $6" ;;
		skip) echo "ok 0 $1 # SKIP $3" ;;
		*) echo "ok 0 $1 # fails as known: $why" ;;
		esac
		return
	fi
	tail -n 25 "$5" | sed 's/^/# /'
	echo "# the whole output: ${5#"$es_top/"}"
	echo "# rerun: KVERS=${1%%: *} ES_MODULE=$ES_MODULE selftests/platform/reference-kselftests ${1#*: }"
	echo "not ok 0 $1 # $2 ($3), expected ${want:-nothing: no row in ${expectations#"$es_top/"}}${want:+ ($said)}"
}

# absent KVER: the table's programs that this kernel's source did not give.
absent() {
	local name

	awk -F '\t' -v series="$(series_of "$1")" '$1 == series { print $2 }' "$expectations" |
		{ grep -vxF -f "$work/$1.list" || true; } | while read -r name; do
		echo "not ok 0 $1: $name # it was not built, but has a row in ${expectations#"$es_top/"}"
	done
}

# summary KVER
summary() {
	awk -F '\t' -v kver="$1" -v column="$([ "$ES_MODULE" = es ] && echo 4 || echo 3)" '{ n[$column]++ } END {
		printf "# %s: %d programs: %d passed, %d skipped themselves, %d failed\n", kver, NR, n["pass"], n["skip"], n["fail"] }' \
		"$logs/$1/table"
}
