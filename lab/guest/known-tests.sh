# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Runs the test suites `suites` on a directory of each lower filesystem, then through a mount of base0fs on another one,
# and compares each test. `kernel` is the name of the kernel. Each difference has to be in known-tests.differences, and
# each that is there has to occur.

# shellcheck source=guest/common.sh
. ./common.sh
limit=${limit:-3000}

# suite SUITE LAYER: runs it in the system on the second disk, where the filesystem under test is /tmp. A test writes there
# alone: the suite itself is there, too. /system/results/LAYER gets `pass|fail|skip NAME` for each test.
suite() {
	cp -a "/system/opt/known-tests/$1" /system/tmp/ 2>/dev/null || mkdir "/system/tmp/$1"
	begin=$(date +%s)
	# What it leaves behind, processes and mounts, ends with its namespaces.
	timeout -s KILL "$limit" chroot /system /usr/bin/unshare --pid --fork --kill-child --mount-proc /bin/bash /known-suites.sh "$1" 3>"/system/results/$2" </dev/null 2>&1 |
		awk -v layer="$2" '{ print layer "| " $0; fflush() }'
	echo "# $1, $2, over $kind: $(wc -l <"/system/results/$2") tests in $(($(date +%s) - begin)) s"
}

# differences SUITE KIND: the names in the table for that suite, here.
differences() {
	while read -r name tests where reason; do
		# shellcheck disable=SC2254 # a pattern
		case $name:$kernel/$2 in "$1":$where) echo "$tests ${reason#| }" ;; esac
	done <./known-tests.differences
}

# compare SUITE KIND: the results. What does not pass below says nothing about base0fs.
compare() {
	differences "$1" "$2" >/tmp/known
	awk -v suite="$1" -v kind="$2" '
		FILENAME ~ /known$/ { name = $1; $1 = ""; known[name] = $0; next }
		FILENAME ~ /lower$/ { below[$2] = $1; order[++count] = $2; next }
		{ above[$2] = $1 }
		END {
			for (i = 1; i <= count; i++) {
				name = order[i]
				states[below[name]]++
				if (below[name] != "pass") {
					print "# " below[name] " below, " (above[name] ? above[name] : "nothing") " above: " name
					continue
				}
				if (above[name] == "pass") { same++; continue }
				end = above[name] == "skip" ? "is skipped" : above[name] ? "fails" : "does not end"
				if (name in known) {
					print "ok - " suite " over " kind ": " name " " end ", as documented:" known[name]
					delete known[name]
				} else {
					print "not ok - " suite " over " kind ": " name " passes below, and " end " above"
					bad = 1
				}
			}
			for (name in known) {
				print "not ok - " suite " over " kind ": " name " is in known-tests.differences and " \
					(name in below ? below[name] == "pass" ? "passes above" : "does not pass below" : "was not run")
				bad = 1
			}
			print (same ? "ok" : "not ok") " - " suite " over " kind ": " same + 0 " tests pass below and above; below, " states["fail"] + 0 " fail and " \
				states["skip"] + 0 " are skipped"
			exit bad || !same
		}' /tmp/known /system/results/lower /system/results/above
}

mkdir /system
mount -t ext4 /dev/vdb /system || fail "the disk with the suites cannot be mounted."
cp known-suites.sh /system/
mkdir -p /system/results /system/lower
mount --rbind /dev /system/dev
mount -t proc proc /system/proc
mount --rbind /sys /system/sys
mount -t tmpfs tmpfs /system/run
# Some tests let a process end by a signal on purpose. The kernel's log would report it.
echo 0 >/proc/sys/debug/exception-trace
status=0
kernel=${kernel:?}
load
for kind in ${kinds:-ext4 xfs}; do
	for suite in ${suites:?}; do
		lower "$kind"
		for at in lower above; do
			mkdir -m 1777 "/lower/$at"
			mount --bind "/lower/$at" /system/lower
			if [ $at = lower ]; then mount --bind "/lower/$at" /system/tmp; else mount -t base0fs "/lower/$at" /system/tmp; fi ||
				fail "the directory for the tests cannot be mounted."
			suite "$suite" $at
			umount /system/tmp /system/lower || fail "$suite has left something in its directory that is in use."
		done
		compare "$suite" "$kind" || status=1
		unlower
	done
done
umount /system/proc
unload
exit $status
