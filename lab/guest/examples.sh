# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The drivers in examples/ are loaded, do what they are there for, and are unloaded. lab/tests/examples builds them.

# shellcheck source=guest/common.sh
. ./common.sh

# logged TEXT: whether the kernel's log has it.
logged() { dmesg | grep -qF "$1"; }

# wait_for TEXT: waits until the kernel's log has it.
wait_for() {
	for _ in $(seq 100); do
		if logged "$1"; then return; fi
		sleep 0.1
	done
	return 1
}

check "ticker loads" insmod ticker.ko
check "its timer ticks, again and again" wait_for "ticker: tick 3"
check "it unloads" rmmod ticker
check "it says how often its timer has ticked" logged "ticker: stopped after "
last=$(dmesg | sed -n 's/.*ticker: stopped after \([0-9]*\) ticks$/\1/p')
sleep 1
[ "$(dmesg | grep -c 'ticker: tick ')" = "$last" ] || fail "the timer of ticker ticked after the module was unloaded."
ok "its timer has stopped"
