# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The models of this directory (*.pml), asked by Spin; sourced by run.  Each is compiled once, with svm/rules/ap.c, and
# then asked in several ways: what must hold, and, with a mistake built in, what must then break.  A mistake that breaks
# nothing says that the model would not see it in the module either.
# shellcheck disable=SC2154 # logs, name: run's

# Scenario number, what must happen there (ltl of hold.pml), and as a sentence.
hold_scenarios=(
	"0 wakes each SIPI ends its hold, whatever NMIs, signals and readers of the MP state do"
	"1 wakes each SIPI ends its hold, though the guest is moved meanwhile"
	"2 nothing userspace may end a hold at any time"
	"3 is_freed a vCPU that is closed while another one wakes it is freed"
	"5 lets_go userspace ends a hold, even if the task loses its CPU on the way"
	"6 wakes each hold ends, though INIT and SIPI come twice"
	"7 wakes INIT does not stop a boot CPU that is not held, and ends no hold"
	"4 sleeps a held vCPU that nobody wakes comes to sleep, whatever disturbs it"
)
# What no scenario may break: the name in its assertion, and as a sentence.
hold_statements=(
	"ran_held a held vCPU does not run"
	"ended_otherwise only a SIPI or userspace ends a hold"
	"woken_falsely the answer says what ended the hold"
	"unanswered no hold ends without an answer"
	"ran_past_nmi an NMI is kept until the guest takes it or an INIT drops it"
	"injected_held nothing is injected into a held vCPU"
	"inside one task at a time has the vCPU"
	"freed nobody uses a vCPU that is freed"
)
# Mistake of hold.pml, scenario, what is asked, what Spin must say.
hold_mutants=(
	"NO_KICK 0 wakes cycle"
	"LATE_SLEEP 0 wakes cycle"
	"LATE_BIT 0 wakes cycle"
	"NO_KEEP 4 sleeps cycle"
	"NO_UNBLOCK 0 nothing ran_held"
	"NO_PUT 0 nothing woken_falsely"
	"FORGET_SIPI 0 wakes cycle"
	"BSP_SHOWN 0 wakes cycle"
	"BSP_EARLY 0 wakes cycle"
	"NMI_ALLOWED 0 nothing injected_held"
	"NO_IN_RUN 5 lets_go cycle"
	"MOVE_UNREAD 1 wakes cycle"
	"NO_RESTORE 1 nothing unanswered"
	"FREE_EARLY 3 nothing freed"
	"DROP_NMI 5 lets_go ran_past_nmi"
	"NO_MUTEX 0 nothing inside"
	"EAT_EVENTS 0 wakes cycle"
	"STALE_SIPI 0 wakes cycle"
	"NO_OWN_SIPI 7 wakes cycle"
	"OWN_COUNTS 7 wakes woken_falsely"
	"VECTOR_BLIND 0 wakes cycle"
	"EXPECT_NONE 0 wakes cycle"
	"KEEP_VECTOR 0 wakes woken_falsely"
	"FORGET_BLIND 6 wakes cycle"
	"INIT_FORGOTTEN 0 wakes cycle"
	"SIPI_ON_SIPI 0 wakes woken_falsely"
)
locks_mutants=("INSIDE_OUT" "NO_GATE" "NO_UNLOCK")

# model_build MODEL FLAG...: build/proof/MODEL/pan.  -O0: compiling takes longer than running.
model_build() {
	local dir=build/proof/$1 model=$PWD/selftests/proof/$1.pml svm=$PWD/svm
	shift

	rm -rf "$dir"
	mkdir -p "$dir"
	(cd "$dir" && cp "$model" . && nice -n 10 spin -a "${model##*/}" &&
		nice -n 10 gcc -O0 -w -DCOLLAPSE -DNFAIR=3 -DMEMLIM=1000 "$@" -I"$svm" -o pan pan.c "$svm/rules/ap.c")
}

