# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Functions for all jobs in a guest: load the module, make a lower filesystem, mount base0fs on it, and undo all of this.
# A result is a line `ok - …` or `not ok - …`; the lab counts them.

# The filesystem under test. `bind` uses a bind mount instead: the control, on which every job has to pass.
layer=${layer:-base0fs}

ok() { echo "ok - $*"; }

fail() {
	echo "not ok - $*"
	exit 1
}

# check NAME COMMAND...: prints a result for a command that has to succeed.
check() {
	name=$1
	shift
	if "$@"; then ok "$name"; else fail "$name: '$*' failed."; fi
}

load() {
	[ "$layer" = bind ] || insmod /lab/base0fs.ko || fail "insmod base0fs.ko failed; the kernel's log says why."
}

unload() {
	[ "$layer" = bind ] || rmmod base0fs || fail "rmmod base0fs failed with everything unmounted; something still holds a reference to the module."
}

# lower KIND: mounts an empty filesystem of that type on /lower.
lower() {
	case $1 in
	ext4) /usr/sbin/mke2fs -q -F -t ext4 -I 256 /dev/vda && mount -t ext4 /dev/vda /lower ;;
	tmpfs) mount -t tmpfs -o size=512m lower /lower ;;
	*) fail "the job asks for a lower filesystem of type $1; use ext4 or tmpfs." ;;
	esac || fail "making or mounting a lower $1 on /lower failed."
}

stack() {
	case $layer in
	bind) mount --bind /lower /mnt ;;
	*) mount -t "$layer" /lower /mnt ;;
	esac || fail "mounting $layer on /mnt failed; the kernel's log says why."
}

unstack() { umount /mnt || fail "umount /mnt failed; something there is still in use."; }

unlower() {
	umount /lower || fail "umount /lower failed with $layer unmounted; something still holds a reference to the lower mount."
}
