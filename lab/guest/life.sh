# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The life cycle of the module: rmmod is refused while it is mounted; umount and rmmod leave nothing behind.

# shellcheck source=guest/common.sh
. ./common.sh
# shellcheck source=guest/leaks.sh
. ./leaks.sh
# shellcheck source=guest/checks.sh
. ./checks.sh

# snapshot: prints the kernel's filesystems, mounts, modules and slab caches.
snapshot() {
	cat /proc/filesystems /proc/mounts
	cut -d' ' -f1,2 /proc/modules | sort
	tail -n +3 /proc/slabinfo | cut -d' ' -f1 | sort
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
leaks=$(left_behind /tmp/objects.before $mounts)
unlower
# This knows who has allocated what nobody refers to.
unreferenced
[ -z "$leaks" ] || fail "$mounts mounts left objects behind in the slab caches: $leaks"
ok "$mounts mounts leave no objects in the slab caches"

unload
snapshot >/tmp/after
diff /tmp/before /tmp/after || fail "rmmod left something behind: the lines above."
ok "filesystems, modules, mounts and slab caches are as before insmod"
for _ in 1 2 3 4 5; do
	load
	unload
done
ok "the module can be loaded repeatedly"
