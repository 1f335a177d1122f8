# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Repeats the selftests for `seconds`, over ext4 and tmpfs in turn, at least once over each. With `state=busy` every
# processor has other work, memory is short, and caches are dropped. `cases` are options for base0fs-selftest. All runs of
# a case make one result.

# shellcheck source=guest/common.sh
. ./common.sh
seconds=${seconds:-120}
state=${state:-idle}
cases=${cases:-}
report=/tmp/soak.report

# fill_memory: fills a tmpfs until only half a gigabyte of memory is available. Reclaim cannot free a tmpfs, and the OOM
# killer does not charge it to a process.
fill_memory() {
	free=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
	[ "$free" -gt 600 ] || return 0
	mkdir /tmp/full && mount -t tmpfs -o size=100% full /tmp/full && dd if=/dev/zero of=/tmp/full/it bs=1M count=$((free - 500)) 2>/dev/null
}

# The load. These functions never return.
# shellcheck disable=SC2317 # `busy` calls them
spin() { while :; do :; done; }
# shellcheck disable=SC2317
read_disk() {
	while :; do
		dd if=/dev/vda of=/dev/null bs=1M count=200 2>/dev/null
		sleep 1
	done
}
# shellcheck disable=SC2317
forget() {
	while :; do
		sleep 2
		echo 2 >/proc/sys/vm/drop_caches
	done
}
busy() {
	fill_memory
	for _ in $(seq "$(nproc)"); do spin & done
	read_disk &
	# 4 turns off the kernel's log message for each drop.
	echo 4 >/proc/sys/vm/drop_caches
	forget &
}

# The clock that the suite sees is slow, and slower on a busy machine: this time is the machine's own.
now() { cat /sys/class/rtc/rtc0/since_epoch 2>/dev/null || date +%s; }
begin=$(now)
ended() { [ $(($(now) - begin)) -ge "$seconds" ]; }

load
echo "# the clock is $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
[ "$state" = idle ] || busy
runs=0
: >"$report"
until [ "$runs" -ge 2 ] && ended; do
	kind=ext4
	[ $((runs % 2)) = 0 ] || kind=tmpfs
	lower "$kind"
	# shellcheck disable=SC2086 # one word for each
	./base0fs-selftest --type "$layer" --dir /lower $cases >/tmp/soak.run 2>&1
	status=$?
	unlower
	runs=$((runs + 1))
	cat /tmp/soak.run >>"$report"
	echo "# run $runs, over $kind, ended after $(($(now) - begin)) s with status $status"
	# Print failures now, as comments. The results come at the end, one for each case.
	if [ "$status" != 0 ]; then
		grep -v '^ok ' /tmp/soak.run | sed '/^#/!s/^/# /'
		grep -q '^# Totals' /tmp/soak.run || echo "not ok 0 suite" >>"$report"
	fi
done
echo "# $runs runs of the suite in $(($(now) - begin)) s, $state, over ext4 and tmpfs in turn"
awk '/^(ok|not ok) [0-9]/ {
		name = $1 == "ok" ? $3 : $4
		if (!(name in runs)) order[++count] = name
		runs[name]++
		if ($1 == "not") failed[name]++
	}
	END {
		for (i = 1; i <= count; i++) {
			name = order[i]
			if (failed[name]) bad = 1
			printf "%s - %s: %d runs, %d failures\n", failed[name] ? "not ok" : "ok", name, runs[name], failed[name]
		}
		exit bad || !count
	}' "$report" || exit 1
unload
