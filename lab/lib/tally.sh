# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Results from guests: counting them in the output, and showing those that failed.

# tally STATUS OUTPUT...: prints `PASSED FAILED`. Each result that was planned but is missing counts as failed. A run with
# a bad status and no failed result, or without any result, counts as one failure, so that a broken run never passes.
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

# guest RUN KERNEL SENTENCE JOB FILE...: a step that runs JOB in a guest and adds its results to guests_passed and
# guests_failed.
guests_passed=0 guests_failed=0
guest() {
	local run=$1 kernel=$2 what=$3 job=$4 status=0 passed failed
	shift 4
	run_step "$run-$kernel" "$what, in a guest on $kernel" "$LAB/vm" "$kernel" "$run" "$job" "$@" || status=$?
	read -r passed failed < <(tally "$status" "$LOGS/$run-$kernel.output")
	say "    $passed passed, $failed failed"
	guests_passed=$((guests_passed + passed))
	guests_failed=$((guests_failed + failed))
	# A guest can end with 0 and have failed results, or fewer than it announced.
	[ "$failed" = 0 ] || [ "$status" != 0 ] || status=1
	return "$status"
}

# guest_failure RUN KERNEL: shows why such a step failed: each failed result with its consequence and the first
# differences; the lab's own messages; and the logs.
guest_failure() {
	local log=$LOGS/$1-$2.log reasons
	reasons=$(
		failed_results "$LOGS/$1-$2.output"
		# Complaints of the kernel, or an end without a status.
		sed -n '/^lab: NOTE: /d; /^lab: /,$p' "$log" | sed 's/; the whole log is [^ ]*:$/:/; s/; the end of [^ ]*:$/; the end of its log:/' | head -n 12
	)
	[ -n "$reasons" ] || reasons=$(tail -n 12 "$log")
	cut -c1-500 <<<"$reasons" | sed 's/^/    /'
	say "    log: $(shown_log "$1-$2.output"); the kernel's: $(shown_log "$1-$2.kernel")"
}

# failed_results OUTPUT: prints each failed result once, with its comment lines from its first report.
failed_results() {
	awk '
		/^# FAILED: / {
			text = substr($0, 11)
			end = index(text, ": ")
			risk[substr(text, 1, end - 1)] = substr(text, end)
			next
		}
		/^# / { if (lines < 3) comment = comment "\n    " substr($0, 3); lines++; next }
		/^not ok / {
			name = $0
			sub(/^not ok ([0-9]+ |- )/, "", name)
			if (!(name in why)) { names[++count] = name; why[name] = comment (lines > 3 ? "\n    (" lines - 3 " more in the log)" : "") }
		}
		/^(ok|not ok|KTAP|1\.\.)/ { comment = ""; lines = 0 }
		END { for (i = 1; i <= count; i++) print names[i] risk[names[i]] why[names[i]] }' "$1"
}
