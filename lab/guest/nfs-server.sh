# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The kernel's NFS server, and its client in the same guest, for jobs that include common.sh too.
#
# A job calls `share` for each directory, then start_server, then `attach` for each mount of the client. nfsdcld keeps the
# list of clients. At the start this list is empty, so the server has no grace period in which it gives no locks.

need_module nfsd
need_module nfsv4

mkdir -p /var/lib/nfs/nfsdcld /var/lib/nfs/rpc_pipefs /run /etc /client
printf '%s\n' 'udp tpi_clts v inet udp - -' 'tcp tpi_cots_ord v inet tcp - -' >/etc/netconfig
printf 'tcp 6 TCP\nudp 17 UDP\n' >/etc/protocols
printf 'nfs 2049/tcp\nsunrpc 111/tcp\n' >/etc/services
: >/etc/exports
: >/var/lib/nfs/etab
grep -q " /var/lib/nfs/rpc_pipefs " /proc/mounts || mount -t rpc_pipefs pipefs /var/lib/nfs/rpc_pipefs || fail "mounting rpc_pipefs failed."
grep -q " /proc/fs/nfsd " /proc/mounts || mount -t nfsd nfsd /proc/fs/nfsd || fail "mounting nfsd failed."

# share DIRECTORY FSID OPTIONS: exports the directory.
share() { exportfs -o "rw,no_root_squash,insecure,fsid=$2,$3" "*:$1" || fail "exporting $1 failed."; }

# start_server: starts the server, for NFS version 4 alone. A delegation that no client gives back ends after one to two
# times `lease`, in seconds.
lease=10
start_server() {
	# The server takes a client for gone whose last sign of life was in the first second after the start of the machine.
	while grep -q '^0\.' /proc/uptime; do sleep 0.1; done
	: >/var/lib/nfs/rmtab
	nfsdcld -F >/tmp/nfsdcld.log 2>&1 &
	nfsdcld=$!
	rpc.mountd --no-nfs-version 2 --no-nfs-version 3 -F >/tmp/mountd.log 2>&1 &
	mountd=$!
	echo "$lease" >/proc/fs/nfsd/nfsv4leasetime || fail "writing to /proc/fs/nfsd/nfsv4leasetime failed."
	rpc.nfsd --no-nfs-version 3 -U 2 || fail "rpc.nfsd failed."
}

# attach EXPORT DIRECTORY VERSION: mounts an export. The server takes two versions for two clients.
client_options=soft,timeo=100,retrans=2,actimeo=0
attach() {
	mkdir -p "$2"
	mount.nfs "127.0.0.1:$1" "$2" -o "vers=$3,$client_options" ||
		fail "mounting the export of $1 failed: $(cat /tmp/mountd.log /tmp/nfsdcld.log)"
}

detach() { umount "$1" || fail "umount $1 failed."; }

# stop_server: ends the server, and all exports.
stop_server() {
	exportfs -ua
	rpc.nfsd 0 || fail "rpc.nfsd 0 failed."
	kill "$mountd" "$nfsdcld"
	wait "$mountd" "$nfsdcld"
	exportfs -f
	rm -f /var/lib/nfs/nfsdcld/*
}
