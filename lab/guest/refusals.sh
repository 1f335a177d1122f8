# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What compat refuses a driver that misuses it: lab/tests/wrong-driver says how this one does.

# shellcheck source=guest/common.sh
. ./common.sh

# refused NAME ERROR COMMAND...: a result of its own for a command that has to fail with that error.
refused() {
	name=$1 error=$2
	shift 2
	if said=$("$@" 2>&1); then fail "$name: '$*' succeeds."; fi
	case $said in *"$error"*) ok "$name" ;; *) fail "$name: '$*' says '$said', and not '$error'." ;; esac
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
	echo hello >/mnt/file || fail "writing a file on $kind."
	check "the driver works otherwise, over $kind" grep -q hello /mnt/file
	refused "an opening fails after its lower file is open, over $kind" "Operation not permitted" append
	echo 123456 >/mnt/seven || fail "writing a file on $kind."
	refused "a request is said to go on that nobody knows of, over $kind" "Input/output error" dd if=/mnt/seven of=/dev/null
	refused "a range is synced that ends before it begins, over $kind" "Invalid argument" \
		dd if=/mnt/file of=/mnt/copy conv=fsync
	refused "a node is made of a type that is none, over $kind" "Invalid argument" mkfifo /mnt/fifo
	refused "an attribute is set whose name is too long, over $kind" "Numerical result out of range" \
		setfattr -n user.short -v value /mnt/file
	# A lower file that is still open keeps its mount.
	unstack
	unlower
	ok "nothing of it is left, over $kind"
done

lower tmpfs
mkdir /lower/two /lower/three
stack
mount -t base0fs /mnt/two /mnt/two || fail "mounting base0fs on base0fs."
refused "more filesystems are stacked than lock classes are for" "Invalid argument" \
	mount -t base0fs /mnt/two /mnt/three
check "the kernel's log says why" sh -c 'dmesg | grep -q "no other may be stacked on"'
umount /mnt/two || fail "umount of the upper one of two."
unstack
unlower
unload
