# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The disk fails under a lower filesystem, at every point of a list of operations, in each way that a disk or an
# administrator has. The operations run once in the lower filesystem itself and once through the mount, each time on a new
# filesystem, and everything has to be the same: what each operation reports, the error of syncfs(2), and what is there when
# the disk works again. What fsync(2) has acknowledged has to be there.
#
# `kinds` are the lower filesystems, `failures` the ways to fail, `points` the operations that these are tried after.

# shellcheck source=guest/common.sh
. ./common.sh

need_module dm-flakey

# One operation a line, run by sh in the directory under test. `acknowledged NAME` follows an fsync of the file NAME,
# and `changing NAME` comes before a change of it.
operations() {
	cat <<-'END'
		echo one >small
		dd if=/dev/zero of=large bs=64k count=16
		xfs_io -c fsync large && acknowledged large
		mkdir dir && echo inner >dir/inner
		mv small dir/moved
		ln dir/moved linked && ln -s linked symlink
		xfs_io -f -c 'pwrite -q -S 7 0 100k' -c fsync durable && acknowledged durable
		xfs_io -f -d -c 'pwrite -q -b 64k -S 8 0 256k' direct
		xfs_io -f -c 'falloc 0 128k' -c 'pwrite -q 64k 4k' -c fdatasync reserved && acknowledged reserved
		setfattr -n user.name -v value durable
		chmod 604 large && xfs_io -c fsync large
		chmod 640 linked && touch -d '2001-02-03 04:05:06' linked
		changing large; xfs_io -c 'truncate 10k' -c 'fpunch 4k 4k' large
		xfs_io -f -c 'mmap -rw 0 64k' -c 'truncate 64k' -c 'mwrite -S 9 0 64k' -c 'msync -s' mapped
		changing durable; xfs_io -c 'pwrite -q -S 5 0 8k' -c fsync durable && acknowledged durable
		xfs_io -s -f -c 'pwrite -q -S 6 0 8k' synchronous && acknowledged synchronous
		rm linked && rmdir dir
		xfs_io -c syncfs .
		cat old/* >/dev/null
		ls -l old | wc -l
		rm dir/inner dir/moved; [ ! -e dir ] || rmdir dir
		mkdir again && touch again/a again/b && xfs_io -c fsync again
		changing durable; echo more >>durable && xfs_io -c fsync durable && acknowledged durable
		sync
	END
}

changing() { rm -f "/tmp/acknowledged/$1"; }
acknowledged() { md5sum "$1" >"/tmp/acknowledged/$1"; }

# table KIND: makes the disk work (linear), fail (error), or fail at writes alone (flakey).
table() {
	case $1 in
	linear) echo "0 $sectors linear /dev/vda 0" ;;
	error) echo "0 $sectors error" ;;
	flakey) echo "0 $sectors flakey /dev/vda 0 0 1000 1 error_writes" ;;
	esac
}

# disk KIND: replaces the table. No filesystem is asked to write what it has.
disk() { table "$1" | dmsetup reload disk >/dev/null && dmsetup suspend --nolockfs --noflush disk && dmsetup resume disk; }

# break_it FAILURE: lets the disk fail.
break_it() {
	case $1 in
	error | flakey) disk "$1" ;;
	shutdown) xfs_io -x -c 'shutdown' /lower >/dev/null 2>&1 || xfs_io -x -c 'shutdown -f' /lower ;;
	read-only) mount -t "$kind" -o remount,ro /dev/mapper/disk /lower 2>/dev/null || : ;;
	# A file takes all space but a little.
	full)
		dd if=/dev/zero of=/lower/.spare bs=4k count=10
		dd if=/dev/zero of=/lower/.rest bs=4k count=100000
		sync
		rm /lower/.spare
		;;
	esac
}

# attempt DIRECTORY FAILURE POINT: runs the operations in DIRECTORY, with the failure after POINT of them, and prints what
# each reports. Then the same of a descriptor that was open from the beginning, and all files when the disk works again.
attempt() {
	rm -rf /tmp/acknowledged && mkdir -p /tmp/acknowledged
	make_filesystem
	mkdir /lower/old && for i in 1 2 3 4; do dd if=/dev/zero of=/lower/old/$i bs=16k count=1 2>/dev/null; done
	sync
	echo 3 >/proc/sys/vm/drop_caches
	[ "$1" = /lower ] || stack
	(
		cd "$1" || exit
		exec 7<.
		number=0
		operations | while read -r line; do
			[ "$number" != "$3" ] || break_it "$2" 2>/dev/null
			number=$((number + 1))
			output=$(eval "$line" 2>&1 </dev/null)
			echo "$number ($line): $? $(echo "$output" | grep -v ' records \| bytes ')"
		done
		synced_twice
	)
	[ "$1" = /lower ] || unstack
	umount /lower || fail "umount /lower"
	disk linear
	mount_it || fail "$kind: the filesystem cannot be mounted again after the failure $2 at $3."
	for file in /tmp/acknowledged/*; do
		[ ! -e "$file" ] || [ "$2" = full ] || (cd /lower && md5sum -c "$file" 2>&1 | sed 's/^/acknowledged: /')
	done
	(cd /lower && find . ! -name lost+found ! -name .rest | sort | xargs stat -c '%n %f %h %s' | sed '/^\.\(\|\/[a-z]*\) 41/s/ [0-9]*$//')
	(cd /lower && find . -type f ! -name .rest | sort | xargs -r md5sum)
	umount /lower
}

# synced_twice: syncfs(2) of descriptor 7, twice. 306 is its number on x86-64.
synced_twice() { perl -e 'for (1, 2) { print "syncfs: ", syscall(306, 7) == 0 ? "success" : $!, "\n" }'; }

make_filesystem() {
	case $kind in
	ext4) /usr/sbin/mke2fs -q -F -t ext4 -b 4096 -I 256 -E lazy_itable_init=0,nodiscard /dev/mapper/disk ;;
	xfs) mkfs.xfs -q -f -K /dev/mapper/disk ;;
	btrfs) mkfs.btrfs -q -f -K /dev/mapper/disk ;;
	esac || fail "making a lower $kind failed."
	mount_it || fail "mounting the new $kind failed."
}

# Nothing is written by the clock.
mount_it() {
	case $kind in
	ext4 | btrfs) mount -t "$kind" -o commit=3000 /dev/mapper/disk /lower ;;
	*) mount -t "$kind" /dev/mapper/disk /lower ;;
	esac
}

# warnings: what the kernel's log complains of, without what differs from run to run. The log is empty afterwards.
warnings() { dmesg -c | grep -E 'WARNING: |BUG: |Oops|KASAN|KCSAN|UBSAN|INFO: ' | sed 's/.*\(WARNING\|BUG\|Oops\|KASAN\|KCSAN\|UBSAN\|INFO\)/\1/; s/CPU: [0-9]*//; s/PID: [0-9]*//'; }

load
echo 0 >/proc/sys/vm/dirty_writeback_centisecs
# What a failing disk makes the kernel say is wanted. `warnings` looks for the rest.
dmesg -n 1
dmesg -c >/dev/null
last=$(operations | wc -l)
for kind in ${kinds:-ext4}; do
	need_module "$kind"
	# The smallest disk that mkfs takes.
	case $kind in ext4) sectors=65536 ;; btrfs) sectors=262144 ;; *) sectors=655360 ;; esac
	table linear | dmsetup create disk || fail "dmsetup create failed."
	dmsetup mknodes
	for failure in ${failures:-error flakey shutdown read-only full}; do
		for point in ${points:-$(seq 0 "$last")}; do
			attempt /lower "$failure" "$point" >/tmp/below
			warnings >/tmp/below.log
			attempt /mnt "$failure" "$point" >/tmp/above
			warnings >/tmp/above.log
			diff /tmp/below /tmp/above || fail "$kind, $failure after $point operations: the lower filesystem (-) and the mount (+) differ in the lines above."
			diff /tmp/below.log /tmp/above.log || fail "$kind, $failure after $point operations: the kernel complains in another way."
			! grep '^acknowledged: .*FAILED' /tmp/above || fail "$kind, $failure after $point operations: what fsync has acknowledged is lost."
		done
		ok "$kind: the mount reports and keeps what $kind does, with the failure '$failure' at every point"
	done
	dmsetup remove disk
done
unload
