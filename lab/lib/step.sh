# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# One step of a longer job: its progress while it runs, then its result, its duration and its log.

# The name of the lane (lanes.sh) that this shell runs; empty outside of lanes.
lane_name=''

# step NAME SENTENCE COMMAND...: runs COMMAND with its output in a log. A failure ends the job.
step() {
	try_step "$@" || exit 1
}

# try_step NAME SENTENCE COMMAND...: as step, but a failure only sets the status, after the reason is shown.
try_step() {
	local status=0
	run_step "$@" || status=$?
	[ "$status" = 0 ] || step_failure "$1"
	return "$status"
}

# run_step NAME SENTENCE COMMAND...: as try_step, but the caller shows the reason.
run_step() {
	local name=$1 what=$2 log=$LOGS/$1.log start=$SECONDS watcher='' status=0
	shift 2
	mkdir -p "$LOGS"
	: >"$log"
	say "==> $what"
	# In a lane this output is shown when the step has ended, too late for progress.
	[ -n "$lane_name" ] || {
		watch_log "$name" "$log" &
		watcher=$!
	}
	"$@" >"$log" 2>&1 </dev/null || status=$?
	[ -z "$watcher" ] || {
		kill "$watcher" 2>/dev/null || :
		wait "$watcher" 2>/dev/null || :
		clear_line
	}
	case $status in 130 | 143) die "interrupted during: $what." ;; esac
	sed -n 's/^lab: NOTE: /    NOTE: /p' "$log"
	if [ "$status" = 0 ]; then
		learn_length "$name" "$log" $((SECONDS - start))
		say "    done in $((SECONDS - start)) s; log: $(shown_log "$name.log")"
	else
		say "    FAILED after $((SECONDS - start)) s ($name, status $status)"
	fi
	return "$status"
}

# step_failure NAME: why the step failed: the tests of cargo that failed, or else the end of the log.
step_failure() {
	local log=$LOGS/$1.log tests
	tests=$(failed_tests "$log")
	if [ -n "$tests" ]; then
		say "    failed tests in $(shown_log "$1.log"):"
		cut -c1-300 <<<"$tests" | sed 's/^/    | /'
	else
		say "    the end of $(shown_log "$1.log"):"
		tail -n 25 "$log" | sed 's/^/    | /'
	fi
}

# failed_tests LOG: prints each test that failed in a log of `cargo test`: its name, the first 12 lines of its output,
# and the message of its panic. Also prints each test program that a signal ended. Prints nothing if there is neither.
#
# cargo prints `---- NAME stdout ----` before the output of a failed test. After these blocks a list names all failed
# tests, one a line and indented, those without output included.
failed_tests() {
	awk -v most=12 '
		function show(name) { if (!(name in shown)) { shown[name] = 1; print name } }
		/^failures:$/ { section = "list"; next }
		/^test result: / { section = ""; delete shown; next }
		section != "" && /^---- .* stdout ----$/ {
			section = "output"
			lines = last = 0
			show(substr($0, 6, length($0) - 17))
			next
		}
		section == "list" && /^    [^ ]/ { show(substr($0, 5)) }
		section == "output" && /[^ ]/ {
			lines++
			if (/ panicked at /) last = lines + 3
			if (lines <= most || lines <= last) print "    " $0
			else if (lines == most + 1) print "    (more in the log)"
		}
		/^  process didn.t exit successfully: / { print substr($0, 3) }' "$1"
}

# shown_log FILE: the path of a log from the project's directory.
shown_log() { say "${LOGS#"$PROJECT/"}/$1"; }

# watch_log NAME LOG: shows the step's progress: on a terminal each second in one line, elsewhere a line each minute.
watch_log() {
	local name=$1 log=$2 start=$SECONDS lines seconds bar=''
	[ ! -t 1 ] || bar=bar
	read -r lines seconds < <(known_length "$name")
	each_pause show_line progress_of_step
}

# progress_of_step: the line that watch_log shows.
progress_of_step() { progress $((SECONDS - start)) "$lines" "$seconds" "$log" "$bar"; }

