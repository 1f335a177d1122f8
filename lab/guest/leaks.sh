# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# For jobs that look for objects left behind. They include common.sh too.

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
	# The kernel frees what it had for these files after a grace period, in batches, and earlier if memory is wanted.
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	# Some caches say nothing about leaks: the address ranges of dead processes' stacks, and the records that the kernel
	# has for kmemleak and CONFIG_DEBUG_OBJECTS, are freed later, in bulk.
	tail -n +3 /proc/slabinfo | awk '$1 !~ /^(vmap_area|kmemleak_|debug_objects_cache)/ { print $1, $2, $5 }' | sort
}

# grown BEFORE AFTER MOUNTS: prints the caches that gained at least one object per mount. All objects of the slab that a
# processor allocates from count as in use, so a cache also has to gain more than one slab for each processor.
grown() {
	awk -v mounts="$3" -v processors="$(nproc)" 'NR == FNR { was[$1] = $2; next }
		$2 - was[$1] >= mounts && $2 - was[$1] > $3 * processors { print $1 " +" $2 - was[$1] }' "$1" "$2"
}

# left_behind BEFORE MOUNTS: prints the caches that have grown since BEFORE. The kernel frees some objects after a grace period,
# in batches, and a busy machine takes its time: only what is still there after a minute has been left behind.
left_behind() {
	for _ in $(seq 12); do
		objects >/tmp/objects.after
		left=$(grown "$1" /tmp/objects.after "$2")
		[ -n "$left" ] || return 0
		echo "# not freed yet: $left" >&2
		sleep 5
	done
	echo "$left"
}
