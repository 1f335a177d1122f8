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
	run_step "$run-$kernel" "$what, in a guest on $kernel" "$LAB/vm" "$kernel" "$run" "$job" "$@" || status=$?
	read -r passed failed < <(tally "$status" "$LOGS/$run-$kernel.output")
	say "    $passed passed, $failed failed"
	guests_passed=$((guests_passed + passed))
	guests_failed=$((guests_failed + failed))
	return "$status"
}

# guest_failure RUN KERNEL: why such a step failed: each result that did, with what it means and the first of what
# differed; what the lab itself says; and where to read on.
guest_failure() {
	local log=$LOGS/$1-$2.log reasons
	reasons=$(
		failed_results "$LOGS/$1-$2.output"
		# Of the kernel, or of an end without a status.
		sed -n '/^lab: NOTE: /d; /^lab: /,$p' "$log" | sed 's/; the whole log is [^ ]*:$/:/; s/; the end of [^ ]*:$/; the end of its log:/' | head -n 12
	)
	[ -n "$reasons" ] || reasons=$(tail -n 12 "$log")
	cut -c1-500 <<<"$reasons" | sed 's/^/    /'
	say "    log: $(shown_log "$1-$2.output"); the kernel's: $(shown_log "$1-$2.kernel")"
}

# failed_results OUTPUT: of a result that failed in several reports only the first is told.
failed_results() {
	awk '
		/^# FAILED: / {
			text = substr($0, 11)
			end = index(text, ": ")
			risk[substr(text, 1, end - 1)] = substr(text, end)
			next
		}
		/^# / { if (told < 3) said = said "\n    " substr($0, 3); told++; next }
		/^not ok / {
			name = $0
			sub(/^not ok ([0-9]+ |- )/, "", name)
			if (!(name in why)) { names[++count] = name; why[name] = said (told > 3 ? "\n    (" told - 3 " more in the log)" : "") }
		}
		/^(ok|not ok|KTAP|1\.\.)/ { said = ""; told = 0 }
		END { for (i = 1; i <= count; i++) print names[i] risk[names[i]] why[names[i]] }' "$1"
}
