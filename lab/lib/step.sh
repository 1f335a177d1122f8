# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# One step of a longer job: what it does, how far it is while it runs, how long it took, where its log is.

# step NAME SENTENCE COMMAND...: runs COMMAND with its output in a log; a failed step ends the job.
step() {
	try_step "$@" || exit 1
}

# try_step NAME SENTENCE COMMAND...: the same, but the caller decides what a failure means.
try_step() {
	local status=0
	run_step "$@" || status=$?
	[ "$status" = 0 ] || {
		say "    the end of $(shown_log "$1.log"):"
		tail -n 25 "$LOGS/$1.log" | sed 's/^/    | /'
	}
	return "$status"
}

# run_step NAME SENTENCE COMMAND...: the same, but the caller says why it failed.
run_step() {
	local name=$1 what=$2 log=$LOGS/$1.log start=$SECONDS watcher status=0
	shift 2
	mkdir -p "$LOGS"
	: >"$log"
	say "==> $what"
	watch_log "$name" "$log" &
	watcher=$!
	"$@" >"$log" 2>&1 </dev/null || status=$?
	kill "$watcher" 2>/dev/null || :
	wait "$watcher" 2>/dev/null || :
	[ ! -t 1 ] || printf '\r\033[K'
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

# shown_log FILE: the name of a log for a person, from the project's directory.
shown_log() { say "${LOGS#"$PROJECT/"}/$1"; }

# watch_log NAME LOG: how far the step is, how long it still takes, and the last line of its log: on a terminal in
# place, elsewhere each minute.
watch_log() {
	local name=$1 log=$2 start=$SECONDS pause=1 lines seconds never terminal width
	[ -t 1 ] || pause=${LAB_PAUSE:-60}
	read -r lines seconds < <(known_length "$name")
	# Waiting on a pipe that nothing comes through leaves no `sleep` behind when this is killed.
	exec {never}<> <(:) {terminal}>&1
	while kill -0 $$ 2>/dev/null; do
		read -r -t "$pause" -u "$never" || :
		if [ -t 1 ]; then
			# A line that fills the terminal to its edge would go on in the next. A terminal without a size tells 0.
			width=$(stty size <&"$terminal" | cut -d' ' -f2)
			[ "${width:-0}" -gt 1 ] || width=80
			printf '\r\033[K%s' "$(progress $((SECONDS - start)) "$lines" "$seconds" "$log" bar | cut -c"1-$((width - 1))")"
		else
			progress $((SECONDS - start)) "$lines" "$seconds" "$log"
		fi
	done
}

# progress GONE LINES SECONDS LOG [bar]: one line; LINES and SECONDS are what the whole step took before, 0 if nobody knows.
progress() {
	local gone=$1 lines=$2 seconds=$3 log=$4 bar=${5:-} done=0 left='' shown=''
	# Few lines tell little, so that time has to.
	if [ "$lines" -ge 50 ]; then
		done=$((100 * $(wc -l <"$log") / lines))
	elif [ "$seconds" -gt 0 ]; then
		done=$((100 * gone / seconds))
	fi
	# A step may print more, or take longer, than it did before; what is not over is not done.
	[ "$done" -lt 100 ] || done=99
	if [ "$seconds" -gt 0 ]; then
		# What is left follows from what is done here, once that says something.
		if [ "$lines" -ge 50 ] && [ "$done" -ge 5 ]; then seconds=$((gone * 100 / done)); fi
		[ -z "$bar" ] || shown=[$(printf "%$((done / 5))s" '' | tr ' ' '#')$(printf "%$((20 - done / 5))s" '' | tr ' ' .)]' '
		shown+="$done %, $(time_left $((seconds - gone)))  "
	fi
	left=$(last_line "$log")
	printf '    %4d s  %s%s\n' "$gone" "$shown" "${left:-(nothing printed yet)}"
}

# time_left SECONDS: in words, no more exactly than is known.
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

# known_length NAME: how many lines the step printed and how many seconds it took when it last ran on this machine, or
# else as the table has it; `0 0` if nobody knows.
known_length() {
	local table
	table=$(table_length "$1")
	if [ "$table" != "0 0" ] && [ -e "$CACHE/steps/$1" ]; then
		cat "$CACHE/steps/$1"
	else
		say "${table:-0 0}"
	fi
}

# table_length NAME: as the table has it; nothing if it has not.
table_length() {
	awk -v name="$1" '$1 == name || ($1 ~ /\*$/ && index(name, substr($1, 1, length($1) - 1)) == 1) {
		print $2, $3
		exit
	}' "$LAB/steps"
}

# learn_length NAME LOG SECONDS: remembers that, unless the step found most of its work done.
learn_length() {
	local lines known
	lines=$(wc -l <"$2")
	read -r known _ < <(known_length "$1")
	[ "$3" -ge 5 ] && [ "$lines" -ge $((known / 2)) ] && [ "$(table_length "$1")" != "0 0" ] || return 0
	mkdir -p "$CACHE/steps"
	say "$lines $3" >"$CACHE/steps/$1"
}
