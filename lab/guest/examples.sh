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

# refused NAME COMMAND...: prints a result for a command that has to fail with EPERM.
refused() {
	name=$1
	shift
	if said=$("$@" 2>&1); then fail "$name: '$*' succeeded."; fi
	case $said in *"Operation not permitted"*) ok "$name" ;; *) fail "$name: '$*' failed with '$said'." ;; esac
}

check "keepfs loads" insmod keepfs.ko
lower tmpfs
mkdir /lower/dir
check "it can be mounted" mount -t keepfs /lower /mnt
check "a file can be created" sh -c 'echo one >/mnt/dir/file'
check "it can be written" sh -c 'echo two >>/mnt/dir/file'
[ "$(cat /lower/dir/file)" = "$(printf 'one\ntwo')" ] || fail "the lower file does not hold what was written."
ok "its data is in the lower file"
check "it can get a second name" ln /mnt/dir/file /mnt/link
refused "a file cannot be removed" rm /mnt/dir/file
refused "a directory cannot be removed" rmdir /mnt/dir
refused "a name cannot be changed" mv /mnt/link /mnt/other
refused "a name cannot be taken by another file" sh -c 'echo new >/mnt/new && mv /mnt/new /mnt/link'
check "all of them are still there" ls /lower/dir/file /lower/link /lower/new
check "they can be removed below" rm -r /lower/dir
check "it can be unmounted" umount /mnt
check "it unloads" rmmod keepfs
unlower
