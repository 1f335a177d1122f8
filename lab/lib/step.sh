# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# One step of a longer job: what it does, a sign of life while it runs, how long it took, where its log is.

# step NAME SENTENCE COMMAND...: runs COMMAND with its output in a log; a failed step ends the job.
step() {
	try_step "$@" || exit 1
}

# try_step NAME SENTENCE COMMAND...: the same, but the caller decides what a failure means.
try_step() {
	local name=$1 what=$2 log=$LOGS/$1.log start=$SECONDS watcher status=0
	shift 2
	mkdir -p "$LOGS"
	: >"$log"
	say "==> $what"
	watch_log "$log" &
	watcher=$!
	"$@" >"$log" 2>&1 </dev/null || status=$?
	kill "$watcher" 2>/dev/null || :
	wait "$watcher" 2>/dev/null || :
	[ ! -t 1 ] || printf '\r\033[K'
	case $status in 130 | 143) die "interrupted during: $what." ;; esac
	sed -n 's/^lab: NOTE: /    NOTE: /p' "$log"
	if [ "$status" = 0 ]; then
		say "    done in $((SECONDS - start)) s; log: ${log#"$PROJECT/"}"
		return 0
	fi
	say "    FAILED after $((SECONDS - start)) s ($name, status $status); the end of ${log#"$PROJECT/"}:"
	tail -n 25 "$log" | sed 's/^/    | /'
	return "$status"
}

# watch_log LOG: the last line of LOG and the time gone, in place on a terminal, now and then elsewhere.
watch_log() {
	local log=$1 start=$SECONDS pause=1 last never
	[ -t 1 ] || pause=30
	# Waiting on a pipe that nothing comes through leaves no `sleep` behind when this is killed.
	exec {never}<> <(:)
	while kill -0 $$ 2>/dev/null; do
		read -r -t "$pause" -u "$never" || :
		last=$(last_line "$log")
		if [ -t 1 ]; then
			printf '\r\033[K    %4d s  %s' "$((SECONDS - start))" "$last"
		else
			printf '    %4d s  %s\n' "$((SECONDS - start))" "$last"
		fi
	done
}

last_line() {
	tail -c 4096 "$1" | tr '\r' '\n' | grep -av '^[[:space:]]*$' | tail -n 1 | cut -c1-60 || :
}