# model_ask MODEL SCENARIO MUTANT LOG ARG...: what Spin says goes to LOG.
model_ask() {
	local dir=build/proof/$1 scenario=$2 mutant=$3 log=$PWD/$4
	shift 4

	(
		cd "$dir"
		ulimit -t 120 # of computing: a busy machine makes no mistake
		SCENARIO=$scenario MUTANT=$mutant nice -n 10 ./pan -m100000 -w20 "$@"
	) >"$log" 2>&1 || true
}

# model_result LOG: "ok", what broke, or "unfinished".
model_result() {
	local broken

	broken=$(sed -nE 's/^pan:1: (acceptance )?(cycle|invalid end state|assertion violated .*) \(at depth.*/\2/p' "$1")
	if [ -n "$broken" ]; then
		echo "$broken"
	elif grep -q 'errors: 0$' "$1" && ! grep -qE 'not completed|too small|out of memory' "$1"; then
		echo ok
	else
		echo unfinished
	fi
}

# mutant_number MODEL NAME
mutant_number() { sed -nE "s/^#define $2[[:space:]]+([0-9]+).*/\1/p" "selftests/proof/$1.pml"; }

# mutant_meaning MODEL NAME: its comment.
mutant_meaning() { sed -nE "s,^#define $2[[:space:]]+[0-9]+[[:space:]]*/\* (.*) \*/,\1,p" "selftests/proof/$1.pml"; }

# must_break MODEL MUTANT SCENARIO EXPECTED ARG...
must_break() {
	local model=$1 mutant=$2 scenario=$3 expected=$4 log=$logs/$1-$2.log result meaning
	shift 4

	meaning=$(mutant_meaning "$model" "$mutant")
	model_ask "$model" "$scenario" "$(mutant_number "$model" "$mutant")" "$log" "$@"
	result=$(model_result "$log")
	case $result in
	*"$expected"*) case_end ok "a mistake is seen: ${meaning:-$mutant}" ;;
	*) case_end broken "a mistake must be seen as '$expected', and Spin says '$result': ${meaning:-$mutant}" ;;
	esac
}

hold_scenario() {
	local number=$1 claim=$2 log=$logs/hold-$1.log result
	shift 2

	model_ask hold "$number" 0 "$log" -a -f -N "$claim"
	result=$(model_result "$log")
	said+="$result"$'\n'
	[ "$result" = ok ] ||
		echo "# Spin says '$result'; the steps: cd build/proof/hold && SCENARIO=$number MUTANT=0 ./pan -r -N $claim"
	case_end "$result" "$*"
}

# hold_statement FLAG SENTENCE...: no scenario's answer names it, and each has come to its end.
hold_statement() {
	local flag=$1
	shift

	case $said in
	*"$flag"* | *unfinished*) case_end broken "$*" ;;
	*) case_end ok "$*" ;;
	esac
}

model_hold() {
	local row said='' mutant scenario claim expected

	model_build hold >"$logs/hold.log" 2>&1 || die "The model hold.pml does not compile: see $logs/hold.log."
	# shellcheck disable=SC2086 # words are meant
	{
		for row in "${hold_scenarios[@]}"; do hold_scenario $row; done
		for row in "${hold_statements[@]}"; do hold_statement $row; done
	}
	for row in "${hold_mutants[@]}"; do
		read -r mutant scenario claim expected <<<"$row"
		must_break hold "$mutant" "$scenario" "$expected" -a -f -N "$claim"
	done
}

model_locks() {
	local mutant result

	model_build locks -DSAFETY >"$logs/locks.log" 2>&1 || die "The model locks.pml does not compile: see $logs/locks.log."
	model_ask locks 0 0 "$logs/locks-0.log"
	result=$(model_result "$logs/locks-0.log")
	case_end "$result" "moves, commands and ioctls of two VMs never wait for each other"
	for mutant in "${locks_mutants[@]}"; do
		must_break locks "$mutant" 0 "invalid end state"
	done
}

# model NAME
model() {
	local start=$SECONDS

	need_packages spin gcc libc6-dev
	note "Asking the model $1"
	"model_$1"
	echo "# $1: asked in $((SECONDS - start)) s"
}