# each_pause COMMAND...: runs COMMAND each second on a terminal, else each minute, until it is killed or this shell ends.
each_pause() {
	local pause=1 never
	[ -t 1 ] || pause=${LAB_PAUSE:-60}
	# Pause by a read from a silent pipe: a `sleep` would survive when this process is killed.
	exec {never}<> <(:)
	while kill -0 $$ 2>/dev/null; do
		read -r -t "$pause" -u "$never" || :
		"$@"
	done
}

# show_line COMMAND...: shows the line that COMMAND prints: on a terminal in the place of the last one, cut to the width.
show_line() {
	local terminal width
	[ -t 1 ] || {
		"$@"
		return
	}
	exec {terminal}>&1
	# A terminal without a size reports 0.
	width=$(stty size <&"$terminal" | cut -d' ' -f2)
	[ "${width:-0}" -gt 1 ] || width=80
	# A full line would wrap.
	printf '\r\033[K%s' "$("$@" | cut -c"1-$((width - 1))")"
	exec {terminal}>&-
}

# clear_line: removes what show_line has left on a terminal.
clear_line() { [ ! -t 1 ] || printf '\r\033[K'; }

# progress GONE LINES SECONDS LOG [bar]: one line of progress. LINES and SECONDS are what the whole step printed and took
# the last time, 0 if unknown.
progress() {
	local gone=$1 lines=$2 seconds=$3 log=$4 bar=${5:-} done=0 left='' shown=''
	# A short log is too coarse a measure; use the time then.
	if [ "$lines" -ge 50 ]; then
		done=$((100 * $(wc -l <"$log") / lines))
	elif [ "$seconds" -gt 0 ]; then
		done=$((100 * gone / seconds))
	fi
	# The step may print more, or take longer, than the last time: a running step is never at 100 %.
	[ "$done" -lt 100 ] || done=99
	if [ "$seconds" -gt 0 ]; then
		# From 5 % on, extrapolate from this run instead of the last one.
		if [ "$lines" -ge 50 ] && [ "$done" -ge 5 ]; then seconds=$((gone * 100 / done)); fi
		[ -z "$bar" ] || shown=[$(printf "%$((done / 5))s" '' | tr ' ' '#')$(printf "%$((20 - done / 5))s" '' | tr ' ' .)]' '
		shown+="$done %, $(time_left $((seconds - gone)))  "
	fi
	left=$(last_line "$log")
	printf '    %4d s  %s%s\n' "$gone" "$shown" "${left:-(nothing printed yet)}"
}

# time_left SECONDS: in words, no more exact than the estimate.
time_left() {
	if [ "$1" -ge 90 ]; then
		printf 'about %d min left' $((($1 + 30) / 60))
	elif [ "$1" -gt 10 ]; then
		printf 'about %d s left' $((($1 + 5) / 10 * 10))
	elif [ "$1" -gt -10 ]; then
		printf 'nearly done'
	else
		printf 'longer than before'
	fi
}

last_line() {
	tail -c 4096 "$1" | tr '\r' '\n' | tr -d '\033' | grep -av '^[[:space:]]*$' | tail -n 1 | cut -c1-60 || :
}

# known_length NAME: how many lines the step printed and how many seconds it took the last time on this machine, else
# the figures of lab/steps, else `0 0`.
known_length() {
	local table
	table=$(table_length "$1")
	if [ "$table" != "0 0" ] && [ -e "$CACHE/steps/$1" ]; then
		cat "$CACHE/steps/$1"
	else
		say "${table:-0 0}"
	fi
}

# table_length NAME: the figures of lab/steps; nothing if it has none for NAME.
table_length() {
	awk -v name="$1" '$1 == name || ($1 ~ /\*$/ && index(name, substr($1, 1, length($1) - 1)) == 1) {
		print $2, $3
		exit
	}' "$LAB/steps"
}

# learn_length NAME LOG SECONDS: remembers the figures of this run, unless the step found most of its work done.
learn_length() {
	local lines known
	lines=$(wc -l <"$2")
	read -r known _ < <(known_length "$1")
	[ "$3" -ge 5 ] && [ "$lines" -ge $((known / 2)) ] && [ "$(table_length "$1")" != "0 0" ] || return 0
	mkdir -p "$CACHE/steps"
	say "$lines $3" >"$CACHE/steps/$1"
}
