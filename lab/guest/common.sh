# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What every job in the guest needs: the module in, a lower filesystem, base0fs over it, and all of it gone again.
# Results are lines `ok - …` and `not ok - …`, which the lab counts.

# The filesystem under test. `bind` puts a bind mount in its place: the control, on which every job has to pass.
layer=${layer:-base0fs}

ok() { echo "ok - $*"; }

fail() {
	echo "not ok - $*"
	exit 1
}

# check NAME COMMAND...: a result of its own for a command that has to succeed.
check() {
	name=$1
	shift
	if "$@"; then ok "$name"; else fail "$name: '$*' failed."; fi
}

load() {
	[ "$layer" = bind ] || insmod /lab/base0fs.ko || fail "insmod base0fs.ko: the kernel's log says why."
}

unload() {
	[ "$layer" = bind ] || rmmod base0fs || fail "rmmod base0fs, with everything unmounted: something still holds the module."
}

# lower KIND: an empty filesystem of that kind on /lower.
lower() {
	case $1 in
	ext4) /usr/sbin/mke2fs -q -F -t ext4 -I 256 /dev/vda && mount -t ext4 /dev/vda /lower ;;
	tmpfs) mount -t tmpfs -o size=512m lower /lower ;;
	*) fail "there is no lower filesystem called $1." ;;
	esac || fail "making a lower $1 on /lower."
}

stack() {
	case $layer in
	bind) mount --bind /lower /mnt ;;
	*) mount -t "$layer" /lower /mnt ;;
	esac || fail "mounting $layer: the kernel's log says why."
}

unstack() { umount /mnt || fail "umount /mnt: something there is still in use."; }

unlower() {
	umount /lower || fail "umount /lower, with $layer unmounted: a reference to the lower mount is still held."
}
