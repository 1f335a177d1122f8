# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What ran in guests: how many results passed and failed, counted from their output.

# tally STATUS OUTPUT...: prints `PASSED FAILED`. A run that failed without a failed line, or with fewer results
# than it planned, counts as one failure more, so that nothing that broke off looks like a pass.
tally() {
	local status=$1
	shift
	awk -v status="$status" '
		/^ok /     { passed++ }
		/^not ok / { failed++ }
		/^1\.\.[0-9]+$/ { planned += substr($0, 4) }
		/^(ok|not ok) [0-9]/ { numbered++ }
		/^(ok|not ok) .*# SKIP/ { passed--; failed++ }
		END {
			if (numbered < planned) failed += planned - numbered
			if (status != 0 && !failed) failed = 1
			if (!passed && !failed) failed = 1
			printf "%d %d\n", passed, failed
		}' "$@"
}

# guest RUN KERNEL SENTENCE JOB FILE...: a step that runs JOB in a guest and adds its results to the sums.
guests_passed=0 guests_failed=0
guest() {
	local run=$1 kernel=$2 what=$3 job=$4 status=0 passed failed
	shift 4
	try_step "$run-$kernel" "$what, in a guest on $kernel" "$LAB/vm" "$kernel" "$run" "$job" "$@" || status=$?
	read -r passed failed < <(tally "$status" "$LOGS/$run-$kernel.output")
	grep -B 3 '^not ok' "$LOGS/$run-$kernel.output" | head -n 20 | cut -c1-160 | sed 's/^/    | /' || :
	say "    $passed passed, $failed failed"
	guests_passed=$((guests_passed + passed))
	guests_failed=$((guests_failed + failed))
	return "$status"
}
