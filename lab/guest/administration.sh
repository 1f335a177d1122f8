# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What an administrator does to mounted filesystems, and the selftests cannot do on a user's machine: freezing, remounting
# what lies below, and a disk that fails under a filesystem.

# shellcheck source=guest/common.sh
. ./common.sh

# As in common.sh, but goes on after a failure.
status=0
check() {
	name=$1
	shift
	if "$@"; then ok "$name"; else
		echo "not ok - $name: '$*' failed."
		status=1
	fi
}

# A step has to fail.
# shellcheck disable=SC2317 # `check` calls this and the next two
refused() { ! "$@" 2>/dev/null; }

# shellcheck disable=SC2317
shows() { [ "$(cat "$1" 2>&1)" = "$2" ]; }

# shellcheck disable=SC2317
hides() { [ ! -e "$1" ]; }

# FIFREEZE through the mount freezes the lower filesystem.
freezing() {
	check "fsfreeze --freeze through the mount" fsfreeze --freeze /mnt
	check "a second freeze is refused" refused fsfreeze --freeze /mnt
	check "reading goes on while frozen" shows /mnt/file content
	echo more >/mnt/written &
	echo more >/lower/written_below &
	# Directly below, it would wait: pwritev2(2) asks the flag only after the freeze.
	[ "$layer" = bind ] || xfs_io -c "pwrite -V 1 -N -b 4k 0 4k" /mnt/file >/tmp/nowait 2>&1 &
	sleep 1
	[ "$layer" = bind ] || check "a write that must not wait fails" grep -q "temporarily unavailable" /tmp/nowait
	check "no change above while frozen" hides /mnt/written
	check "no change below while frozen" hides /mnt/written_below
	check "fsfreeze --unfreeze through the mount" fsfreeze --unfreeze /mnt
	wait
	check "the change above goes on" shows /lower/written more
	check "the change below goes on" shows /mnt/written_below more
	check "thawing again is refused" refused fsfreeze --unfreeze /mnt
}

# A set-id program that changed below is executed while a change of its owner waits for the thaw, with the inode above
# locked. Whoever executes it waits for that lock, and must not keep the change from going on after the thaw.
changed_program() {
	cp /bin/busybox /lower/true
	exec 5</mnt/true
	chmod 4755 /lower/true
	fsfreeze --freeze /mnt
	chown 1 /proc/self/fd/5 &
	chowning=$!
	sleep 1
	/mnt/true &
	executing=$!
	sleep 1
	check "fsfreeze --unfreeze with a program that waits" fsfreeze --unfreeze /mnt
	check "the change of the owner goes on" wait $chowning
	check "the program runs" wait $executing
	exec 5<&-
}

# A mount stays while the name that it is on is right: also if the directory changed below, or was away and came back.
mounted_on() {
	mkdir /lower/place
	mount -t tmpfs place /mnt/place || fail "mounting a tmpfs on /mnt/place failed."
	chmod 700 /lower/place
	ls /mnt/place
	check "a mount stays on a directory that changed below" grep -q "^place /mnt/place " /proc/mounts
	# Directly below, a bind mount has the same mountpoint.
	[ "$layer" = bind ] || { mv /lower/place /lower/away && mv /lower/away /lower/place; }
	ls /mnt/place
	check "a mount stays on a directory that was away below" grep -q "^place /mnt/place " /proc/mounts
	umount /mnt/place
	rmdir /mnt/place
}

remounting() {
	check "remount,ro" mount -o remount,ro /mnt
	check "no change on a read-only mount" refused touch /mnt/new
	check "remount,rw" mount -o remount,rw /mnt
	check "a change on a writable mount" touch /mnt/new
	# busybox's mount takes `/lower` alone for the source of /mnt.
	check "remount,ro below" mount -t "$kind" -o remount,ro /dev/vda /lower
	check "remount,ro above" mount -o remount,ro /mnt
	# busybox's mount answers EROFS by remounting read-only.
	mount -o remount,rw /mnt
	[ "$layer" = bind ] || check "remount,rw over something read-only does not make it writable" grep -qE " /mnt [^ ]+ ro" /proc/mounts
	check "remount,rw below" mount -t "$kind" -o remount,rw /dev/vda /lower
	check "remount,rw above" mount -o remount,rw /mnt
	check "umount -f of a busy mount is refused" sh -c 'cd /mnt && ! umount -f /mnt 2>/dev/null'
}

# chattr -v changes a file by ioctl(2). ext4 with checksums of its metadata refuses that, with a warning in the log.
versions() {
	features=^metadata_csum
	lower ext4
	features=
	stack
	echo content >/lower/file
	check "chattr -v through the mount" chattr -v 77 /mnt/file
	check "the version is that of the lower file" sh -c 'lsattr -v /lower/file | grep -q "^ *77 "'
	unstack
	unlower
}

# A disk that fails after a write has returned: a loop device on a sparse file for which there is no room.
# syncfs(2) of a file that was open then reports the error, once, and so does one of the lower directory.
failing_disk() {
	need_module loop
	mkdir -p /small /failing /above
	mount -t tmpfs -o size=6m small /small
	truncate -s 64M /small/disk
	device=$(losetup -f)
	losetup "$device" /small/disk
	/usr/sbin/mke2fs -q -F -t ext4 -O ^has_journal -E lazy_itable_init=1,nodiscard "$device" || fail "mke2fs $device"
	mount -t ext4 "$device" /failing
	case $layer in
	bind) mount --bind /failing /above ;;
	*) mount -t "$layer" /failing /above ;;
	esac
	# The failures of the disk are wanted, and are no complaint of the kernel.
	dmesg -n 1
	# Two descriptors: each reports the failure once.
	xfs_io -f -c "open -f /above/other" -c "file 0" -c "pwrite -q 0 16m" -c syncfs -c syncfs -c "file 1" -c syncfs -c syncfs \
		/above/file 2>&1 | tee /tmp/syncfs
	check "syncfs reports the failure once to each descriptor" [ "$(grep -c "^syncfs: " /tmp/syncfs)" = 2 ]
	xfs_io -f -c "pwrite -q 0 16m" -c fsync /above/synced 2>&1 | tee /tmp/fsync
	check "fsync reports the failure" grep -q "^fsync: " /tmp/fsync
	# A failure that was reported below is no news for a file that is opened later.
	xfs_io -f -c "pwrite -q 0 16m" -c syncfs -c syncfs /failing/third 2>&1 | tee /tmp/syncfs
	check "syncfs below reports a failure once" [ "$(grep -c "^syncfs: " /tmp/syncfs)" = 1 ]
	check "syncfs above does not report it to a file that was not open" refused sh -c 'xfs_io -r -c syncfs /above/file 2>&1 | grep "^syncfs: "'
	umount /above
	umount /failing || fail "umount /failing"
	dmesg -n 7
	losetup -d "$device"
	umount /small
}

kind=${kind:-ext4}
load
lower "$kind"
stack
echo content >/lower/file
freezing
changed_program
mounted_on
remounting
unstack
unlower
versions
failing_disk
unload
exit "$status"
