# SPDX-License-Identifier: GPL-2.0
# What every job in the guest needs: the module in, a lower filesystem, base0fs over it, and all of it gone again.

fail() {
	echo "FAILED: $*"
	exit 1
}

load() { insmod /lab/base0fs.ko || fail "insmod base0fs.ko; the kernel's log says why."; }

unload() {
	rmmod base0fs || fail "rmmod base0fs after everything was unmounted."
}

# lower KIND: an empty filesystem of that kind on /lower.
lower() {
	case $1 in
	ext4) /usr/sbin/mke2fs -q -F -t ext4 -I 256 /dev/vda && mount -t ext4 -o acl,user_xattr /dev/vda /lower ;;
	tmpfs) mount -t tmpfs lower /lower ;;
	*) fail "there is no lower filesystem called $1." ;;
	esac || fail "making a lower $1 on /lower."
}

stack() { mount -t base0fs /lower /mnt || fail "mount -t base0fs /lower /mnt; the kernel's log says why."; }

unstack() { umount /mnt || fail "umount /mnt; something there is still in use."; }

unlower() { umount /lower || fail "umount /lower after base0fs was unmounted: a reference to its mount was leaked."; }
