# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The life of the module: unload is refused while mounted, and after umount and rmmod nothing of it is left.

# shellcheck source=guest/common.sh
. ./common.sh

# What the kernel shows of itself: filesystems, modules, slab caches, mounts.
snapshot() {
	cat /proc/filesystems /proc/mounts
	cut -d' ' -f1,2 /proc/modules | sort
	tail -n +3 /proc/slabinfo | cut -d' ' -f1 | sort
}

# Some of every kind of object: a directory, a file with data, a link, a symlink, an attribute, an open file.
work() {
	mkdir /mnt/dir && echo data >/mnt/dir/file && ln /mnt/dir/file /mnt/dir/link && ln -s file /mnt/dir/symlink &&
		cat /mnt/dir/symlink >/dev/null && setfattr -n user.lab -v 1 /mnt/dir/file && ls -lR /mnt >/dev/null &&
		mv /mnt/dir /mnt/moved && rm -r /mnt/moved
}

cycle() {
	stack
	work || fail "working on /mnt."
	unstack
}

# Objects in use in each slab cache, once what is only cached is gone and no processor keeps spare ones; and how many
# of them a slab holds.
objects() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	for shrink in /sys/kernel/slab/*/shrink; do echo 1 >"$shrink"; done
	# Two tell nothing: address ranges of ended processes' stacks are freed in bulk some day, and so are the notes
	# that kmemleak takes of objects.
	tail -n +3 /proc/slabinfo | awk '$1 !~ /^(vmap_area|kmemleak_)/ { print $1, $2, $5 }' | sort
}

# grown BEFORE AFTER MOUNTS: the caches that gained an object or more with each mount. A slab that a processor
# allocates from counts as in use whole, so that a cache of small objects comes and goes by that many for each.
grown() {
	awk -v mounts="$3" -v processors="$(nproc)" 'NR == FNR { was[$1] = $2; next }
		$2 - was[$1] >= mounts && $2 - was[$1] > $3 * processors { print $1 " +" $2 - was[$1] }' "$1" "$2"
}

# Filesystems make some of their caches at the first mount.
for kind in ext4 tmpfs; do
	lower "$kind"
	unlower
done
snapshot >/tmp/before
load
for kind in ext4 tmpfs; do
	lower "$kind"
	stack
	[ "$layer" = bind ] || ! rmmod base0fs 2>/dev/null || fail "rmmod succeeded while base0fs was mounted."
	ok "unload is refused while mounted over $kind"
	work || fail "working on /mnt over $kind."
	exec 9>/mnt/held
	! umount /mnt 2>/dev/null || fail "umount succeeded with an open file."
	exec 9>&-
	rm /mnt/held
	ok "umount over $kind is refused while a file is open"
	unstack
	unlower
	ok "the lower $kind can be unmounted after base0fs"
done

# So many mounts that a leak of one object in each is more than the spare ones, 60 for each of two processors,
# that a cache may fill up with; and more than the slabs of two processors hold of anything that a mount is made of.
# A leak of some few bytes from a general cache is kmemleak's to find.
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
	# It reports what it finds unreferenced twice, and is older than five seconds.
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	echo scan >/sys/kernel/debug/kmemleak
	cat /sys/kernel/debug/kmemleak
	[ -z "$(cat /sys/kernel/debug/kmemleak)" ] || fail "kmemleak found memory that nothing refers to."
	ok "kmemleak finds nothing"
fi

unload
snapshot >/tmp/after
diff /tmp/before /tmp/after || fail "something is left after rmmod: the lines above."
ok "filesystems, modules, mounts and slab caches are as before insmod"
for _ in 1 2 3 4 5; do
	load
	unload
done
ok "the module can be loaded again and again"
