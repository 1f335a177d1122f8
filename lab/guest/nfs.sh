# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The kernel's NFS server exports /mnt, and an NFS client in the same guest uses it. `kinds` are the lower filesystems.

# shellcheck source=guest/common.sh
. ./common.sh
# shellcheck source=guest/nfs-server.sh
. ./nfs-server.sh

# forget: drops the caches, and so the server's dentries.
forget() { echo 3 >/proc/sys/vm/drop_caches; }

# use: changes files through the client, with changes through /mnt and /lower in between. Prints what it sees.
use() (
	cd /client || exit 1
	mkdir -p a/b || exit 1
	echo one >a/b/file || exit 1
	cat /lower/a/b/file || exit 1
	ln a/b/file a/link && ln -s file a/b/symlink && readlink a/b/symlink && mkfifo a/fifo || exit 1
	exec 8<a/b/file
	exec 9>>a/b/file
	forget
	echo two >&9
	cat /mnt/a/b/file || exit 1
	# The client holds handles of what is renamed here: through the client, above and below.
	mv a/b a/c && forget && cat a/c/file || exit 1
	mv /mnt/a/c /mnt/c && forget && cat c/file || exit 1
	mkdir /lower/d && mv /lower/c /lower/d/c && forget && cat d/c/file || exit 1
	mv /lower/a/link /lower/d/moved && forget && cat d/moved || exit 1
	echo three >&9
	forget
	cat <&8 || exit 1
	# Other files get the old names.
	mkdir -p /lower/a/b && echo another >/lower/a/b/file && cat a/b/file || exit 1
	exec 9>&-
	echo removed >d/gone && exec 9<d/gone && rm d/gone && cat <&9 || exit 1
	exec 8<&- 9<&-
	dd if=/dev/zero of=big bs=64k count=16 conv=fsync 2>/dev/null && stat -c %s /lower/big || exit 1
	setfattr -n user.name -v value big && getfattr -n user.name /lower/big | grep big || exit 1
	setfattr -n user.name -v other /lower/big && getfattr -n user.name big | grep other || exit 1
	forget
	cmp big /lower/big && find . | sort || exit 1
	[ "$(find . | sort)" = "$(cd /lower && find . | sort)" ] || exit 1
	rm -r a d big
	ls /lower
)

load
for kind in ${kinds:-ext4 xfs}; do
	lower "$kind"
	for checking in no_subtree_check subtree_check; do
		stack
		share /mnt 77 "$checking"
		start_server
		attach /mnt /client 4.2
		use >/tmp/seen 2>&1 || fail "$kind, $checking: a client's operation failed: $(cat /tmp/seen /tmp/mountd.log)"
		grep -v lost+found /tmp/seen >"/tmp/seen.$checking"
		detach /client
		stop_server
		unstack
		ok "an NFS client works on $layer over $kind, with $checking"
	done
	cmp /tmp/seen.no_subtree_check /tmp/seen.subtree_check || fail "the results differ."
	unlower
	ok "nothing holds the lower $kind after the server has ended"
done
unload
