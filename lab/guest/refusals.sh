# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# compat refuses what a wrong driver does. lab/tests/wrong-driver makes that driver.

# shellcheck source=guest/common.sh
. ./common.sh

# refused NAME ERROR COMMAND...: prints a result for a command that has to fail with ERROR.
refused() {
	name=$1 error=$2
	shift 2
	if said=$("$@" 2>&1); then fail "$name: '$*' succeeded; it had to fail with '$error'."; fi
	case $said in *"$error"*) ok "$name" ;; *) fail "$name: '$*' failed with '$said' instead of '$error'." ;; esac
}

append() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sh -c 'echo more >>/mnt/file' && return
	done
	return 1
}

load
for kind in ext4 tmpfs; do
	lower "$kind"
	stack
	echo hello >/mnt/file || fail "writing a file on $kind failed."
	check "the driver otherwise works, over $kind" grep -q hello /mnt/file
	refused "open fails after the lower file was opened, over $kind" "Operation not permitted" append
	echo 123456 >/mnt/seven || fail "writing a file on $kind failed."
	refused "a read returns EIOCBQUEUED for a request that is not queued, over $kind" "Input/output error" dd if=/mnt/seven of=/dev/null
	refused "fsync gets a range that ends before it starts, over $kind" "Invalid argument" \
		dd if=/mnt/file of=/mnt/copy conv=fsync
	refused "mknod gets the type of a directory, over $kind" "Invalid argument" mkfifo /mnt/fifo
	# A leaked open lower file would make these fail.
	unstack
	unlower
	ok "no reference is left, over $kind"
done

lower tmpfs
mkdir /lower/two /lower/three
stack
mount -t "$driver" /mnt/two /mnt/two || fail "mounting $driver on itself failed."
refused "filesystems are stacked deeper than there are lock classes" "Invalid argument" \
	mount -t "$driver" /mnt/two /mnt/three
check "the kernel's log says why" sh -c 'dmesg | grep -q "no other may be stacked on"'
umount /mnt/two || fail "umount /mnt/two failed; it is the upper of two mounts of $driver."
unstack
unlower
unload
