# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# For jobs on a kernel that checks itself. They include common.sh too.

# tracked: whether kmemleak knows what the kernel has allocated: it was built in, and the command line has left it on.
tracked() { [ -e /sys/kernel/debug/kmemleak ] && ! grep -qw kmemleak=off /proc/cmdline; }

# scan: lets kmemleak look for memory that nothing refers to. It reports objects that two scans found unreferenced and that
# are older than five seconds. What it finds is in its file, and need not be in the log.
scan() {
	sleep 6
	dmesg -n 6
	{ echo scan && echo scan; } >/sys/kernel/debug/kmemleak || fail "kmemleak has ended by itself; the kernel's log says why."
	dmesg -n 7
}

# suspects: prints what kmemleak found, without what the kernel has allocated before its first process. A kernel that is a
# process has a hundred such objects: those of its C library and of its serial lines are referred to where kmemleak does not
# look.
suspects() {
	awk '/^unreferenced object / { object = $0; next }
		object != "" { start = $0 ~ /^ *comm "swapper/; if (!start) print object; object = "" }
		!start' /sys/kernel/debug/kmemleak
}

# unreferenced: a result: whether kmemleak finds memory that nothing refers to. There is none if it is off.
unreferenced() {
	tracked || return 0
	scan
	suspects >/tmp/suspects
	cat /tmp/suspects
	[ ! -s /tmp/suspects ] || fail "kmemleak found unreferenced memory: the lines above."
	ok "kmemleak finds nothing"
}
