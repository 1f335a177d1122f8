# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The kernel's NFS server exports /mnt, and an NFS client in the same guest uses it. `kinds` are the lower filesystems.

# shellcheck source=guest/common.sh
. ./common.sh

# serve OPTIONS: starts the server, which exports /mnt, and mounts the export on /client.
serve() {
	mkdir -p /var/lib/nfs/v4recovery /var/lib/nfs/sm /run /etc /client
	: >/var/lib/nfs/etab
	: >/var/lib/nfs/rmtab
	: >/etc/exports
	printf '%s\n' 'udp tpi_clts v inet udp - -' 'tcp tpi_cots_ord v inet tcp - -' >/etc/netconfig
	printf 'tcp 6 TCP\nudp 17 UDP\n' >/etc/protocols
	printf 'nfs 2049/tcp\nsunrpc 111/tcp\n' >/etc/services
	grep -q " /proc/fs/nfsd " /proc/mounts || mount -t nfsd nfsd /proc/fs/nfsd || fail "mounting nfsd failed."
	exportfs -o "rw,no_root_squash,insecure,fsid=77,$1" '*:/mnt' || fail "exportfs failed."
	rpc.mountd --no-nfs-version 2 --no-nfs-version 3 -F >/tmp/mountd.log 2>&1 &
	mountd=$!
	for file in nfsv4leasetime nfsv4gracetime; do
		echo 10 >"/proc/fs/nfsd/$file" || fail "writing to /proc/fs/nfsd/$file failed."
	done
	rpc.nfsd --no-nfs-version 3 -U 2 || fail "rpc.nfsd failed."
	# There are no clients from before a reboot to wait for. A server that does not track clients ends its grace period
	# by time alone.
	echo Y >/proc/fs/nfsd/v4_end_grace 2>/dev/null
	mount.nfs 127.0.0.1:/mnt /client -o vers=4.2,soft,timeo=100,retrans=2,actimeo=0 ||
		fail "mounting the export failed: $(cat /tmp/mountd.log)"
}

# unserve: ends the client and the server.
unserve() {
	umount /client || fail "umount /client failed."
	exportfs -ua
	rpc.nfsd 0 || fail "rpc.nfsd 0 failed."
	kill "$mountd"
	exportfs -f
	rm -f /var/lib/nfs/etab
}

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
	forget
	cmp big /lower/big && find . | sort || exit 1
	[ "$(find . | sort)" = "$(cd /lower && find . | sort)" ] || exit 1
	rm -r a d big
	ls /lower
)

load
need_module nfsd
need_module nfsv4
for kind in ${kinds:-ext4 xfs}; do
	lower "$kind"
	for checking in no_subtree_check subtree_check; do
		stack
		serve "$checking"
		use >/tmp/seen 2>&1 || fail "$kind, $checking: a client's operation failed: $(cat /tmp/seen /tmp/mountd.log)"
		grep -v lost+found /tmp/seen >"/tmp/seen.$checking"
		unserve
		unstack
		ok "an NFS client works on $layer over $kind, with $checking"
	done
	cmp /tmp/seen.no_subtree_check /tmp/seen.subtree_check || fail "the results differ."
	unlower
	ok "nothing holds the lower $kind after the server has ended"
done
unload
