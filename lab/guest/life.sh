# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The life cycle of the module: rmmod is refused while it is mounted; umount and rmmod leave nothing behind.

# shellcheck source=guest/common.sh
. ./common.sh

# snapshot: prints the kernel's filesystems, mounts, modules and slab caches.
snapshot() {
	cat /proc/filesystems /proc/mounts
	cut -d' ' -f1,2 /proc/modules | sort
	tail -n +3 /proc/slabinfo | cut -d' ' -f1 | sort
}

# work: makes and removes objects of each kind: directory, file with data, link, symlink, extended attribute.
work() {
	mkdir /mnt/dir && echo data >/mnt/dir/file && ln /mnt/dir/file /mnt/dir/link && ln -s file /mnt/dir/symlink &&
		cat /mnt/dir/symlink >/dev/null && setfattr -n user.lab -v 1 /mnt/dir/file && ls -lR /mnt >/dev/null &&
		mv /mnt/dir /mnt/moved && rm -r /mnt/moved
}

cycle() {
	stack
	work || fail "an operation on /mnt failed."
	unstack
}

# objects: drops caches and the spare objects of processors; then prints for each slab cache its name, its number of
# objects in use, and how many objects a slab holds.
objects() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	for shrink in /sys/kernel/slab/*/shrink; do echo 1 >"$shrink"; done
	# Two caches say nothing about leaks: the address ranges of dead processes' stacks and kmemleak's own records are
	# freed later, in bulk.
	tail -n +3 /proc/slabinfo | awk '$1 !~ /^(vmap_area|kmemleak_)/ { print $1, $2, $5 }' | sort
}

# grown BEFORE AFTER MOUNTS: prints the caches that gained at least one object per mount. All objects of the slab that a
# processor allocates from count as in use, so a cache also has to gain more than one slab for each processor.
grown() {
	awk -v mounts="$3" -v processors="$(nproc)" 'NR == FNR { was[$1] = $2; next }
		$2 - was[$1] >= mounts && $2 - was[$1] > $3 * processors { print $1 " +" $2 - was[$1] }' "$1" "$2"
}

# Filesystems create some slab caches at their first mount.
for kind in ext4 tmpfs; do
	lower "$kind"
	unlower
done
snapshot >/tmp/before
load
for kind in ext4 tmpfs; do
	lower "$kind"
	stack
	[ "$layer" = bind ] || ! rmmod "$driver" 2>/dev/null || fail "rmmod succeeded while $driver was mounted."
	ok "unload is refused while mounted over $kind"
	work || fail "an operation on /mnt over $kind failed."
	exec 9>/mnt/held
	! umount /mnt 2>/dev/null || fail "umount succeeded with an open file."
	exec 9>&-
	rm /mnt/held
	ok "umount over $kind is refused while a file is open"
	unstack
	unlower
	ok "the lower $kind can be unmounted after $driver"
done

# 150 leaked objects are more than the spare objects of a cache (60 for each of two processors). They are also more than
# two slabs hold of any object that a mount uses. kmemleak finds smaller leaks, from the general caches.
mounts=150
lower ext4
cycle
objects >/tmp/objects.before
for _ in $(seq $mounts); do cycle; done
objects >/tmp/objects.after
unlower
leaks=$(grown /tmp/objects.before /tmp/objects.after $mounts)
[ -z "$leaks" ] || fail "$mounts mounts left objects behind in the slab caches: $leaks"
ok "$mounts mounts leave no objects in the slab caches"

if [ -e /sys/kernel/debug/kmemleak ]; then
	# kmemleak reports objects that two scans found unreferenced and that are older than five seconds.
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	echo scan >/sys/kernel/debug/kmemleak
	cat /sys/kernel/debug/kmemleak
	[ -z "$(cat /sys/kernel/debug/kmemleak)" ] || fail "kmemleak found unreferenced memory: the lines above."
	ok "kmemleak finds nothing"
fi

unload
snapshot >/tmp/after
diff /tmp/before /tmp/after || fail "rmmod left something behind: the lines above."
ok "filesystems, modules, mounts and slab caches are as before insmod"
for _ in 1 2 3 4 5; do
	load
	unload
done
ok "the module can be loaded repeatedly"
