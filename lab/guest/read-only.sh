# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Lower filesystems that nobody can write to, made from a tree of all kinds of files. What the mount shows is compared with the
# lower directory, and so is how it refuses changes.

# shellcheck source=guest/common.sh
. ./common.sh

# make_tree DIRECTORY: all kinds of files, with owners, modes, times and extended attributes.
make_tree() {
	mkdir -p "$1/many" "$1/deep/er/still" || return 1
	(
		cd "$1" || exit 1
		: >empty
		echo content >small
		dd if=/dev/urandom of=large bs=64k count=33 2>/dev/null
		truncate -s 1M sparse && echo end >>sparse
		for i in $(seq 300); do echo "$i" >"many/file-$i"; done
		ln small deep/hard
		ln -s ../small deep/symbolic
		ln -s nowhere deep/dangling
		mkfifo deep/fifo
		mknod deep/device c 1 3
		cp /bin/busybox deep/true
		chmod 4755 deep/true
		setfattr -n user.lab -v value small
		setfacl -m u:1234:r small
		chown 12:34 empty
		chmod 0 empty
		chmod 1777 deep/er
		touch -h -d '2001-02-03 04:05:06' empty deep/symbolic many
	)
}

# manifest DIRECTORY: everything that can be seen there.
manifest() {
	(
		cd "$1" || exit 1
		find . | sort >/tmp/names
		while read -r name; do
			stat -c '%n %F %a %u %g %s %h %b %i %t:%T %X %Y %Z' "$name"
			[ ! -L "$name" ] || readlink "$name"
			[ ! -f "$name" ] || md5sum <"$name"
		done </tmp/names
		getfattr -h -R -d -m - . 2>&1
		stat -f -c '%s %b %f %a %c %d %l %t' .
	)
}

# refusals DIRECTORY: what each attempt to change something says.
refusals() {
	(
		cd "$1" || exit 1
		# Only the end counts: programs name the file in their own way.
		for attempt in ': >new' ': >>small' 'mkdir new' 'mkdir many' 'rmdir many' 'rm -f small' 'mv small other' 'mv -T many deep' \
			'ln small other' 'ln -s small other' 'mknod new c 1 3' 'mkfifo new' 'chmod 600 small' 'chown 5 small' 'chown 5 missing' \
			'touch small' 'truncate -s 1 small' 'setfattr -n user.lab -v x small' 'setfattr -x user.lab small' \
			'setfacl -m u:5:r small' 'chattr +i small' 'fallocate -l 5 small' 'rm -f missing'; do
			echo "$attempt: $(sh -c "$attempt" 2>&1 | sed 's/.*: //')"
		done
	)
}

# compare NAME COMMAND...: runs the command on both directories.
compare() {
	name=$1
	shift
	"$@" /lower >/tmp/below
	"$@" /mnt >/tmp/above
	diff /tmp/below /tmp/above || fail "$kind: $name of the lower directory (-) and of the mount (+) differ in the lines above."
	ok "$kind: $name as below"
}

make_tree /tree || fail "making the tree failed."
load
for kind in squashfs erofs; do
	case $kind in
	squashfs) mksquashfs /tree /dev/vda -noappend -comp zstd -no-progress ;;
	erofs) mkfs.erofs /dev/vda /tree ;;
	esac >/tmp/made 2>&1 || fail "making a $kind failed: $(cat /tmp/made)"
	mount -t "$kind" -o ro /dev/vda /lower || fail "mounting the $kind failed."
	stack
	compare "what is seen" manifest
	[ "$(wc -l </tmp/above)" -gt 600 ] || fail "$kind: the tree is not as it was made."
	compare "how changes are refused" refusals
	[ "$(grep -c 'Read-only file system' /tmp/above)" -ge 15 ] || fail "$kind: changes are not refused for the right reason: $(cat /tmp/above)"
	grep -q '^[^ ]* /mnt [^ ]* ro[, ]' /proc/mounts || fail "$kind: the mount table does not say that the mount is read-only."
	# squashfs accepts the remount, and stays as it is.
	mount -o remount,rw /mnt 2>/dev/null
	(: >/mnt/new) 2>/dev/null && fail "$kind: the mount was made writable."
	ok "$kind: the mount is read-only, and stays so"
	check "$kind: a program runs from it" /mnt/deep/true
	check "$kind: a pipe works" sh -c 'echo through >/mnt/deep/fifo & cat /mnt/deep/fifo | grep -q through; wait'
	echo 3 >/proc/sys/vm/drop_caches
	compare "what is seen without caches" manifest
	unstack
	umount /lower || fail "umount /lower failed with $layer unmounted; something still holds a reference to the lower mount."
done
unload
