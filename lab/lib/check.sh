# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Checks: many steps in lanes. A failure does not stop steps that do not depend on it. At the end the job names each step that
# failed or could not run, repeats the reports of these, and fails.
#
# A job sources common.sh and this file, calls begin_checks, starts its lanes, and ends with wait_for_checks and report_checks.

# shellcheck source=lib/step.sh
. "$LAB/lib/step.sh"
# shellcheck source=lib/lanes.sh
. "$LAB/lib/lanes.sh"
# shellcheck source=lib/prepare.sh
. "$LAB/lib/prepare.sh"
# shellcheck source=lib/inside.sh
. "$LAB/lib/inside.sh"
# shellcheck source=lib/kernel.sh
. "$LAB/lib/kernel.sh"
# shellcheck source=lib/tally.sh
. "$LAB/lib/tally.sh"
# shellcheck source=lib/machine.sh
. "$LAB/lib/machine.sh"

failed=()
# What is drawn at random depends on the day. Another day finds something else.
export seed
seed=$(date -u +%Y%m%d)

# try and try_guest run a step of the present lane.
try() { lane_step "$1" try_step "$@"; }
try_guest() { lane_step "$1-$2" report_guest "$@"; }

# report_guest RUN KERNEL ...: as guest, and adds the results to those of the lane.
report_guest() {
	local status=0
	guests_passed=0 guests_failed=0
	guest "$@" || status=$?
	[ "$status" = 0 ] || guest_failure "$1" "$2"
	say "guests $guests_passed $guests_failed" >>"$LOGS/lane-$lane_name.results"
	return "$status"
}

# begin_checks COMMAND KERNEL...: prepares the kernels, and builds the driver for each. COMMAND is what the user has typed.
begin_checks() {
	local kernel
	need_root "$1"
	shift
	checked=$*
	# The limit is for guests that hang. It must not end a guest that is slow because other guests run at the same time.
	export LAB_TIME_LIMIT=1800
	prepare "$@"
	# All guests of emulated machines use the accelerator. Test it here, before two guests test it at once.
	for kernel; do
		is_process "$kernel" || {
			accelerator "$(kernel_dir "$kernel")" >/dev/null
			break
		}
	done
	say "==> Checks on this machine, beside guests on $checked; each report follows when its step has ended"
	trap end_lanes EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

# guest_lanes COUNT: how many of COUNT kernels may run guests at once: one for each processor, and for each 3 GB of available
# memory.
guest_lanes() {
	local most=$1 limit
	for limit in "$(nproc)" "$(awk '/^MemAvailable:/ { print int($2 / 3000000) }' /proc/meminfo)"; do
		[ "$most" -le "$limit" ] || most=$limit
	done
	say $((most > 0 ? most : 1))
}

# start_guest_lanes COMMAND KERNEL...: distributes the kernels among the lanes, each of which runs COMMAND KERNEL...
start_guest_lanes() {
	local command=$1 count lane i names kernels
	shift
	kernels=("$@")
	count=$(guest_lanes $#)
	for ((lane = 0; lane < count; lane++)); do
		names=()
		for ((i = lane; i < ${#kernels[@]}; i += count)); do names+=("${kernels[i]}"); done
		start_lane "${names[0]}" "$command" "${names[@]}"
	done
}

wait_for_checks() {
	wait_for_lanes
	trap - EXIT
	say
}

# report_checks KERNEL...: the sums, the notes of these kernels, and the reports of all that failed.
report_checks() {
	local kernel note step
	say "Guests ($checked):"
	for kernel; do
		note=$(kernel_dir "$kernel")/note
		[ ! -e "$note" ] || say "NOTE: $kernel: $(cat "$note")"
	done
	say "$guests_passed passed, $guests_failed failed"
	say "Time: $SECONDS s; logs: $(shown_log '')"
	[ ${#failed[@]} = 0 ] || {
		say
		say "Failed:"
		for step in "${failed[@]}"; do
			cat "$LOGS/$step.report" 2>/dev/null || say "==> $step was ended by something else; its reports are in $(shown_log "$step.log")"
		done
		die "these steps failed: ${failed[*]}."
	}
}
