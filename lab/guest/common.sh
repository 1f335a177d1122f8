# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Functions for all jobs in a guest: load the module, make a lower filesystem, mount the driver on it, and undo all of this.
# A result is a line `ok - …` or `not ok - …`; the lab counts them.

# The filesystem under test. `bind` uses a bind mount instead: the control, on which every job has to pass.
layer=${layer:-$driver}

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

# within SECONDS COMMAND...: waits until COMMAND succeeds. The limit is for what never happens.
within() {
	tries=$(($1 * 10))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

load() {
	[ "$layer" = bind ] || insmod "/lab/$driver.ko" || fail "insmod $driver.ko failed; the kernel's log says why."
}

unload() {
	[ "$layer" = bind ] || rmmod "$driver" || fail "rmmod $driver failed with everything unmounted; something still holds a reference to the module."
}

# need_module NAME: loads a module of the kernel with what it needs, unless it is loaded or built in.
need_module() {
	for file in /lab/modules/"$1"/*.ko; do
		loaded=$(basename "$file" .ko)
		loaded=$(echo "${loaded#*-}" | tr - _)
		[ ! -e "$file" ] || [ -e "/sys/module/$loaded" ] || insmod "$file" ||
			fail "insmod $file failed; the kernel's log says why."
	done
}

# lacking WHAT: whether the kernel of the guest was configured without it. `lacks` is a list of these.
lacking() { case " ${lacks:-} " in *" $1 "*) ;; *) return 1 ;; esac; }

# lower KIND: mounts an empty filesystem of that type on /lower.
lower() {
	case $1 in
	tmpfs) mount -t tmpfs -o size=512m lower /lower ;;
	ext4 | xfs | btrfs) on_disk "$1" /lower ;;
	overlay) need_module overlay && mkdir -p /layers && mount -t tmpfs -o size=512m layers /layers &&
		mkdir /layers/lower /layers/upper /layers/work &&
		mount -t overlay -o lowerdir=/layers/lower,upperdir=/layers/upper,workdir=/layers/work lower /lower ;;
	*)
		# shellcheck source=guest/lowers.sh
		. ./lowers.sh && stacked_lower "$1"
		;;
	esac || fail "making or mounting a lower $1 on /lower failed."
}

# on_disk TYPE DIRECTORY: makes an empty filesystem of that type on the disk, and mounts it on the directory. An ext4 has
# `inodes` inodes, if that is set.
on_disk() {
	case $1 in
	ext4) /usr/sbin/mke2fs -q -F -t ext4 -b 4096 -I 256 ${inodes:+-N "$inodes"} -O "encrypt,verity$(lacking quota || echo ,project)${features:+,$features}" /dev/vda ;;
	xfs) need_module xfs && mkfs.xfs -q -f /dev/vda ;;
	btrfs) need_module btrfs && mkfs.btrfs -q -f /dev/vda ;;
	esac && mount -t "$1" /dev/vda "$2"
}

stack() {
	case $layer in
	bind) mount --bind /lower /mnt ;;
	*) mount -t "$layer" /lower /mnt ;;
	esac || fail "mounting $layer on /mnt failed; the kernel's log says why."
}

unstack() { umount /mnt || fail "umount /mnt failed; something there is still in use."; }

# What `lower` has made besides the mount on /lower, as a command that removes it.
below=true
unlower() {
	umount /lower || fail "umount /lower failed with $layer unmounted; something still holds a reference to the lower mount."
	! grep -q "^layers /layers " /proc/mounts || umount /layers || fail "umount /layers failed with the overlay on it unmounted."
	$below
	below=true
}
