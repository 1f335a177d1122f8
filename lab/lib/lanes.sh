# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Lanes: sequences of steps that run at the same time. A lane is a background process. It shows the report of each step
# in one piece when the step has ended, so that reports of two lanes never mix.
#
# A lane keeps its reports in LOGS/lane-NAME.log, the name of its present step in LOGS/lane-NAME.now, and its results in
# LOGS/lane-NAME.results, lines of two forms: `failed STEP` and `guests PASSED FAILED`.

lanes=() lane_pids=() lane_watcher=''

# start_lane NAME COMMAND...: runs COMMAND, whose steps go through lane_step, beside this shell.
start_lane() {
	local name=$1
	shift
	mkdir -p "$LOGS"
	: >"$LOGS/lane-$name.now"
	: >"$LOGS/lane-$name.log"
	: >"$LOGS/lane-$name.results"
	lanes+=("$name")
	# Job control gives the lane a process group of its own, which end_lanes can signal as a whole.
	set -m
	run_lane "$name" "$@" </dev/null &
	lane_pids+=($!)
	set +m
}

run_lane() {
	lane_name=$1
	shift
	"$@"
}

# lane_step NAME COMMAND...: runs COMMAND, which prints the report of the step NAME, in a lane.
lane_step() {
	local name=$1 report=$LOGS/$1.report status=0
	shift
	say "$name" >"$LOGS/lane-$lane_name.now"
	# In a shell of its own: a step that ends its shell does not end the lane.
	("$@") >"$report" 2>&1 || status=$?
	: >"$LOGS/lane-$lane_name.now"
	[ "$status" = 0 ] || say "failed $name" >>"$LOGS/lane-$lane_name.results"
	cat "$report" >>"$LOGS/lane-$lane_name.log"
	on_console show_report "$report"
}

show_report() {
	clear_line
	cat "$1"
}

# on_console COMMAND...: runs COMMAND while nothing else prints there.
on_console() {
	{
		flock 9
		"$@"
	} 9>"$LOGS/.console.lock"
}

# wait_for_lanes: shows which steps are running until all lanes have ended; then adds their results to `failed` and to the
# sums of guest results.
wait_for_lanes() {
	local begin=$SECONDS lane status kind first second
	each_pause on_console show_line progress_of_lanes &
	lane_watcher=$!
	for lane in "${!lanes[@]}"; do
		status=0
		wait "${lane_pids[$lane]}" || status=$?
		[ "$status" = 0 ] || lane_broke "$lane"
	done
	end_lane_watcher
	clear_line
	for lane in "${lanes[@]}"; do
		while read -r kind first second; do
			case $kind in
			failed) failed+=("$first") ;;
			guests) guests_passed=$((guests_passed + first)) guests_failed=$((guests_failed + second)) ;;
			esac
		done <"$LOGS/lane-$lane.results"
	done
	lanes=() lane_pids=()
}

# lane_broke INDEX: adds a lane that did not reach its end to `failed`, reports the step that it was at, and ends what
# that step has started.
lane_broke() {
	local name=${lanes[$1]} step
	kill -- "-${lane_pids[$1]}" 2>/dev/null || :
	step=$(cat "$LOGS/lane-$name.now")
	say "==> The lane $name was ended${step:+ in the step $step}, and its later steps did not run; see $(shown_log "lane-$name.log")" \
		>"$LOGS/lane-$name.report"
	failed+=("lane-$name")
}

# progress_of_lanes: the line that wait_for_lanes shows.
progress_of_lanes() {
	local lane running=()
	for lane in "${lanes[@]}"; do
		running+=("$(cat "$LOGS/lane-$lane.now")")
	done
	printf '    %4d s  running: %s\n' $((SECONDS - begin)) "$(printf '%s\n' "${running[@]}" | grep . | paste -sd, | sed 's/,/, /g')"
}

end_lane_watcher() {
	[ -n "$lane_watcher" ] || return 0
	kill "$lane_watcher" 2>/dev/null || :
	wait "$lane_watcher" 2>/dev/null || :
	lane_watcher=''
}

# end_lanes: ends every process of every lane, and waits until they are gone, but not longer than 20 s. For an EXIT trap.
end_lanes() {
	local pid _
	# A second interrupt must not interrupt this.
	trap '' INT TERM HUP
	for pid in "${lane_pids[@]}"; do kill -- "-$pid" 2>/dev/null || :; done
	[ -z "$lane_watcher" ] || kill "$lane_watcher" 2>/dev/null || :
	# Not with `wait`: bash can hang in a `wait` that a trap makes while it interrupts another one.
	for pid in "${lane_pids[@]}"; do
		for _ in {1..200}; do
			kill -0 -- "-$pid" 2>/dev/null || break
			sleep 0.1
		done
	done
}
